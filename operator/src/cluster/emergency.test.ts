import { describe, expect, it } from '@jest/globals';
import type { PersistentVolumeClaim } from '../kube/mod.ts';
import type { BreakGlass } from './break-glass.ts';
import { emergency, giveWay, type Emergency } from './emergency.ts';
import { brokerView, groupView } from './testing/groups.ts';
import type { MemberView } from './view.ts';

const nothing: BreakGlass = {
  paused: false,
  restartBeforeMs: undefined,
  rotateBeforeMs: undefined,
  fenced: [],
  rebuild: undefined,
};
const beforeMs = Date.parse('2026-06-01T12:00:00Z');
const claim = (creationTimestamp: string): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'store-a-1', creationTimestamp },
});
const old = [claim('2026-01-01T00:00:00Z')];

const master = brokerView('a-0', { leads: true });
const one = brokerView('a-1');
const two = brokerView('a-2');
const apart = { inSync: false, healthy: false } as const;
const gone = { phase: 'Missing', healthy: false, inSync: false } as const;
const silent = { healthy: undefined, inSync: undefined } as const;

function decide(
  members: readonly MemberView[],
  asked: Partial<BreakGlass>,
  claims: readonly PersistentVolumeClaim[] | undefined = old,
): Emergency {
  const seen = { members, groups: [groupView(members)], version: undefined };
  return emergency({ asked: { ...nothing, ...asked }, seen, minInSync: 2, claims });
}

const outcome = ({ fencing, rebuild, handOver, warnings }: Emergency): unknown => ({
  ...(fencing.length === 0 ? {} : { fencing }),
  ...(rebuild === undefined ? {} : { rebuild }),
  ...(handOver === undefined ? {} : { handOver: `${handOver.from} → ${handOver.to}` }),
  warned: warnings.map(({ reason }) => reason),
});

describe('a fence', () => {
  it.each<[string, readonly MemberView[], readonly string[], unknown]>([
    ['of nobody', [master, one, two], [], { warned: [] }],
    ['of a stranger', [master, one, two], ['ns-0'], { warned: ['InvalidAnnotation'] }],
    ['of a replica', [master, one, two], ['a-1'], { fencing: ['a-1'], warned: ['Fenced'] }],
    ['of a master', [master, one, two], ['a-0'], { handOver: 'a-0 → a-1', warned: ['Fenced'] }],
    [
      'of a master that hangs',
      [brokerView('a-0', { leads: true, healthy: undefined }), one, two],
      ['a-0'],
      { handOver: 'a-0 → a-1', warned: ['Fenced'] },
    ],
    [
      'of the last in sync',
      [master, brokerView('a-1', apart), brokerView('a-2', gone)],
      ['a-0'],
      { warned: ['FenceRefused'] },
    ],
    ['of everybody', [master, one, two], ['a-0', 'a-1', 'a-2'], { warned: Array(3).fill('FenceRefused') }],
    [
      'of one that is not in sync anyway',
      [brokerView('a-0', { leads: true, ...silent }), brokerView('a-1', apart), two],
      ['a-1'],
      { fencing: ['a-1'], warned: ['Fenced'] },
    ],
    [
      'while nobody answers',
      [brokerView('a-0', silent), brokerView('a-1', silent), brokerView('a-2', silent)],
      ['a-1'],
      { warned: ['FenceRefused'] },
    ],
  ])('%s', (_name, members, fenced, expected) => {
    expect(outcome(decide(members, { fenced }))).toEqual(expected);
  });

  it.each(['a-0', 'a-1'])('of %s, where roles are fixed, hands nothing over', (pod) => {
    const members = [master, one, two].map((each) => ({ ...each, fixed: true as const }));
    const decided = decide(members, { fenced: [pod] });
    expect(outcome(decided)).toEqual({ fencing: [pod], warned: ['Fenced'] });
    const stops = / Group a takes no writes until then\.$/;
    expect(stops.test(decided.warnings[0]?.message ?? '')).toBe(pod === 'a-0');
    // Nobody's word is needed: none of them could lose anything to another one.
    const lone = [{ ...brokerView('a-0', gone), leads: true, fixed: true as const }, ...members.slice(1)];
    expect(outcome(decide(lone, { fenced: ['a-1', 'a-2'] }))).toMatchObject({ fencing: ['a-1', 'a-2'] });
  });

  it('holds, whatever becomes of the others', () => {
    const down = brokerView('a-1', { ...gone, fenced: true });
    const lone = [brokerView('a-0', silent), down, brokerView('a-2', gone)];
    const { fenced, fencing } = decide(lone, { fenced: ['a-1'] });
    expect([...fenced]).toEqual(['a-1']);
    expect(fencing).toEqual([]);
    expect([...decide(lone, {}).fenced]).toEqual([]);
  });

  it('says why not', () => {
    const [{ message } = { message: '' }] = decide([master], { fenced: ['a-0'] }).warnings;
    expect(message).toBe('a-0 is not fenced: no other member of its group is in sync.');
  });
});

