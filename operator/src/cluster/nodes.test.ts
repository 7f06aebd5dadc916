import { describe, expect, it } from '@jest/globals';
import { isDeparting } from './nodes.ts';

describe('isDeparting', () => {
  it.each([
    ['a cordoned node', { unschedulable: true }, true],
    ['a node that the autoscaler removes', { taints: [taint('ToBeDeletedByClusterAutoscaler')] }, true],
    ['a node that Karpenter removes', { taints: [taint('karpenter.sh/disrupted')] }, true],
    ['a node with a taint of its own', { taints: [taint('node-role.kubernetes.io/control-plane')] }, false],
    ['a node that may soon be removed', { taints: [taint('DeletionCandidateOfClusterAutoscaler')] }, false],
    ['a plain node', {}, false],
    ['a node of which nothing is said', undefined, false],
  ])('%s', (_name, spec, departing) => {
    expect(isDeparting(spec === undefined ? {} : { spec })).toBe(departing);
  });
});

function taint(key: string): { readonly key: string; readonly effect: string } {
  return { key, effect: 'NoSchedule' };
}
