import { describe, expect, it } from '@jest/globals';
import type { PersistentVolumeClaim, Pod } from '../kube/mod.ts';
import { diagnose } from './diagnose.ts';
import { isCrashing, podPhase, type ContainerStatus } from './pods.ts';

type Status = NonNullable<Pod['status']>;

const pod = (status: Status): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'exchange-broker-a-0-0' },
  status,
});

const container = (over: Partial<ContainerStatus>): ContainerStatus => ({
  name: 'broker',
  image: 'apache/rocketmq:0.0.0',
  imageID: '',
  ready: false,
  restartCount: 0,
  ...over,
});

const unscheduled = (message: string, reason = 'Unschedulable'): Status => ({
  conditions: [{ type: 'PodScheduled', status: 'False', reason, message }],
});

const claim: PersistentVolumeClaim = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'store-exchange-broker-a-0-0' },
  spec: { storageClassName: 'no-such-class' },
  status: { phase: 'Pending' },
};

const ended = (seconds: number, exitCode: number, over: object = {}) => ({
  terminated: {
    exitCode,
    startedAt: '2026-01-01T00:00:00Z',
    finishedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString(),
    ...over,
  },
});

const crashed = container({
  restartCount: 1,
  state: { running: {} },
  lastState: ended(9, 253, {
    message: 'INFO starting\njava.lang.UnsatisfiedLinkError: libpthread.so.0\n\tat org.rocksdb.RocksDB',
  }),
});

const of = (status: Status, claims: readonly PersistentVolumeClaim[] = []): unknown =>
  diagnose({ component: 'broker', pod: pod(status), claims });

describe('diagnose', () => {
  it('finds nothing wrong with a pod that is merely starting', () => {
    expect(of({ containerStatuses: [container({ state: { running: {} } })] })).toBeUndefined();
    expect(
      of({ containerStatuses: [container({ state: { waiting: { reason: 'ContainerCreating' } } })] }),
    ).toBeUndefined();
    expect(of({})).toBeUndefined();
  });

  it('forgives a proxy its first starts, before any broker is registered', () => {
    const proxy = (restartCount: number): unknown =>
      diagnose({
        component: 'proxy',
        pod: pod({ containerStatuses: [{ ...crashed, restartCount }] }),
        claims: [],
      });
    expect(proxy(1)).toBeUndefined();
    expect(proxy(2)).toMatchObject({ reason: 'ContainerCrash' });
  });

  it.each<[string, Status, readonly PersistentVolumeClaim[], string, readonly RegExp[]]>([
    [
      'an image that does not exist',
      {
        containerStatuses: [
          container({ state: { waiting: { reason: 'ImagePullBackOff', message: 'not found' } } }),
        ],
      },
      [],
      'ImageUnavailable',
      [/exchange-broker-a-0-0/, /apache\/rocketmq:0\.0\.0/, /spec\.image/],
    ],
    [
      'a pod that fits nowhere',
      unscheduled('0/3 nodes are available: 3 Insufficient cpu'),
      [{ ...claim, status: { phase: 'Pending' } }],
      'Unschedulable',
      [/Insufficient cpu\./, /spec\.brokers\.resources/],
    ],
    [
      'a volume of a class that does not exist',
      unscheduled('storageclass.storage.k8s.io "no-such-class" not found', 'SchedulerError'),
      [claim],
      'VolumePending',
      [/store-exchange-broker-a-0-0/, /no-such-class/, /spec\.brokers\.storage\.storageClassName/],
    ],
    [
      'a process that ends at once',
      { containerStatuses: [crashed] },
      [],
      'ContainerCrash',
      [
        /exit code 253/,
        /saying: java\.lang\.UnsatisfiedLinkError: libpthread\.so\.0\. /,
        /spec\.brokers\.config/,
      ],
    ],
    [
      'a process without memory enough',
      {
        containerStatuses: [
          container({
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: ended(400, 137, { reason: 'OOMKilled' }),
          }),
        ],
      },
      [],
      'ContainerCrash',
      [/memory limit/, /spec\.brokers\.resources\.limits\.memory/],
    ],
  ])('names %s, and the cure', (_name, status, claims, reason, words) => {
    const found = diagnose({ component: 'broker', pod: pod(status), claims });
    expect(found?.reason).toBe(reason);
    for (const word of words) expect(found?.message).toMatch(word);
  });
});

describe('isCrashing', () => {
  it('tells a crash at start from the kill of a process that ran', () => {
    expect(isCrashing(crashed)).toBe(true);
    expect(isCrashing({ ...crashed, ready: true })).toBe(false);
    // Weeks ago; now a probe of it failed.
    const goneOn = { ...crashed, state: { running: {} }, started: true };
    expect(isCrashing(goneOn)).toBe(false);
    expect(isCrashing({ ...goneOn, started: false })).toBe(true);
    expect(isCrashing({ ...crashed, lastState: ended(3000, 137) })).toBe(false);
  });
});

describe('podPhase', () => {
  const running = container({ state: { running: {} } });
  it.each<[string, Pod | undefined]>([
    ['Missing', undefined],
    ['Pending', pod({})],
    [
      'Pending',
      pod({ containerStatuses: [container({ state: { waiting: { reason: 'ContainerCreating' } } })] }),
    ],
    ['Down', pod({ containerStatuses: [container({ state: { waiting: { reason: 'ErrImagePull' } } })] })],
    [
      'Down',
      pod({ containerStatuses: [container({ state: { waiting: { reason: 'RunContainerError' } } })] }),
    ],
    ['Down', pod(unscheduled('0/3 nodes are available'))],
    ['Down', pod({ containerStatuses: [crashed] })],
    ['Starting', pod({ containerStatuses: [running] })],
    ['Up', pod({ containerStatuses: [running], conditions: [{ type: 'ContainersReady', status: 'True' }] })],
    ['Terminating', { ...pod({}), metadata: { name: 'x', deletionTimestamp: '2026-01-01T00:00:00Z' } }],
  ])('%s', (phase, given) => {
    expect(podPhase(given)).toBe(phase);
  });
});
