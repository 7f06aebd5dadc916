import { describe, expect, it } from '@jest/globals';
import type { ObservedTarget } from './model.ts';
import { scaleTypeOf, slimPod, targetOf, type Workload } from './target.ts';
import { deployment, pod, scale, statefulSet } from './testing/workload.ts';

const old = { labels: { 'pod-template-hash': 'old' }, creationTimestamp: '2026-11-29T07:00:00Z' };
const oldSet = { labels: { 'controller-revision-hash': 'old' } };
const newSet = { labels: { 'controller-revision-hash': 'new' } };
const nobody = { clients: undefined, before: new Set<string>() };
const leaving = { deletionTimestamp: '2026-11-29T08:01:00Z' };
const of = (object: ReturnType<typeof deployment>): Workload => ({ kind: 'Deployment', object });
const setOf = (object: ReturnType<typeof statefulSet>): Workload => ({ kind: 'StatefulSet', object });
const paused = deployment(2, { replicas: 3, updatedReplicas: 1 });

describe('targetOf', () => {
  it('takes the replicas that are asked for, not those that a rollout has on top', () => {
    const rolling = of(deployment(2, { replicas: 3, updatedReplicas: 1 }));
    expect(targetOf(scale(2), rolling, [pod('a', true)], nobody)).toMatchObject({
      replicas: 2,
      rollout: 'Rolling',
    });
  });

  it.each<readonly [string, Workload, readonly ReturnType<typeof pod>[], ObservedTarget['rollout']]>([
    ['all pods are of the newest template', of(deployment(1)), [pod('a', true)], 'Settled'],
    [
      'a pod of an older template is there',
      of(deployment(2)),
      [pod('a', true), pod('b', true, old)],
      'Rolling',
    ],
    [
      'the last old pod leaves',
      of(deployment(1)),
      [pod('a', true), pod('b', true, { ...old, ...leaving })],
      'Settled',
    ],
    ['a new spec was not looked at yet', of(deployment(1, { observedGeneration: 0 })), [], 'Rolling'],
    [
      'a Deployment is paused half-way',
      of({ ...paused, spec: { selector: {}, template: {}, ...paused.spec, paused: true } }),
      [pod('a', true)],
      'Paused',
    ],
    [
      'a StatefulSet restarts',
      setOf(statefulSet(2)),
      [pod('a', true, newSet), pod('b', true, oldSet)],
      'Rolling',
    ],
    [
      'a StatefulSet waits for somebody to delete pods',
      setOf(statefulSet(2, { type: 'OnDelete' })),
      [pod('a', true, oldSet)],
      'Paused',
    ],
    [
      'a StatefulSet keeps some pods as they were',
      setOf(statefulSet(2, { rollingUpdate: { partition: 1 } })),
      [pod('a', true, oldSet)],
      'Paused',
    ],
    ['pods of another kind differ', { kind: 'Other' }, [pod('a', true), pod('b', true, old)], 'Rolling'],
    ['pods of another kind are alike', { kind: 'Other' }, [pod('a', true)], 'Settled'],
  ])('%s', (_what, workload, pods, rollout) => {
    expect(targetOf(scale(2), workload, pods, nobody).rollout).toBe(rollout);
  });

  it('tells pods that start, are ready and leave, and passes over those that have ended', () => {
    const ended = { ...pod('d', false), status: { phase: 'Failed' } };
    const pods = [pod('a', false), pod('b', true), pod('c', true, leaving), ended];
    const told = targetOf(scale(2), of(deployment(2)), pods, nobody).pods;
    expect(told.map(({ name, state }) => [name, state])).toEqual([
      ['a', 'Starting'],
      ['b', 'Ready'],
      ['c', 'Leaving'],
    ]);
  });

  it.each<readonly [string, readonly string[] | undefined, readonly (boolean | undefined)[]]>([
    ['clients named after hosts', ['a@1@0@xyz'], [true, false]],
    ['clients named after addresses', ['10.0.0.1@1#2'], [true, true]],
    ['clients that name themselves', ['me'], [undefined, undefined]],
    ['no client', [], [false, false]],
    ['clients that nobody knows', undefined, [undefined, undefined]],
  ])('tells who has joined by %s', (_what, ids, joined) => {
    const members = { ...nobody, clients: ids === undefined ? undefined : new Set(ids) };
    const told = targetOf(scale(2), of(deployment(2)), [pod('a', true), pod('b', true)], members).pods;
    expect(told.map((each) => each.joined)).toEqual(joined);
  });

  it('keeps who has joined while a proxy that has just started knows nobody', () => {
    const members = { clients: new Set<string>(), before: new Set(['a']) };
    const told = targetOf(scale(2), of(deployment(2)), [pod('a', true), pod('b', true)], members).pods;
    expect(told.map((each) => each.joined)).toEqual([true, false]);
  });
});

describe('scaleTypeOf', () => {
  it.each([
    ['apps/v1', 'Deployment', 'apps', 'v1', 'deployments'],
    ['argoproj.io/v1alpha1', 'Rollout', 'argoproj.io', 'v1alpha1', 'rollouts'],
    ['example.com/v1', 'Proxy', 'example.com', 'v1', 'proxies'],
    ['example.com/v1', 'Class', 'example.com', 'v1', 'classes'],
    ['v1', 'ReplicationController', '', 'v1', 'replicationcontrollers'],
  ])('%s %s', (apiVersion, kind, group, version, plural) => {
    expect(scaleTypeOf({ apiVersion, kind, name: 'x' })).toMatchObject({ group, version, plural });
  });
});

describe('slimPod', () => {
  it('keeps what is looked at, and nothing of the spec', () => {
    const full = { ...pod('a', true), spec: { containers: [] } };
    const slim = slimPod(full);
    expect(slim).not.toHaveProperty('spec');
    const members = { ...nobody, clients: new Set(['a@1']) };
    expect(targetOf(scale(1), { kind: 'Other' }, [slim], members)).toEqual(
      targetOf(scale(1), { kind: 'Other' }, [full], members),
    );
  });
});
