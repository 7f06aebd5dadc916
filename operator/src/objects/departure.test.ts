import { describe, expect, it } from '@jest/globals';
import { deletionOf, departureOf, type DepartureFacts } from './departure.ts';
import type { ClusterView, Declaration } from './kind.ts';

type Declared = Extract<Declaration<undefined>, { ok: true }>;
const declaration: Declared = {
  ok: true,
  clusterKey: 'n/c',
  name: 'T',
  adoption: 'Adopt',
  deletion: { kind: 'Delete', guards: ['onlyIfEmpty'] },
  desired: undefined,
};
const view: ClusterView = {
  key: 'n/c',
  ready: false,
  leaving: false,
  paused: false,
  allowedNamespaces: { from: 'Same' },
  nameServers: [],
  controllers: [],
  proxy: 'proxy',
  grpc: 'grpc',
  accessControl: true,
  members: [],
  groups: [],
  clusterName: 'c',
  heldBack: { timedMs: 0, transactionMs: 0 },
};
const facts: DepartureFacts = {
  declaration,
  consent: 'Given',
  owns: true,
  claimed: true,
  ownedOn: undefined,
  reserved: false,
  view,
};

describe('departureOf', () => {
  it('takes what the object owns along, however the cluster is', () => {
    expect(departureOf(facts)).toMatchObject({ kind: 'Remove', name: 'T', guards: ['onlyIfEmpty'] });
  });

  it.each<readonly [string, readonly string[] | undefined, readonly string[] | undefined, unknown]>([
    ['everywhere, when it is its own everywhere', undefined, undefined, undefined],
    ['where it is its own', undefined, ['a'], ['a']],
    ['where it is declared and its own', ['b', 'a'], ['c', 'a'], ['a']],
    ['where it is declared, when nobody wrote down where it is its own', ['b'], undefined, ['b']],
  ])('takes it %s', (_where, groups, ownedOn, from) => {
    const taken = departureOf({ ...facts, ownedOn, declaration: { ...declaration, groups } });
    expect(taken).toMatchObject({ kind: 'Remove', groups: from });
  });

  it.each<readonly [string, Partial<DepartureFacts>, string]>([
    [
      'a spec that cannot be read',
      { declaration: { ok: false, clusterKey: 'n/c', message: 'no' } },
      'its spec cannot be read',
    ],
    [
      'a policy to retain',
      { declaration: { ...declaration, deletion: { kind: 'Retain' } } },
      'its object says so',
    ],
    ['an observer', { declaration: { ...declaration, adoption: 'Observe' } }, 'its object says so'],
    [
      'a namespace that its cluster does not allow',
      { consent: 'Withheld', view: { ...view, paused: true } },
      'its RocketMQCluster takes no objects of its namespace',
    ],
    ['what another object owns', { owns: false }, 'another object declares it'],
    ['what it never had', { claimed: false }, 'its object has never had it'],
    ['a name of the cluster itself', { reserved: true }, 'the cluster itself has that name'],
    ['a cluster that is gone', { view: undefined }, 'its RocketMQCluster is gone'],
    [
      'a cluster that goes as well',
      { view: { ...view, leaving: true, paused: true } },
      'its RocketMQCluster is being deleted',
    ],
  ])('lets go with %s', (_what, change, why) => {
    expect(departureOf({ ...facts, ...change })).toEqual({ kind: 'Release', why });
  });

  it('waits while the cluster is paused', () => {
    expect(departureOf({ ...facts, view: { ...view, paused: true } })).toMatchObject({
      kind: 'Wait',
      verdict: { kind: 'Waiting', reason: 'Paused' },
    });
  });
});

describe('deletionOf', () => {
  it('is none for who only observes', () => {
    expect(deletionOf(declaration)).toBe(declaration.deletion);
    expect(deletionOf({ ...declaration, adoption: 'Observe' })).toEqual({ kind: 'Retain' });
  });
});
