import { describe, expect, it } from '@jest/globals';
import { clusterKeyIn } from './cluster-ref.ts';

describe('clusterKeyIn', () => {
  it.each([
    [{ name: 'exchange' }, 'n/exchange'],
    [{ name: 'exchange', namespace: 'messaging' }, 'messaging/exchange'],
  ])('of %j is the cluster of that namespace, its own by default', (clusterRef, key) => {
    expect(clusterKeyIn({ metadata: { namespace: 'n' }, spec: { clusterRef } })).toBe(key);
  });

  it.each([{}, { spec: {} }, { spec: { clusterRef: {} } }, { spec: { clusterRef: { name: 5 } } }])(
    'of %j is the key of no cluster',
    (object) => {
      expect(clusterKeyIn({ metadata: { namespace: 'n' }, ...object })).toBe('n/(none)');
    },
  );
});
