/** From what was measured of Topics and Users to figures. */
import type { Edits } from './edits.ts';
import { percentileOf, type Figure } from './figures.ts';
import { total, writesAmong, type Counts, type Spent } from './meter.ts';
import type { MqadminRun } from './mqadmin.ts';
import type { Burst } from './object-fleet.ts';
import type { RawAnswer } from './raw-loop.ts';
import type { Resync } from './resync.ts';

export interface MeasuredBurst extends Burst {
  readonly spent: Spent;
  /** Of the operator's anonymous memory. */
  readonly peakMebibytes: number;
}

export interface MeasuredEdits extends Edits {
  readonly spent: Spent;
  readonly peakMebibytes: number;
}

/** The operator while nothing is changed. */
export interface Quiet {
  /** Anonymous memory, sample by sample. */
  readonly mebibytes: readonly number[];
  readonly cpuPercent: number;
}

export interface Limits {
  /** Without an operator; empty where there always is one. */
  readonly apiLoopMs: readonly number[];
  readonly rawLoops: readonly RawAnswer[];
  /** Empty where there is no mqadmin. */
  readonly mqadmin: readonly MqadminRun[];
}

export interface Measured {
  /** Objects that were applied at once, and all of them. */
  readonly sizes: { readonly burst: number; readonly topics: number; readonly users: number };
  readonly idle: Quiet;
  readonly topicBursts: readonly MeasuredBurst[];
  readonly userBursts: readonly MeasuredBurst[];
  /** Of all Users at once, in milliseconds. */
  readonly removalMs: readonly number[];
  readonly resyncs: readonly Resync[];
  readonly edits: readonly MeasuredEdits[];
  readonly full: Quiet;
  readonly limits: Limits;
}

/** What the design asks for: see the table of its bars. */
const bars = {
  burstSeconds: 10,
  resyncSeconds: 10,
  editSeconds: 1,
  idleMebibytes: 64,
  mebibytes: 128,
} as const;
const EDIT_SHARE = 0.95;

export function objectsFigures(measured: Measured): readonly Figure[] {
  const { sizes, topicBursts, userBursts, removalMs } = measured;
  const all = `${sizes.topics} topics + ${sizes.users} users`;
  const removals: readonly Figure[] =
    removalMs.length === 0
      ? []
      : [
          {
            name: `${sizes.users} users deleted at once → all gone`,
            unit: 's',
            values: removalMs.map(seconds),
          },
        ];
  return [
    ...burstFigures(`${sizes.burst} topics`, topicBursts, bars.burstSeconds),
    ...burstFigures(`${sizes.users} users`, userBursts),
    ...removals,
    ...resyncFigures(all, measured.resyncs),
    ...editFigures(measured.edits),
    ...memoryFigures(all, measured),
    ...limitFigures(measured),
  ];
}

function burstFigures(what: string, bursts: readonly MeasuredBurst[], bar?: number): readonly Figure[] {
  const of = (value: (burst: MeasuredBurst) => number): readonly number[] => bursts.map(value);
  const name = `${what} applied at once`;
  return [
    {
      name: `${name} → all Ready`,
      unit: 's',
      ...(bar === undefined ? {} : { bar }),
      values: of(({ readyMs }) => seconds(readyMs)),
    },
    {
      name: `${name}: until the API server had them`,
      unit: 's',
      values: of(({ appliedMs }) => seconds(appliedMs)),
    },
    { name: `${name}: CPU of the operator`, unit: 's', values: of(({ spent }) => spent.cpuSeconds) },
    ...countFigures(
      `${name}: brokers got`,
      bursts.map(({ spent }) => spent.brokerCalls),
    ),
    ...countFigures(
      `${name}: the API server got`,
      bursts.map(({ spent }) => spent.apiCalls),
    ),
  ];
}

function resyncFigures(all: string, resyncs: readonly Resync[]): readonly Figure[] {
  const kinds = [...new Set(resyncs.flatMap((resync) => [...resync.seconds.keys()]))];
  return [
    {
      name: `resync of ${all}`,
      unit: 's',
      bar: bars.resyncSeconds,
      values: resyncs.map((resync) => total(resync.seconds)),
    },
    ...kinds.map((kind) => ({
      name: `of that, the ${kind}`,
      unit: 's',
      values: resyncs.map((resync) => resync.seconds.get(kind) ?? 0),
    })),
    { name: 'CPU of a resync', unit: 's', values: resyncs.map(({ cpuSeconds }) => cpuSeconds) },
    ...countFigures(
      'a resync asks RocketMQ about',
      resyncs.map(({ asked }) => asked),
    ),
    ...countFigures(
      'a resync: brokers got',
      resyncs.map(({ brokerCalls }) => brokerCalls),
    ),
    {
      name: 'a resync: requests to the API server',
      unit: 'calls',
      values: resyncs.map(({ apiCalls }) => total(apiCalls)),
    },
    {
      name: 'a resync: writes to the API server',
      unit: 'calls',
      bar: 0,
      values: resyncs.map(({ apiCalls }) => writesAmong(apiCalls)),
    },
    {
      name: 'objects changed by a resync',
      unit: 'objects',
      bar: 0,
      values: resyncs.map(({ changed }) => changed),
    },
  ];
}

