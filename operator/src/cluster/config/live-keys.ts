/** Settings that a running process takes over, and the value that each returns to when it leaves the spec. */

/** The file of a broker in its revision. */
export const brokerFile = 'broker.conf';

/**
 * The code of a broker reads these at each use, and test/e2e/live-config.test.ts saw the effect of each on a running
 * one. Not among them are settings that are copied at start into a pool, a schedule or a buffer: `maxMessageSize` for
 * one, to which the buffers of the timer are cut (TimerMessageStore). The values are RocketMQ's own defaults, the same
 * in every supported version.
 */
export const liveBrokerKeys: ReadonlyMap<string, string> = new Map([
  // CleanCommitLogService.
  ['fileReservedTime', '72'],
  ['deleteWhen', '04'],
  ['diskMaxUsedSpaceRatio', '75'],
  // PullMessageProcessor.
  ['slaveReadEnable', 'false'],
  // TransactionalMessageCheckService; the interval once the one that runs is over.
  ['transactionCheckInterval', '30000'],
  ['transactionCheckMax', '15'],
  ['transactionTimeOut', '6000'],
]);

const none: ReadonlyMap<string, string> = new Map();

/** Of a file of a revision. */
export function liveKeys(file: string): ReadonlyMap<string, string> {
  return file === brokerFile ? liveBrokerKeys : none;
}
