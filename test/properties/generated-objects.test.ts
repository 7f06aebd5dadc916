/** Show 9: whatever is declared, valid or not, it is Ready, or a person is told why not. */
import { describe, expect, it, jest } from '@jest/globals';
import { clusterKind, consumerGroupKind, topicKind, userKind } from '../../operator/src/api/definitions.ts';
import { describeProblems, parseCluster } from '../../operator/src/api/mod.ts';
import { World as ClusterWorld } from '../../operator/src/cluster/testing/world.ts';
import { byDepth, seed } from '../e2e/harness/depth.ts';
import { problemOf } from './answers/for-people.ts';
import { generated } from './generated/objects.ts';
import { readyOf } from './objects/expected.ts';
import { World, type Declared, type Kind } from './world/world.ts';

jest.setTimeout(3_600_000);

const count = byDepth({ quick: 150, full: 2_500 });
/** About one in twenty is valid: it has many fields. */
const clusterCount = byDepth({ quick: 200, full: 2_500 });
const shape = { namespace: 'n', name: 'exchange', groups: ['broker-a', 'broker-b'] } as const;
const longEnoughMs = 180_000;
const passes = 12;

interface Told {
  readonly name: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** @returns what is wrong with what was said of it, if anything was */
function wrongOf({ name, status, reason, message }: Told): readonly string[] {
  const problem = problemOf(message);
  const known = /^[A-Z][A-Za-z]+$/.test(reason) && ['True', 'False', 'Unknown'].includes(status);
  return problem === undefined && known ? [] : [`${name}: ${status} ${reason}: ${message} (${problem})`];
}

/** One of each reason, for people who want to know how they read. */
function show(kind: string, told: readonly Told[]): void {
  const lines = [...Map.groupBy(told, ({ reason }) => reason)].map(
    ([reason, all]) => `  ${all.length} × ${reason}: ${all[Math.floor(all.length / 2)]?.message}`,
  );
  process.stdout.write(`${kind}, GANTRY_SEED=${seed}:\n${lines.join('\n')}\n`);
}

function toldOf(object: Declared): Told {
  const { name } = object.metadata;
  const { status = '', reason = '', message = '' } = readyOf(object) ?? {};
  return { name, status, reason, message };
}

describe('an object that is generated', () => {
  it.each([
    ['Topic', topicKind],
    ['ConsumerGroup', consumerGroupKind],
    ['User', userKind],
  ] as const)(
    'of the kind %s is Ready, or says why not in words for people, and goes when it is deleted',
    async (kind, definition) => {
      const world = await World.start([shape], seed);
      for (const { name, spec } of generated(definition, count, seed)) await put(world, kind, name, spec);
      world.startOperator();
      await world.clock.advance(longEnoughMs);
      const told = world.stored(kind).map((object) => toldOf(object));
      show(kind, told);
      expect(told).toHaveLength(count);
      expect(told.flatMap((each) => wrongOf(each))).toEqual([]);
      // Neither half may be empty, or the generator proves nothing.
      expect(told.filter(({ status }) => status === 'True').length).toBeGreaterThan(count / 20);
      expect(told.filter(({ reason }) => reason === 'InvalidSpec').length).toBeGreaterThan(count / 20);
      for (const object of world.stored(kind)) await world.delete(kind, object);
      await world.clock.advance(longEnoughMs);
      expect(world.stored(kind).map((object) => toldOf(object))).toEqual([]);
      await world.endOperator('stop');
      expect(world.errors).toEqual([]);
    },
  );

  it('of the kind RocketMQCluster is Ready, or says why not in words for people', async () => {
    const told: Told[] = [];
    for (const { name, spec } of generated(clusterKind, clusterCount, seed))
      told.push(await reconciled(name, spec));
    show('RocketMQCluster', told);
    expect(told.flatMap((each) => wrongOf(each))).toEqual([]);
    expect(told.filter(({ status }) => status === 'True').length).toBeGreaterThan(0);
    expect(told.filter(({ reason }) => reason === 'InvalidSpec').length).toBeGreaterThan(clusterCount / 20);
  });
});

const apiVersion = 'rocketmq.gantry.dev/v1beta1';

async function put(world: World, kind: Kind, name: string, spec: unknown): Promise<void> {
  const object: Declared = JSON.parse(
    JSON.stringify({ apiVersion, kind, metadata: { namespace: 'n', name }, spec }),
  );
  await world.create(kind, object);
}

/** Passes until nothing is left to do, with pods that do what they are told. */
async function reconciled(name: string, spec: unknown): Promise<Told> {
  const metadata = { namespace: 'n', name, uid: `uid-${name}`, generation: 1 };
  const parsed = parseCluster({ apiVersion, kind: 'RocketMQCluster', metadata, spec });
  if (!parsed.ok) {
    return { name, status: 'False', reason: 'InvalidSpec', message: describeProblems(parsed.problems) };
  }
  const world = new ClusterWorld();
  let pass = await world.reconcile(parsed.value);
  for (let done = 1; done < passes && !pass.ready; done += 1) {
    await world.settle();
    pass = await world.reconcile(parsed.value);
  }
  const ready = pass.status.conditions?.find(({ type }) => type === 'Ready');
  return { name, status: ready?.status ?? '', reason: ready?.reason ?? '', message: ready?.message ?? '' };
}
