/** What the fakes of test/fakes claim about RocketMQ is held against a real one, by the suite that they pass. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KubeApi } from '../../operator/src/kube/mod.ts';
import { connect, createCluster, deleteNamespace } from './harness/kube.ts';
import { Prober } from './harness/prober.ts';
import { smallShape, smallSpec } from './harness/small.ts';
import { clusterQuestion } from './harness/topology.ts';

/** A group has to have a replica. */
const SHAPE = smallShape('e2e-contract', 'contract', 2);

let kube: KubeApi;
let prober: Prober;

beforeAll(async () => {
  kube = connect();
  prober = await Prober.start(kube);
  await createCluster(kube, SHAPE, smallSpec(SHAPE.members));
}, 600_000);

afterAll(async () => {
  await deleteNamespace(kube, SHAPE.namespace);
}, 300_000);

describe('a real RocketMQ', () => {
  it('keeps the contract that the fakes keep', async () => {
    const report = await prober.contract(clusterQuestion(SHAPE));
    const count = (of: string): number => Number(new RegExp(`^# ${of} (\\d+)$`, 'm').exec(report)?.[1]);
    expect(report).toContain('# Subtest: a real RocketMQ');
    // The fakes in the same pod, and the real one.
    expect(count('tests')).toBeGreaterThan(40);
    expect(count('pass')).toBe(count('tests'));
  }, 400_000);
});
