/**
 * What is known of each version: what is wrong with it, with the settings that work round it, and to which other
 * versions a cluster may go from it.
 */
import type { RocketMQClusterSpec } from '../api/mod.ts';
import type { ConfigProblem } from './config/key-table.ts';

type Version = RocketMQClusterSpec['version'];

interface KnownBug {
  readonly why: string;
  readonly brokerSettings: Readonly<Record<string, string>>;
}

/** apache/rocketmq#10966: TransactionalOpBatchService never sleeps again once a transaction was seen. */
const spinningThread: KnownBug = {
  why: 'after the first transaction a thread of the broker would spin for ever',
  brokerSettings: { transactionOpMsgMaxSize: '1', transactionOpBatchInterval: '2000000000' },
};

const scannedWheel: KnownBug = {
  why: 'the timer wheel would be scanned for a log line every 10 s, which costs 4 % of a core',
  brokerSettings: { timerProgressLogIntervalMs: '60000' },
};

interface VersionFacts {
  readonly knownBugs: readonly KnownBug[];
  /** Its masters send offsets that no replica can read: see bequeath.ts. */
  readonly offsetsStayOnMaster: boolean;
  /** Where a cluster of this version may go. */
  readonly next: readonly Version[];
  /** Why it may not go there, where there is more to say than that nobody tried. */
  readonly notTo?: Partial<Readonly<Record<Version, string>>>;
}

const table: Readonly<Record<Version, VersionFacts>> = {
  '5.5.0': {
    knownBugs: [spinningThread, scannedWheel],
    offsetsStayOnMaster: true,
    next: [],
    notTo: {
      // ConsumerOffsetManager of 5.5.0 writes its pullOffsetTable too; the fastjson2 of 5.4.0 gives up at its keys, and
      // ConfigManager.load then deletes the file.
      '5.4.0': '5.4.0 cannot read the consumer offsets that a broker of 5.5.0 saves, and deletes them',
    },
  },
  '5.4.0': { knownBugs: [spinningThread, scannedWheel], offsetsStayOnMaster: false, next: ['5.5.0'] },
};

/** Settings of brokers that the version needs, with the reason for each. */
export function workarounds(
  version: Version,
): ReadonlyMap<string, { readonly value: string; readonly why: string }> {
  return new Map(
    table[version].knownBugs.flatMap(({ why, brokerSettings }) =>
      Object.entries(brokerSettings).map(([key, value]) => [key, { value, why }] as const),
    ),
  );
}

/** Whether the replicas of such a master have to be given its offsets. */
export function offsetsStayOnMaster(version: string | undefined): boolean {
  return version !== undefined && isKnown(version) && table[version].offsetsStayOnMaster;
}

/**
 * Why a cluster may not become this version, or nothing.
 *
 * @param running what its brokers run, or ran last: in the middle of a step, both
 */
export function versionProblems(running: Iterable<string>, wanted: Version): readonly ConfigProblem[] {
  const refused = [...new Set(running)].filter(
    (version) => version !== wanted && !(isKnown(version) && table[version].next.includes(wanted)),
  );
  return refused.map((version) => {
    const why =
      (isKnown(version) ? table[version].notTo?.[wanted] : undefined) ?? 'that step was never tried';
    const next = isKnown(version) ? [version, ...table[version].next] : [version];
    return {
      reason: 'VersionStepRefused',
      field: 'spec.version',
      message: `is ${wanted}, and a member is or was ${version}: ${why}; use ${next.join(' or ')}`,
    };
  });
}

function isKnown(version: string): version is Version {
  return Object.hasOwn(table, version);
}
