/**
 * What a broker lets clients do, by two live settings. Pure.
 *
 * `brokerPermission` goes into the routes, so that clients choose another group once they have looked, and refuses what
 * consumers send back. Of other sends the broker itself refuses those to ordered topics alone
 * (AbstractSendMessageProcessor.msgCheck of 5.4.0 and 5.5.0). `startAcceptSendRequestTimeStamp` refuses every one
 * (SendMessageProcessor.preSend, ReplyMessageProcessor), with SYSTEM_ERROR, which clients take as a reason to try again.
 */
import { acceptsSinceKey, neverByOperator } from '../guard/mod.ts';
import type { Answer, Settings } from './observe.ts';

const key = 'brokerPermission';
/** PermName.PERM_READ and PERM_WRITE. */
const [readBit, writeBit] = [4, 2];

/** Every broker of ours starts with `ReadWrite`. */
export function permissionOf(access: 'Read' | 'ReadWrite'): ReadonlyMap<string, string> {
  return access === 'Read'
    ? new Map([
        [key, String(readBit)],
        [acceptsSinceKey, neverByOperator],
      ])
    : new Map([
        [key, String(readBit | writeBit)],
        [acceptsSinceKey, '0'],
      ]);
}

/** Whether it takes no sends; undefined: unknown. */
export function isClosed(settings: Answer<Settings> | undefined): boolean | undefined {
  const value = settings?.known === true ? settings.value.get(key) : undefined;
  return value === undefined ? undefined : (Number(value) & writeBit) === 0;
}

/** Whether an operator closed it: a person would set the permission alone. */
export function isClosedByUs(settings: Answer<Settings> | undefined): boolean {
  return settings?.known === true && settings.value.get(acceptsSinceKey) === neverByOperator;
}
