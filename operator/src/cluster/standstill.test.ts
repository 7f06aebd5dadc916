import { describe, expect, it } from '@jest/globals';
import type { EpochCache } from '../rocketmq/mod.ts';
import { suspects } from './divergence.ts';
import { standstills, type Standing, type Standstills } from './standstill.ts';
import { brokerView, groupView } from './testing/groups.ts';
import type { MemberView } from './view.ts';

const ended = (maxOffset: bigint, startOffset = 0n): EpochCache => ({
  cluster: 'c',
  brokerName: 'a',
  brokerId: 1,
  maxOffset,
  epochs: [{ epoch: 1, startOffset, endOffset: 9_223_372_036_854_775_807n }],
});
const master = brokerView('a-0', { leads: true });
const apart = brokerView('a-1', { inSync: false, registers: '10.0.0.7:10911' });

function look(
  nowMs: number,
  log: EpochCache | undefined,
  before: Pick<Standstills, 'standing'> = { standing: new Map<string, Standing>() },
  options: {
    readonly revived?: readonly string[];
    readonly member?: MemberView;
    readonly replicas?: readonly string[];
  } = {},
): Standstills {
  const epochs = new Map([[master.address, ended(100n)], ...(log ? [[apart.address, log] as const] : [])]);
  const groups = [groupView([master, options.member ?? apart])];
  const { replicas } = options;
  const known = new Map(replicas === undefined ? [] : [[master.address, new Set(replicas)] as const]);
  return standstills(suspects(groups), epochs, known, before.standing, new Set(options.revived), nowMs);
}

describe('a replica apart from its master', () => {
  it('stands still when its log has not moved for 20 s, at the end of its master’s log or before', () => {
    for (const end of [100n, 40n]) {
      const first = look(0, ended(end));
      expect(first.found).toEqual([]);
      expect(look(19_999, ended(end), first).found).toEqual([]);
      expect(look(20_000, ended(end), first).found).toMatchObject([{ pod: 'a-1', key: 'a-1@3' }]);
    }
  });

  it('does not while it copies, however long that takes', () => {
    const moved = look(15_000, ended(41n), look(0, ended(40n)));
    expect(look(34_999, ended(41n), moved).found).toEqual([]);
    expect(look(35_000, ended(41n), moved).found).toHaveLength(1);
  });

  it('reads from a former master when its master does not know its connection, however much comes in', () => {
    const others = { replicas: ['10.0.0.8'] };
    const first = look(0, ended(40n), undefined, others);
    const later = look(10_000, ended(50n), first, others);
    expect(later.found).toEqual([]);
    expect(look(20_000, ended(60n), later, others).found).toMatchObject([
      { pod: 'a-1', message: expect.stringContaining('somebody else than its master a-0') },
    ]);
    expect(look(20_000, ended(60n), later, { replicas: ['10.0.0.7'] }).found).toEqual([]);
  });

  it('is restarted once under each master', () => {
    const first = look(0, ended(40n));
    expect(look(60_000, ended(40n), first, { revived: ['a-1@3'] }).found).toEqual([]);
    expect(look(60_000, ended(40n), first, { revived: ['a-1@2'] }).found).toHaveLength(1);
  });

  it('is not judged by silence, and begins anew after it', () => {
    const silent = look(10_000, undefined, look(0, ended(40n)));
    expect(silent).toEqual({ found: [], standing: new Map() });
    expect(look(30_000, ended(40n), silent).found).toEqual([]);
  });

  it('is left to be made anew when it can never follow', () => {
    expect(look(60_000, ended(40n, 7n), look(0, ended(40n, 7n))).found).toEqual([]);
  });

  it.each([
    ['in sync', brokerView('a-1')],
    ['starting', brokerView('a-1', { inSync: false, phase: 'Starting' })],
    ['up since a moment', brokerView('a-1', { inSync: false, upForMs: 1_000 })],
  ])('is not meant when it is %s', (_state, member) => {
    expect(look(60_000, ended(40n), look(0, ended(40n)), { member }).found).toEqual([]);
  });
});