describe('a rebuild', () => {
  it.each<[string, readonly MemberView[], string, unknown]>([
    ['of a stranger', [master, one, two], 'ctl-0', { warned: ['InvalidAnnotation'] }],
    ['of a replica', [master, one, two], 'a-1', { rebuild: 'a-1', warned: ['Rebuilding'] }],
    ['of a master', [master, one, two], 'a-0', { handOver: 'a-0 → a-1', warned: ['Rebuilding'] }],
    [
      'of one that is down',
      [master, brokerView('a-1', { ...gone, phase: 'Down' }), two],
      'a-1',
      { rebuild: 'a-1', warned: ['Rebuilding'] },
    ],
    [
      'of one that is not in sync, with one copy left',
      [master, brokerView('a-1', apart), brokerView('a-2', gone)],
      'a-1',
      { rebuild: 'a-1', warned: ['Rebuilding'] },
    ],
    [
      'of one in sync, when sends would be refused then',
      [master, one, brokerView('a-2', gone)],
      'a-1',
      { warned: ['RebuildRefused'] },
    ],
    [
      'of the last copy',
      [master, brokerView('a-1', apart), brokerView('a-2', gone)],
      'a-0',
      { warned: ['RebuildRefused'] },
    ],
    [
      'without a master to copy from',
      [brokerView('a-0', gone), brokerView('a-1', apart), brokerView('a-2', apart)],
      'a-1',
      { warned: ['RebuildRefused'] },
    ],
    [
      'of one of which nothing is known',
      [brokerView('a-0', silent), brokerView('a-1', silent), brokerView('a-2', silent)],
      'a-1',
      { warned: ['RebuildRefused'] },
    ],
  ])('%s', (_name, members, pod, expected) => {
    expect(outcome(decide(members, { rebuild: { pod, beforeMs } }))).toEqual(expected);
  });

  it.each<[string, Partial<MemberView>, string, RegExp]>([
    ['a fixed master', {}, 'a-0', /is the master of its group for good, and copies from nobody\.$/],
    [
      'one that has what its master lacks',
      {
        ...apart,
        facts: {
          answers: true,
          role: 'Replica',
          inSync: false,
          registered: true,
          listed: true,
          aheadBytes: 1,
        },
      },
      'a-1',
      /has what its master lacks; where that can be lost, delete its claim and its pod by hand\.$/,
    ],
  ])('is refused to %s', (_name, over, pod, message) => {
    const members = [master, { ...one, ...over }, two].map((each) => ({ ...each, fixed: true as const }));
    const decided = decide(members, { rebuild: { pod, beforeMs } });
    expect(outcome(decided)).toEqual({ warned: ['RebuildRefused'] });
    expect(decided.warnings[0]?.message).toMatch(message);
  });

  it('of a replica of a fixed master says how little comes back', () => {
    const members = [master, one, two].map((each) => ({ ...each, fixed: true as const }));
    const decided = decide(members, { rebuild: { pod: 'a-1', beforeMs } });
    expect(outcome(decided)).toEqual({ rebuild: 'a-1', warned: ['Rebuilding'] });
    expect(decided.warnings[0]?.message).toMatch(/the last file of the commit log/);
  });

  it.each<[string, readonly PersistentVolumeClaim[] | undefined, unknown]>([
    ['is over when the volume is younger', [claim('2026-06-01T12:00:01Z')], { warned: [] }],
    ['is over when there is no volume', [], { warned: [] }],
  ])('%s', (_name, claims, expected) => {
    expect(outcome(decide([master, one, two], { rebuild: { pod: 'a-1', beforeMs } }, claims))).toEqual(
      expected,
    );
  });

  it('waits while the claim cannot be read', () => {
    const seen = { members: [master, one, two], groups: [], version: undefined };
    const asked = { ...nothing, rebuild: { pod: 'a-1', beforeMs } };
    const unread = emergency({ asked, seen, minInSync: 2, claims: undefined });
    expect(outcome(unread)).toEqual({ warned: ['RebuildRefused'] });
  });
});

describe('a rollout', () => {
  const rollout = { restarts: [{ pod: 'a-2', reason: 'Changed' as const }], waiting: [] };

  it('goes on beside a fence that is in force', () => {
    const down = brokerView('a-1', { ...gone, fenced: true });
    expect(giveWay(rollout, decide([master, down, two], { fenced: ['a-1'] }))).toBe(rollout);
  });

  it('gives way to whoever is fenced or rebuilt now', () => {
    const waiting = [{ pod: 'a-2', message: 'a-1 comes first, by annotation' }];
    expect(giveWay(rollout, decide([master, one, two], { fenced: ['a-1'] }))).toEqual({
      restarts: [],
      waiting,
    });
    expect(giveWay(rollout, decide([master, one, two], { fenced: ['a-0'] }))).toMatchObject({
      restarts: [],
      handOver: { group: 'a', from: 'a-0', to: 'a-1' },
    });
  });

  it.each([
    ['lets a master that goes hand over beside it', 'b-1', ['b-1']],
    ['unless its heir is the one', 'a-1', []],
  ])('%s', (_what, to, handed) => {
    const leaving = { group: 'b', from: 'b-0', to, why: 'whose pod was deleted' };
    const given = giveWay(
      { ...rollout, handOver: leaving },
      decide([master, one, two], { fenced: ['a-1'] }),
      leaving,
    );
    expect([given.handOver].flatMap((each) => each?.to ?? [])).toEqual(handed);
    expect(given.restarts).toEqual([]);
  });
});
