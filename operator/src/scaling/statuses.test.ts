import { describe, expect, it } from '@jest/globals';
import { ConsumerGroups, type ConsumerGroup, type GroupScalingStatus } from '../api/mod.ts';
import { KubeError, silentLogger } from '../kube/mod.ts';
import { FakeApi } from '../kube/testing/fake-api.ts';
import { ManualClock } from '../kube/testing/manual-clock.ts';
import { ScalingStatuses } from './statuses.ts';

const signal = new AbortController().signal;
const condition = (status: 'True' | 'False') => ({
  type: 'ScalingActive',
  status,
  reason: status === 'True' ? 'Scaling' : 'Rival',
  message: '',
  lastTransitionTime: '2026-11-29T08:00:00Z',
});
const status = (
  currentReplicas: number,
  message = '',
  active: 'True' | 'False' = 'True',
): GroupScalingStatus => ({
  currentReplicas,
  message,
  conditions: [condition(active)],
});

async function setUp() {
  const failures: KubeError[] = [];
  const api = new FakeApi({
    before: ({ verb }) => {
      const failure = verb === 'patch' ? failures.shift() : undefined;
      return failure === undefined ? Promise.resolve() : Promise.reject(failure);
    },
  });
  const metadata = { namespace: 'n', name: 'g' };
  const object: ConsumerGroup = await api.create(ConsumerGroups, {
    apiVersion: 'rocketmq.gantry.dev/v1beta1',
    kind: 'ConsumerGroup',
    metadata,
  });
  const clock = new ManualClock();
  const statuses = new ScalingStatuses({ api, clock, log: silentLogger });
  const tell = async (next: GroupScalingStatus) => statuses.tell(object, next, signal);
  const stored = () => api.stored(ConsumerGroups)[0]?.status?.scaling;
  const writes = () => api.writes().filter(({ verb }) => verb === 'patch').length;
  return { clock, statuses, object, tell, stored, writes, failures };
}

describe('ScalingStatuses', () => {
  it('writes once a minute at most what is no news', async () => {
    const { clock, tell, stored, writes } = await setUp();
    await tell(status(1, 'a'));
    await tell(status(1, 'b'));
    expect(stored()?.message).toBe('a');
    await clock.advance(60_000);
    await tell(status(1, 'c'));
    expect(stored()?.message).toBe('c');
    expect(writes()).toBe(2);
  });

  it('writes at once other replicas, and whether they are decided', async () => {
    const { tell, stored } = await setUp();
    await tell(status(1));
    await tell(status(2));
    expect(stored()?.currentReplicas).toBe(2);
    await tell(status(2, '', 'False'));
    expect(stored()?.conditions?.[0]?.reason).toBe('Rival');
  });

  it('writes nothing that is written already, and takes away what is unknown by now', async () => {
    const { tell, stored, writes } = await setUp();
    await tell({ ...status(1), desiredReplicas: 3 });
    await tell({ ...status(1), desiredReplicas: 3 });
    expect(writes()).toBe(1);
    await tell(status(2));
    expect(stored()).toEqual(status(2));
  });

  it('tries again later what did not get through', async () => {
    const { clock, tell, stored, failures } = await setUp();
    failures.push(new KubeError('Unavailable', 'not now', { status: 503 }));
    await tell(status(1));
    await tell(status(1));
    expect(stored()).toBeUndefined();
    await clock.advance(10_000);
    await tell(status(1));
    expect(stored()?.currentReplicas).toBe(1);
  });

  it('clears what is left when nobody scales any more', async () => {
    const { statuses, object, tell, stored } = await setUp();
    await tell(status(1));
    await statuses.clear(object, signal);
    expect(stored()).toBeUndefined();
  });
});
