/**
 * The setting by which a master is held back; RocketMQ reads it at each message.
 *
 * `startAcceptSendRequestTimeStamp` refuses what clients send (SendMessageProcessor.preSend) and nothing else:
 * `minInSyncReplicas` above the number of members would refuse what the broker itself writes as well, and a message that is to
 * be delivered again after its invisible time is forgotten when that fails (PopReviveService.rePutCK of 5.5.0). The operator
 * closes by the same setting and another value (cluster/permission.ts): neither takes back what the other did.
 */
import type { Stance } from './stance.ts';

export const acceptsSinceKey = 'startAcceptSendRequestTimeStamp';

/** Values that close, in epoch milliseconds: the last seconds of the year 9999, by which one sees who closed. */
export const neverByOperator = '253402300799000';
const never = '253402300798000';

/** What has to be set for a stance; empty when it is. */
export function gateSettings(
  stance: Stance,
  current: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  if (stance === 'Open') return new Map(isClosedByGuard(current) ? [[acceptsSinceKey, '0']] : []);
  return new Map(isClosed(current) ? [] : [[acceptsSinceKey, never]]);
}

/** By whomever. */
function isClosed(settings: ReadonlyMap<string, string>): boolean {
  return Number(settings.get(acceptsSinceKey) ?? 0) >= Number(never);
}

/** Whether a guard closed the broker with these settings. */
export function isClosedByGuard(settings: ReadonlyMap<string, string>): boolean {
  return settings.get(acceptsSinceKey) === never;
}
