/** Settings that a running process takes over. */
import { brokerKeys } from './broker-keys.ts';

/** The file of a broker in its revision. */
export const brokerFile = 'broker.conf';

/**
 * The code of a broker reads these at each use, and test/e2e/live-config.test.ts saw the effect of each on a running
 * one. Not among them are settings that are copied at start into a pool, a schedule or a buffer: `maxMessageSize` for
 * one, to which the buffers of the timer are cut (TimerMessageStore).
 */
const names: readonly string[] = [
  // CleanCommitLogService.
  'fileReservedTime',
  'deleteWhen',
  'diskMaxUsedSpaceRatio',
  // PullMessageProcessor.
  'slaveReadEnable',
  // TransactionalMessageCheckService; the interval once the one that runs is over.
  'transactionCheckInterval',
  'transactionCheckMax',
  'transactionTimeOut',
];

/** With the default to which each returns when it leaves the spec. One without a known default could not be live. */
export const liveBrokerKeys: ReadonlyMap<string, string> = new Map(
  names.flatMap((name) => {
    const usual = brokerKeys.get(name)?.usual;
    return usual === undefined ? [] : [[name, usual]];
  }),
);

const none: ReadonlyMap<string, string> = new Map();

/** Of a file of a revision. */
export function liveKeys(file: string): ReadonlyMap<string, string> {
  return file === brokerFile ? liveBrokerKeys : none;
}
