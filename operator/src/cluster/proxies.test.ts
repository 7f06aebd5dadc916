import { describe, expect, it } from '@jest/globals';
import type { Deployment, Pod } from '../kube/mod.ts';
import { proxyToRestart, readyProxies, type ProxyView } from './proxies.ts';

const nowMs = Date.UTC(2026, 0, 2);

const pod = (name: string, readyForMs = 60_000): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  status: {
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        lastTransitionTime: new Date(nowMs - readyForMs).toISOString(),
      },
    ],
  },
});
const notReady = (name: string): Pod => ({ ...pod(name), status: {} });

function view(
  status: NonNullable<Deployment['status']>,
  pods: readonly Pod[] = [],
  requested: readonly Pod[] = pods,
): ProxyView {
  const deployment: Deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'p', generation: 2 },
    spec: { replicas: 2, selector: {}, template: {} },
    status,
  };
  return { name: 'p', replicas: 2, deployment, pods, requested, outdated: false };
}

const all = { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };

describe('readyProxies', () => {
  it.each([
    ['all are', all, { complete: true, ready: 2 }],
    ['one is not available', { ...all, availableReplicas: 1 }, { complete: false, ready: 1 }],
    ['one is of an older template', { ...all, updatedReplicas: 1 }, { complete: false, ready: 1 }],
    ['an old one is still there', { ...all, replicas: 3 }, { complete: false, ready: 2 }],
    [
      'nobody has looked at the newest template',
      { ...all, observedGeneration: 1 },
      { complete: false, ready: 2 },
    ],
  ])('when %s', (_when, status, expected) => {
    expect(readyProxies(view(status))).toEqual(expected);
  });

  it('when there is no Deployment', () => {
    expect(readyProxies({ replicas: 2, deployment: undefined })).toEqual({ complete: false, ready: 0 });
  });
});

describe('proxyToRestart', () => {
  const [a, b] = [pod('a'), pod('b')];

  it('is one of those that were asked to, while all are ready', () => {
    expect(proxyToRestart(view(all, [a, b]), nowMs)).toBe(a);
    expect(proxyToRestart(view(all, [a, b], [b]), nowMs)).toBe(b);
  });

  it.each<[string, ProxyView]>([
    ['nobody was asked to', view(all, [a, b], [])],
    ['one is not available', view({ ...all, availableReplicas: 1 }, [a, b])],
    // The Deployment's counts are of the moment before.
    ['one was stopped a moment ago', view(all, [b])],
    ['the new one is not ready', view(all, [notReady('c'), b], [b])],
    ['the new one has only just become ready', view(all, [pod('c', 1_000), b], [b])],
  ])('is nobody while %s', (_while, proxy) => {
    expect(proxyToRestart(proxy, nowMs)).toBeUndefined();
  });
});
