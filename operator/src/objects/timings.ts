export interface EngineTimings {
  /** Edits that follow each other within this time share a pass: one `kubectl apply` of many files is few passes. */
  readonly batchQuietMs: number;
  /** After this no further pause for others begins. */
  readonly batchMaxMs: number;
  /** A pass that meets a server which hangs ends after a few of these. */
  readonly callTimeoutMs: number;
  readonly passDeadlineMs: number;
  readonly statusTimeoutMs: number;
  /** Poll for a cluster that is not ready; its own change wakes the objects earlier. */
  readonly clusterPollMs: number;
  /** Longest pause between two tries while a server does not answer. */
  readonly retryMaxMs: number;
  /**
   * How long an object stays Ready while a server does not answer or a restarted name server has not been told the
   * routes (brokers tell it every 30 s): otherwise each restart of one pod would write thousands of statuses twice.
   */
  readonly holdReadyMs: number;
}

export const DEFAULT_TIMINGS: EngineTimings = {
  batchQuietMs: 100,
  batchMaxMs: 1_000,
  callTimeoutMs: 5_000,
  passDeadlineMs: 60_000,
  statusTimeoutMs: 10_000,
  clusterPollMs: 10_000,
  retryMaxMs: 15_000,
  holdReadyMs: 35_000,
};
