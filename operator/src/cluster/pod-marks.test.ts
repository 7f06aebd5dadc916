import { describe, expect, it } from '@jest/globals';
import type { Pod } from '../kube/mod.ts';
import { inSyncGate, roleLabel } from './labels.ts';
import { podMarks } from './pod-marks.ts';
import { brokerView } from './testing/groups.ts';
import type { MemberView } from './view.ts';

/** A pod as it was last marked. */
function marked(name: string, role?: 'master' | 'replica', takesPart?: 'True' | 'False'): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, uid: `uid-${name}`, labels: role === undefined ? {} : { [roleLabel]: role } },
    ...(takesPart === undefined ? {} : { status: { conditions: [{ type: inSyncGate, status: takesPart }] } }),
  };
}

/** What is written: `a-0 master`, `a-0 in sync False`. */
function written(...members: readonly MemberView[]): readonly string[] {
  return podMarks(members, 0).map(({ intent }) => {
    const { metadata, status }: Pick<Pod, 'metadata' | 'status'> = intent;
    const [gate] = status?.conditions ?? [];
    return `${metadata.name} ${gate === undefined ? metadata.labels?.[roleLabel] : `in sync ${gate.status}`}`;
  });
}

describe('the marks of the pods of brokers', () => {
  it('are made once', () => {
    const first = brokerView('a-0', { leads: true, object: marked('a-0') });
    expect(written(first)).toEqual(['a-0 master', 'a-0 in sync True']);
    expect(written({ ...first, object: marked('a-0', 'master', 'True') })).toEqual([]);
  });

  it('move with the mastership', () => {
    const old = brokerView('a-0', { object: marked('a-0', 'master', 'True') });
    const heir = brokerView('a-1', { leads: true, object: marked('a-1', 'replica', 'True') });
    expect(written(old, heir)).toEqual(['a-0 replica', 'a-1 master']);
  });

  it('say who is apart, in sync or registered no more', () => {
    const object = marked('a-1', 'replica', 'True');
    expect(written(brokerView('a-1', { object, inSync: false }))).toEqual(['a-1 in sync False']);
    expect(written(brokerView('a-1', { object, facts: { registered: false } }))).toEqual([
      'a-1 in sync False',
    ]);
  });

  it.each<[string, Partial<Omit<MemberView, 'facts'>> & { readonly facts?: Partial<MemberView['facts']> }]>([
    ['nobody knows its role', { facts: { role: undefined } }],
    ['nobody knows whether it takes part', { facts: { inSync: undefined } }],
    ['it is on its way out', { phase: 'Terminating', inSync: false }],
  ])('stand while %s', (_what, over) => {
    expect(written(brokerView('a-0', { ...over, object: marked('a-0', 'replica', 'True') }))).toEqual([]);
  });

  it('name the very pod, so that none that takes its name later gets them', () => {
    const [mark] = podMarks([brokerView('a-0', { leads: true, object: marked('a-0') })], 0);
    expect(mark?.intent.metadata).toMatchObject({ uid: 'uid-a-0' });
  });
});
