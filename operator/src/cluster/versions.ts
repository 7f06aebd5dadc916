/** What is known to be wrong with a version, and the settings that work round it. */

interface KnownBug {
  readonly why: string;
  readonly brokerSettings: Readonly<Record<string, string>>;
}

const knownBugs: Readonly<Record<string, readonly KnownBug[]>> = {
  '5.5.0': [
    {
      // apache/rocketmq#10966: TransactionalOpBatchService never sleeps again once a transaction was seen.
      why: 'after the first transaction a thread of the broker would spin for ever',
      brokerSettings: { transactionOpMsgMaxSize: '1', transactionOpBatchInterval: '2000000000' },
    },
    {
      why: 'the timer wheel would be scanned for a log line every 10 s, which costs 4 % of a core',
      brokerSettings: { timerProgressLogIntervalMs: '60000' },
    },
  ],
};

/** Settings of brokers that the version needs, with the reason for each. */
export function workarounds(
  version: string,
): ReadonlyMap<string, { readonly value: string; readonly why: string }> {
  const bugs = knownBugs[version] ?? [];
  return new Map(
    bugs.flatMap(({ why, brokerSettings }) =>
      Object.entries(brokerSettings).map(([key, value]) => [key, { value, why }] as const),
    ),
  );
}
