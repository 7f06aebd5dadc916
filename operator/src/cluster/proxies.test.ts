import { describe, expect, it } from '@jest/globals';
import type { Deployment, Pod } from '../kube/mod.ts';
import { proxyToRestart, readyProxies, type ProxyView } from './proxies.ts';

const pod = (name: string): Pod => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name } });

function view(status: NonNullable<Deployment['status']>, requested: readonly Pod[] = []): ProxyView {
  const deployment: Deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'p', generation: 2 },
    spec: { replicas: 2, selector: {}, template: {} },
    status,
  };
  return { name: 'p', replicas: 2, deployment, requested };
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
    const none = { name: 'p', replicas: 2, deployment: undefined, requested: [] };
    expect(readyProxies(none)).toEqual({ complete: false, ready: 0 });
  });
});

describe('proxyToRestart', () => {
  it('is one of those that were asked to, while all are ready', () => {
    expect(proxyToRestart(view(all, [pod('a'), pod('b')]))?.metadata.name).toBe('a');
    expect(proxyToRestart(view({ ...all, availableReplicas: 1 }, [pod('b')]))).toBeUndefined();
    expect(proxyToRestart(view(all))).toBeUndefined();
  });
});