function editFigures(edits: readonly MeasuredEdits[]): readonly Figure[] {
  const kinds = [...new Set(edits.flatMap(({ readyMs }) => [...readyMs.keys()]))];
  return [
    ...kinds.flatMap((kind) => {
      const runs = edits.map(({ readyMs }) => readyMs.get(kind) ?? []);
      const name = `one of the ${kind} edited during resyncs → Ready`;
      return [
        { name, unit: 's', values: runs.flat().map(seconds) },
        {
          name: `${name}, p95 of a run`,
          unit: 's',
          bar: bars.editSeconds,
          values: runs.map((run) => seconds(percentileOf(run, EDIT_SHARE))),
        },
      ];
    }),
    {
      name: 'CPU of the operator during the edits of a run',
      unit: 's',
      values: edits.map(({ spent }) => spent.cpuSeconds),
    },
    { name: 'resyncs during the edits of a run', unit: 'times', values: edits.map(({ resyncs }) => resyncs) },
  ];
}

function memoryFigures(
  all: string,
  { idle, full, topicBursts, userBursts, edits }: Measured,
): readonly Figure[] {
  return [
    { name: 'anonymous memory, idle', unit: 'MiB', bar: bars.idleMebibytes, values: idle.mebibytes },
    {
      name: 'anonymous memory, peak of a burst',
      unit: 'MiB',
      bar: bars.mebibytes,
      values: [...topicBursts, ...userBursts].map(({ peakMebibytes }) => peakMebibytes),
    },
    { name: `anonymous memory at ${all}`, unit: 'MiB', bar: bars.mebibytes, values: full.mebibytes },
    {
      name: `anonymous memory at ${all}, peak of edits and resyncs`,
      unit: 'MiB',
      bar: bars.mebibytes,
      values: edits.map(({ peakMebibytes }) => peakMebibytes),
    },
    { name: 'CPU idle', unit: '% of a core', values: [idle.cpuPercent] },
    { name: `CPU at ${all}, resyncs included`, unit: '% of a core', values: [full.cpuPercent] },
  ];
}

function limitFigures({ sizes, topicBursts, userBursts, limits }: Measured): readonly Figure[] {
  const { apiLoopMs, rawLoops, mqadmin } = limits;
  const topics = `${sizes.burst} topics`;
  const users = `${sizes.users} users`;
  return [
    ...limit(
      `${topics} by a loop over the protocol, 500 a request`,
      rawLoops.map(({ listedMs }) => listedMs),
      topicBursts,
    ),
    ...limit(
      `${topics} by a loop over the protocol, one a request`,
      rawLoops.map(({ singlyMs }) => singlyMs),
      topicBursts,
    ),
    ...limit(
      `${users} by a loop over the protocol`,
      rawLoops.map(({ usersMs }) => usersMs),
      userBursts,
    ),
    ...limit(`${topics} and their statuses written without an operator`, apiLoopMs, topicBursts),
    ...limit(
      `${topics} by mqadmin updateTopicList, one process`,
      mqadmin.map(({ listedMs }) => listedMs),
      topicBursts,
    ),
    ...limit(
      `${topics} by mqadmin updateTopic, a process each, reckoned from fewer`,
      mqadmin.map(({ singlyMs }) => singlyMs * sizes.burst),
      topicBursts,
    ),
  ];
}

/** How long it takes otherwise, and how many times as long the operator took in the same turn. */
function limit(name: string, ms: readonly number[], bursts: readonly MeasuredBurst[]): readonly Figure[] {
  if (ms.length === 0) return [];
  const ratios = bursts.flatMap(({ readyMs }, turn) => {
    const other = ms[turn];
    return other === undefined ? [] : [readyMs / other];
  });
  return [
    { name, unit: 's', values: ms.map(seconds) },
    { name: `the operator against ${name}`, unit: '×', values: ratios },
  ];
}

/** A figure for each name that any of the runs has. */
function countFigures(prefix: string, runs: readonly Counts[]): readonly Figure[] {
  const names = [...new Set(runs.flatMap((run) => [...run.keys()]))].toSorted();
  return names.map((name) => ({
    name: `${prefix} ${name}`,
    unit: 'calls',
    values: runs.map((run) => run.get(name) ?? 0),
  }));
}

function seconds(ms: number): number {
  return ms / 1_000;
}
