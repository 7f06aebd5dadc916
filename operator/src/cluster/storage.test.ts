import { describe, expect, it } from '@jest/globals';
import type { PersistentVolumeClaim, StatefulSet } from '../kube/mod.ts';
import { identityOf } from './addresses.ts';
import { decideStorage } from './storage.ts';
import { clusterOf } from './testing/specs.ts';
import { workloadsOf } from './workloads.ts';

const claim = (
  size: string,
  phase: 'Pending' | 'Bound',
  storageClassName = 'fast',
): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'store-exchange-broker-a-0-0' },
  spec: { storageClassName, resources: { requests: { storage: size } } },
  status: { phase },
});

/** What becomes of the first broker, whose StatefulSet was made for `made`, if there is one. */
function decide(
  wanted: { readonly size: string; readonly storageClassName?: string },
  made: string | undefined,
  claims: readonly PersistentVolumeClaim[] | undefined,
): unknown {
  const cluster = clusterOf({ brokers: { groups: [{ name: 'broker-a' }], storage: wanted } });
  const set = workloadsOf(identityOf(cluster), cluster.spec).sets.find(
    ({ component }) => component === 'broker',
  );
  if (set?.component !== 'broker') throw new TypeError('there is no broker');
  const existing: StatefulSet = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: set.name },
    spec: {
      serviceName: '',
      selector: {},
      template: {},
      volumeClaimTemplates: [{ spec: { resources: { requests: { storage: made ?? '' } } } }],
    },
  };
  const decision = decideStorage(set, made === undefined ? undefined : existing, claims);
  return decision.kind === 'Keep' ? decision.storage.size : decision.kind;
}

describe('the volume of a broker', () => {
  it.each([
    ['has what the spec asks for', '1536Mi', [claim('1.5Gi', 'Bound')], '1.5Gi'],
    ['is larger in the spec, and bound', '1Gi', [claim('1Gi', 'Bound')], 'Refuse'],
    ['is larger in the spec, and not bound', '1Gi', [claim('1Gi', 'Pending')], 'Replace'],
    ['is larger in the spec, and nobody knows whether it is bound', '1Gi', undefined, '1Gi'],
  ])('%s', (_what, made, claims, expected) => {
    expect(decide({ size: '1.5Gi' }, made, claims)).toBe(expected);
  });

  it.each([
    ['is not there yet', [], '10Gi'],
    ['was kept', [claim('10Gi', 'Bound')], '10Gi'],
    ['was kept, and made larger by hand before', [claim('20Gi', 'Bound')], '10Gi'],
    ['was kept, and is smaller', [claim('5Gi', 'Bound')], 'Refuse'],
    ['was kept, and is of another class', [claim('10Gi', 'Bound', 'slow')], 'Refuse'],
    ['is not known to be there or not', undefined, 'Wait'],
    ['was never bound, and is of another class', [claim('10Gi', 'Pending', 'slow')], 'Replace'],
  ])('of a cluster that is made %s', (_what, claims, expected) => {
    expect(decide({ size: '10Gi', storageClassName: 'fast' }, undefined, claims)).toBe(expected);
  });

  it('may be of any class where the spec names none', () => {
    expect(decide({ size: '10Gi' }, undefined, [claim('10Gi', 'Bound', 'standard')])).toBe('10Gi');
  });
});
