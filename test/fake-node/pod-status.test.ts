import { describe, expect, it } from '@jest/globals';
import type { Pod } from '../../operator/src/kube/mod.ts';
import { firstStart, statusOf, statusWithoutImage } from './pod-status.ts';

function pod(status: NonNullable<Pod['status']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'n', name: 'p', uid: 'u' },
    spec: {
      containers: [{ name: 'broker', image: 'rocketmq:no-such-tag' }],
      readinessGates: [{ conditionType: 'gate' }],
    },
    status,
  };
}

const is = (type: string, status: string): unknown =>
  expect.arrayContaining([expect.objectContaining({ type, status })]);

describe('a container that runs', () => {
  it.each([
    ['False', 'False'],
    ['True', 'True'],
  ])('whose pod has its gate %s makes it Ready %s', (gate, ready) => {
    const gated = pod({ conditions: [{ type: 'gate', status: gate }] });
    const said = statusOf(gated, '127.0.0.2', firstStart(0));
    expect(said).toMatchObject({ status: { phase: 'Running', podIP: '127.0.0.2' } });
    expect(said).toMatchObject({ status: { conditions: is('Ready', ready) } });
    expect(said).toMatchObject({ status: { conditions: is('ContainersReady', 'True') } });
  });
});

describe('a pod whose image no registry has', () => {
  it('waits for it', () => {
    const waiting = {
      reason: 'ImagePullBackOff',
      message: expect.stringContaining('rocketmq:no-such-tag'),
    };
    const said = statusWithoutImage(pod());
    expect(said).toMatchObject({
      metadata: { uid: 'u' },
      status: { phase: 'Pending', containerStatuses: [{ ready: false, state: { waiting } }] },
    });
    expect(said).toMatchObject({ status: { conditions: is('PodScheduled', 'True') } });
    expect(said).toMatchObject({ status: { conditions: is('Ready', 'False') } });
  });

  it('says so once', () => {
    const waits = {
      name: 'broker',
      image: 'rocketmq:no-such-tag',
      imageID: '',
      ready: false,
      restartCount: 0,
      state: { waiting: { reason: 'ImagePullBackOff' } },
    };
    expect(statusWithoutImage(pod({ containerStatuses: [waits] }))).toBeUndefined();
  });
});
