import { describe, expect, it } from '@jest/globals';
import { ownerReference, type Pod, type StatefulSet } from '../kube/mod.ts';
import { identityOf } from './addresses.ts';
import type { Children } from './children.ts';
import { revisionAnnotation } from './labels.ts';
import { desiredOf, revisionToWrite } from './plan.ts';
import { configSecret } from './resources/config-secret.ts';
import { brokerMemberSet, nameServerSet } from './resources/stateful-sets.ts';
import { renderRevision, type Revision } from './revision.ts';
import { clusterOf } from './testing/specs.ts';
import { workloadsOf } from './workloads.ts';

const before = clusterOf({ image: 'registry/old:1' });
const after = clusterOf({ image: 'registry/new:1' });
const id = identityOf(before);
const parent = { id, owner: ownerReference(before) };

const revisionsOf = (name: string): readonly [Revision, Revision] => {
  const of = (cluster: typeof before): Revision => {
    const set = workloadsOf(id, cluster.spec).sets.find((each) => each.name === name);
    if (set === undefined) throw new RangeError(name);
    return renderRevision(id, name, set.inputs);
  };
  return [of(before), of(after)];
};

const podOf = (name: string, revision: Revision, over: Partial<Pod['metadata']> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, annotations: { [revisionAnnotation]: revision.hash }, ...over },
});

/** Which of the two revisions the template gets: `pods` say what each runs, or that it is on its way or missing. */
function written(
  name: string,
  template: 'old' | 'new',
  pods: readonly ('old' | 'new' | 'stopping' | 'missing')[],
  options: { readonly restarting?: readonly string[]; readonly lost?: readonly string[] } = {},
): string {
  const [old, target] = revisionsOf(name);
  const one = template === 'old' ? old : target;
  const statefulSet: StatefulSet =
    pods.length > 1
      ? nameServerSet(parent, pods.length, one)
      : brokerMemberSet(parent, { group: 'broker-a', member: 0, storage: { size: '1Gi' } }, one);
  const none = new Map<string, never>();
  const children: Children = {
    pods: new Map(
      pods.flatMap((state, ordinal) => {
        const pod = `${name}-${ordinal}`;
        if (state === 'missing') return [];
        const gone = { deletionTimestamp: '2026-01-01T00:00:00Z' };
        return [[pod, podOf(pod, state === 'new' ? target : old, state === 'stopping' ? gone : {})]];
      }),
    ),
    statefulSets: new Map([[name, statefulSet]]),
    deployments: none,
    services: none,
    secrets: new Map([old, target].map((each) => [each.secretName, configSecret(parent, {}, each)])),
    disruptionBudgets: none,
    networkPolicies: none,
  };
  const desired = desiredOf(after, children, {
    id,
    workloads: workloadsOf(id, after.spec),
    configValid: true,
    guardImage: undefined,
    operatorNamespace: 'gantry-system',
    restartBeforeMs: undefined,
  });
  const set = desired.workloads.sets.find((each) => each.name === name);
  if (set === undefined) throw new RangeError(name);
  const { restarting = [], lost = [] } = options;
  const hash = revisionToWrite(set, children, desired, new Set(restarting), new Set(lost))?.hash;
  return hash === target.hash ? 'new' : hash === old.hash ? 'old' : 'none';
}

describe('the template of one member', () => {
  const name = 'exchange-broker-a-0';
  it.each<[string, Parameters<typeof written>, string]>([
    ['waits for its turn', [name, 'old', ['old']], 'old'],
    ['is written at its turn', [name, 'old', ['old'], { restarting: [`${name}-0`] }], 'new'],
    ['stays while the pod stops', [name, 'new', ['stopping']], 'new'],
    ['stays while there is no pod yet', [name, 'new', ['missing']], 'new'],
    ['stays when its pod has it', [name, 'new', ['new']], 'new'],
    ['is not written in an eviction', [name, 'old', ['missing']], 'old'],
    ['goes back when its turn is over', [name, 'new', ['old']], 'old'],
    ['is written when nobody makes the pod', [name, 'old', ['missing'], { lost: [`${name}-0`] }], 'new'],
  ])('%s', (_name, given, expected) => {
    expect(written(...given)).toBe(expected);
  });
});

describe('the template of three members', () => {
  const name = 'exchange-nameserver';
  it.each<[string, Parameters<typeof written>, string]>([
    ['waits for a turn', [name, 'old', ['old', 'old', 'old']], 'old'],
    ['is written at a turn', [name, 'old', ['old', 'old', 'old'], { restarting: [`${name}-0`] }], 'new'],
    ['stays while that pod stops', [name, 'new', ['stopping', 'old', 'old']], 'new'],
    ['stays while that pod is missing', [name, 'new', ['missing', 'old', 'old']], 'new'],
    // Whoever is evicted now must not get what the first one may not even start with.
    ['goes back once that pod is there', [name, 'new', ['new', 'old', 'old']], 'old'],
    ['is not written in an eviction', [name, 'old', ['new', 'missing', 'old']], 'old'],
    ['is the new one when everybody has it', [name, 'old', ['new', 'new', 'new']], 'new'],
    ['stays the new one then', [name, 'new', ['new', 'new', 'new']], 'new'],
    ['is not written while one of them may come back', [name, 'old', ['new', 'new', 'missing']], 'old'],
  ])('%s', (_name, given, expected) => {
    expect(written(...given)).toBe(expected);
  });
});

describe('what a newer operator would make otherwise', () => {
  const name = 'exchange-broker-a-0';
  const [now] = revisionsOf(name);
  /** Of the same inputs, as an older operator rendered it. */
  const older: Revision = { ...now, hash: 'older', secretName: `${name}-config-older` };
  const made = podOf(`${name}-0`, older, { creationTimestamp: '2026-06-01T12:00:00Z' });
  const none = new Map<string, never>();
  const children: Children = {
    pods: new Map([[made.metadata.name, made]]),
    statefulSets: none,
    deployments: none,
    services: none,
    secrets: new Map([[older.secretName, configSecret(parent, {}, older)]]),
    disruptionBudgets: none,
    networkPolicies: none,
  };
  const targetOf = (restartBefore: string | undefined) =>
    desiredOf(before, children, {
      id,
      workloads: workloadsOf(id, before.spec),
      configValid: true,
      guardImage: undefined,
      operatorNamespace: 'gantry-system',
      restartBeforeMs: restartBefore === undefined ? undefined : Date.parse(restartBefore),
    }).targets.get(name);

  it('waits, and is told', () => {
    expect(targetOf(undefined)).toMatchObject({ revision: { hash: 'older' }, operatorUpgrade: true });
    expect(targetOf('2026-06-01T11:00:00Z')).toMatchObject({ operatorUpgrade: true });
  });

  it('comes with a restart that a person asks for', () => {
    expect(targetOf('2026-06-01T13:00:00Z')).toEqual({ revision: now, operatorUpgrade: false });
  });
});
