/** Passes over all objects: the next one by itself, and one after the other on demand. */
import { setTimeout as sleep } from 'node:timers/promises';
import { RocketMQClusters } from '../../operator/src/api/mod.ts';
import { pausedAnnotation } from '../../operator/src/cluster/labels.ts';
import type { KubeApi } from '../../operator/src/kube/mod.ts';
import { CLUSTER } from './bench-objects.ts';
import { cpuSecondsOf, spent, type Meter, type Spent } from './meter.ts';
import { sumOf, type Sample } from './metrics-text.ts';
import type { Fleet } from './object-fleet.ts';
import type { MeasuredOperator } from './operator-process.ts';

const POLL_MS = 500;
const FORCED_POLL_MS = 50;
const FORCED_TIMEOUT_MS = 60_000;

/** What is measured. */
export interface Bench {
  readonly client: KubeApi;
  readonly namespace: string;
  readonly operator: MeasuredOperator;
  readonly meter: Meter;
  readonly fleets: readonly Fleet[];
}

export interface Resync extends Spent {
  /** Of the passes, by plural of the kind. By the operator's own clock. */
  readonly seconds: ReadonlyMap<string, number>;
  /** Objects whose resource version is another one afterwards. */
  readonly changed: number;
}

interface Passes {
  readonly objects: number;
  readonly begun: number;
  readonly ended: number;
  readonly seconds: number;
}

/** The next pass over all objects of every kind. @param everySeconds as the operator is set */
export async function measureResync(
  { operator, meter, fleets }: Bench,
  everySeconds: number,
): Promise<Resync> {
  const versions = await versionsOf(fleets);
  const before = await meter.read();
  const seen = (now: readonly Sample[]) =>
    fleets.map(({ plural, size }) => ({ plural, size, ...passesBetween(before.operator, now, plural) }));
  const endsAt = performance.now() + everySeconds * 3_000;
  let idle = before.operator;
  for (;;) {
    await sleep(POLL_MS);
    const now = await operator.metrics();
    const passes = seen(now);
    if (passes.every(({ begun }) => begun === 0)) idle = now;
    if (passes.every(({ objects, size, begun, ended }) => objects >= size && begun === ended)) {
      const after = await meter.read();
      const changed = changesBetween(versions, await versionsOf(fleets));
      const seconds = new Map(passes.map((pass) => [pass.plural, pass.seconds]));
      return {
        ...spent(before, after),
        // Without the time until it began.
        cpuSeconds: cpuSecondsOf(now) - cpuSecondsOf(idle),
        seconds,
        changed,
      };
    }
    if (performance.now() > endsAt) {
      const sizes = fleets.map(({ plural, size }) => `${size} ${plural}`).join(' and ');
      throw new Error(`no resync of ${sizes} within ${everySeconds * 3} s`);
    }
  }
}

/**
 * Has all objects compared again as soon as that is done, until the signal. Whoever pauses a cluster, or lets it go on, has that
 * done, and nothing here is to be taken away.
 *
 * @returns how often
 */
export async function resyncAgainAndAgain(
  { client, namespace, operator, fleets }: Bench,
  signal: AbortSignal,
): Promise<number> {
  const pause = async (paused: 'true' | null): Promise<unknown> => {
    const patch = { metadata: { annotations: { [pausedAnnotation]: paused } } };
    return client.mergePatch(RocketMQClusters, { namespace, name: CLUSTER }, patch);
  };
  let times = 0;
  try {
    for (; !signal.aborted; times += 1) {
      const before = await operator.metrics();
      await pause(times % 2 === 0 ? 'true' : null);
      const endsAt = performance.now() + FORCED_TIMEOUT_MS;
      let isOver = false;
      while (!isOver && !signal.aborted) {
        if (performance.now() > endsAt) throw new Error('a pause of the cluster has nothing compared again');
        await sleep(FORCED_POLL_MS);
        const now = await operator.metrics();
        isOver = fleets.every(({ plural, size }) => passesBetween(before, now, plural).objects >= size);
      }
    }
    return times;
  } finally {
    await pause(null);
  }
}

/** Objects count from the beginning of their pass on. */
function passesBetween(before: readonly Sample[], after: readonly Sample[], kind: string): Passes {
  const grown = (name: string): number =>
    (sumOf(after, name, { kind }) ?? 0) - (sumOf(before, name, { kind }) ?? 0);
  return {
    objects: grown('gantry_object_pass_objects_sum'),
    begun: grown('gantry_object_pass_objects_count'),
    ended: grown('gantry_object_pass_seconds_count'),
    seconds: grown('gantry_object_pass_seconds_sum'),
  };
}

async function versionsOf(fleets: Bench['fleets']): Promise<readonly ReadonlyMap<string, string>[]> {
  return Promise.all(fleets.map((fleet) => fleet.versions()));
}

function changesBetween(
  before: readonly ReadonlyMap<string, string>[],
  after: readonly ReadonlyMap<string, string>[],
): number {
  const changed = after.flatMap((versions, index) =>
    [...versions].filter(([name, version]) => before[index]?.get(name) !== version),
  );
  return changed.length;
}
