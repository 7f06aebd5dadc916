import { describe, expect, it } from '@jest/globals';
import type { Pod } from '../../operator/src/kube/mod.ts';
import type { Progress } from '../traffic/probe/protocol.ts';
import { podProblem, trafficProblem } from './recovery.ts';

const three = ['a', 'b', 'c'];
const group = (inSync: readonly string[]) => ({
  masterAddress: 'a',
  inSync,
  notInSync: [],
  ids: [],
  registrations: {},
});
const well: Progress = {
  at: 1_000,
  state: 'Sending',
  groups: {
    'broker-a': { acknowledged: 9, lastAckAt: 990, delivered: 9 },
    'broker-b': { acknowledged: 9, lastAckAt: 980, delivered: 9 },
  },
  askedAt: 970,
  facts: {
    controllers: {},
    errors: [],
    groups: { 'broker-a': group(three), 'broker-b': group(three) },
  },
};

describe('trafficProblem', () => {
  it.each<[string, Progress, number, string | undefined]>([
    ['all is well', well, 1_000, undefined],
    ['an old file', well, 20_000, 'the probe says nothing'],
    ['an old question', { ...well, askedAt: 949 }, 1_000, 'the controllers were not asked since'],
    [
      'a silent group',
      { ...well, groups: { ...well.groups, 'broker-b': { acknowledged: 9, lastAckAt: 940, delivered: 9 } } },
      1_000,
      'broker-b has acknowledged nothing since',
    ],
    [
      'a member away',
      {
        ...well,
        facts: { ...well.facts!, groups: { ...well.facts!.groups, 'broker-a': group(['a', 'b']) } },
      },
      1_000,
      '2 members of broker-a are in sync',
    ],
  ])('%s', (_what, progress, now, problem) => {
    expect(trafficProblem(progress, 950, now)).toBe(problem);
  });
});

describe('podProblem', () => {
  const pod = (index: number, ready = true): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'chaos', name: `pod-${String(index)}` },
    status: {
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [
        {
          name: 'c',
          image: 'i',
          imageID: '',
          ready,
          restartCount: 0,
          containerID: `containerd://id-${String(index)}`,
          state: { running: {} },
        },
      ],
    },
  });
  const pods = Array.from({ length: 15 }, (_none, index) => pod(index));
  const victim = (id: string) => ({
    key: { namespace: 'chaos', name: 'pod-3' },
    place: { node: 'n', id },
    ip: '10.0.0.1',
  });

  it.each<[string, readonly Pod[], string, string | undefined]>([
    ['all are ready and new', pods, 'id-old', undefined],
    ['the container that was hit still runs', pods, 'id-3', 'pod-3 is still the one that was hit'],
    ['one is not ready', pods.with(4, pod(4, false)), 'id-old', 'pod-4 is not ready'],
    ['one is missing', pods.slice(1), 'id-old', '14 of 15 pods'],
  ])('%s', (_what, seen, id, problem) => {
    expect(podProblem(seen, [victim(id)])).toBe(problem);
  });
});
