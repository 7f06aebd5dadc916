import { describe, expect, it } from '@jest/globals';
import type { Pod } from '../../operator/src/kube/mod.ts';
import { firstStart, statusOf, statusWithoutImage } from './pod-status.ts';

function pod(status: Pod['status'] = {}): Pod {
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

/** The status that an intent would give the pod. */
function said(intent: object | undefined): Pod['status'] {
  if (intent === undefined || !('status' in intent)) throw new Error('nothing was said');
  return intent.status as Pod['status'];
}

const statusesOf = (status: Pod['status']) =>
  Object.fromEntries((status?.conditions ?? []).map((each) => [each.type, each.status]));

describe('a container that runs', () => {
  it('makes its pod Ready once every gate is open', () => {
    const started = firstStart(0);
    const first = said(statusOf(pod(), '127.0.0.2', started));
    expect(first).toMatchObject({ phase: 'Running', podIP: '127.0.0.2' });
    expect(statusesOf(first)).toMatchObject({ ContainersReady: 'True', Ready: 'False' });
    const gate = { type: 'gate', status: 'True' };
    const open = pod({ ...first, conditions: [...(first?.conditions ?? []), gate] });
    expect(statusesOf(said(statusOf(open, '127.0.0.2', started)))).toMatchObject({ Ready: 'True' });
  });
});

describe('a pod whose image no registry has', () => {
  it('waits for it, and says so once', () => {
    const status = said(statusWithoutImage(pod()));
    expect(status).toMatchObject({
      phase: 'Pending',
      containerStatuses: [
        {
          ready: false,
          state: {
            waiting: { reason: 'ImagePullBackOff', message: expect.stringContaining('rocketmq:no-such-tag') },
          },
        },
      ],
    });
    expect(statusesOf(status)).toMatchObject({ PodScheduled: 'True', ContainersReady: 'False' });
    expect(statusWithoutImage(pod(status ?? {}))).toBeUndefined();
  });
});
