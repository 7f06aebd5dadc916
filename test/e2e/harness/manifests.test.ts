import { describe, expect, it } from '@jest/globals';
import { manifestOf } from './manifests.ts';

const owned = {
  namespace: 'mine',
  name: 'c-broker',
  uid: 'u',
  resourceVersion: '7',
  generation: 2,
  creationTimestamp: '2026-01-01T00:00:00Z',
  labels: { 'app.kubernetes.io/name': 'rocketmq', 'app.kubernetes.io/managed-by': 'gantry' },
  ownerReferences: [{ apiVersion: 'v', kind: 'RocketMQCluster', name: 'c', uid: 'o' }],
};

const manifest = (kind: string, parts: object): unknown =>
  manifestOf({ apiVersion: 'v1', kind, metadata: owned, ...parts }, 'mine', 'yours');

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const metadata = {
  namespace: 'yours',
  name: 'c-broker',
  labels: { 'app.kubernetes.io/name': 'rocketmq' },
};

describe('manifestOf', () => {
  it('keeps what a pod is made from, and leaves out what only the operator can be asked for', () => {
    const template = {
      metadata: { labels: { a: 'b', 'app.kubernetes.io/managed-by': 'gantry' }, creationTimestamp: null },
      spec: {
        containers: [{ name: 'broker', args: ['-Da=c-ns-0.c-ns.mine.svc.cluster.local:9876', '-Db=mine'] }],
        readinessGates: [{ conditionType: 'rocketmq.gantry.dev/in-sync' }],
      },
    };
    const claim = { metadata: { name: 'store' }, spec: { size: 1 }, status: { phase: 'Pending' } };
    expect(
      manifest('StatefulSet', {
        spec: { replicas: 1, template, volumeClaimTemplates: [claim] },
        status: { replicas: 1 },
      }),
    ).toEqual({
      apiVersion: 'v1',
      kind: 'StatefulSet',
      metadata,
      spec: {
        replicas: 1,
        template: {
          metadata: { labels: { a: 'b' } },
          spec: {
            containers: [
              { name: 'broker', args: ['-Da=c-ns-0.c-ns.yours.svc.cluster.local:9876', '-Db=mine'] },
            ],
          },
        },
        volumeClaimTemplates: [{ metadata: { name: 'store' }, spec: { size: 1 } }],
      },
    });
  });

  it('lets the configuration of a Secret name hosts of the new namespace', () => {
    const files = { immutable: true, type: 'Opaque' };
    expect(
      manifest('Secret', { ...files, data: { 'broker.conf': base64('a=c-ns-0.c-ns.mine.svc.x:1\nb=mine') } }),
    ).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata,
      ...files,
      data: { 'broker.conf': base64('a=c-ns-0.c-ns.yours.svc.x:1\nb=mine') },
    });
  });

  it.each([
    ['an address that was given', { clusterIP: '10.0.0.7', clusterIPs: ['10.0.0.7'] }, {}],
    ['that it has none', { clusterIP: 'None', clusterIPs: ['None'] }, { clusterIP: 'None' }],
  ])('of a Service: %s', (_what, given, kept) => {
    const ports = [{ port: 1 }];
    expect(manifest('Service', { spec: { ...given, ports } })).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { ...kept, ports },
    });
  });
});
