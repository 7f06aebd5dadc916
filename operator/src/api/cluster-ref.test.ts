import { describe, expect, it } from '@jest/globals';
import { clusterKeyIn } from './cluster-ref.ts';

describe('clusterKeyIn', () => {
  it('is the cluster of the same namespace', () => {
    const spec = { clusterRef: { name: 'exchange' } };
    expect(clusterKeyIn({ metadata: { namespace: 'n' }, spec })).toBe('n/exchange');
  });

  it.each([{}, { spec: {} }, { spec: { clusterRef: {} } }, { spec: { clusterRef: { name: 5 } } }])(
    'of %j is the key of no cluster',
    (object) => {
      expect(clusterKeyIn({ metadata: { namespace: 'n' }, ...object })).toBe('n/');
    },
  );
});
