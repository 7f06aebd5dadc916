import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { leaderlessForMs, stanceOf, type Contact, type Stance } from './stance.ts';

const LEASE = 4_500;
const members = 3;
const NOW = 100_000;

describe('the stance of a master', () => {
  it.each<[string, Contact, Stance]>([
    ['was confirmed just now', { replaced: false, confirmedAtMs: NOW }, 'Open'],
    ['was confirmed within its lease', { replaced: false, confirmedAtMs: NOW - LEASE + 1 }, 'Open'],
    ['has a lease that is over', { replaced: false, confirmedAtMs: NOW - LEASE }, 'Closed'],
    ['was never confirmed', { replaced: false }, 'Closed'],
    ['was never confirmed, while nobody leads', { replaced: false, leaderlessAtMs: NOW }, 'EveryMember'],
    [
      'has a lease that is over, while nobody leads',
      { replaced: false, confirmedAtMs: NOW - LEASE, leaderlessAtMs: NOW - leaderlessForMs(LEASE) + 1 },
      'EveryMember',
    ],
    [
      'has a lease that is over, and nobody led for too long ago',
      { replaced: false, confirmedAtMs: NOW - LEASE, leaderlessAtMs: NOW - leaderlessForMs(LEASE) },
      'Closed',
    ],
    [
      'is within its lease, while nobody leads',
      { replaced: false, confirmedAtMs: NOW - 1, leaderlessAtMs: NOW - 1 },
      'Open',
    ],
    ['was replaced', { replaced: true, confirmedAtMs: NOW, leaderlessAtMs: NOW }, 'Closed'],
  ])('that %s', (_that, contact, expected) => {
    expect(stanceOf({ members, ...contact }, { leaseMs: LEASE, members }, NOW)).toBe(expected);
  });

  it.each<[string, number | undefined, Stance]>([
    ['one that nobody asked', 4, 'Closed'],
    ['nobody else', 3, 'EveryMember'],
    ['an unknown number', undefined, 'Closed'],
  ])('knows, while nobody leads, whether there is %s', (_who, known, expected) => {
    const contact = {
      replaced: false,
      leaderlessAtMs: NOW,
      ...(known === undefined ? {} : { members: known }),
    };
    expect(stanceOf(contact, { leaseMs: LEASE, members }, NOW)).toBe(expected);
  });

  const moment = fc.nat(20_000);
  const contacts = fc.record(
    { replaced: fc.boolean(), confirmedAtMs: moment, leaderlessAtMs: moment, members: fc.nat(5) },
    { requiredKeys: ['replaced'] },
  );
  const leases = fc.integer({ min: 1, max: 20_000 });
  /** After everything that is known of. */
  const nows = fc.integer({ min: 20_000, max: 45_000 });

  it('is never open once the lease is over, and not without a word that it is master', () => {
    fc.assert(
      fc.property(contacts, leases, nows, (contact, leaseMs, nowMs) => {
        const { confirmedAtMs } = contact;
        const holds = confirmedAtMs !== undefined && nowMs < confirmedAtMs + leaseMs;
        expect(holds || stanceOf(contact, { leaseMs, members }, nowMs) !== 'Open').toBe(true);
      }),
    );
  });

  it('is closed once another one is master, whatever else is known', () => {
    fc.assert(
      fc.property(contacts, leases, nows, (contact, leaseMs, nowMs) => {
        expect(stanceOf({ ...contact, replaced: true }, { leaseMs, members }, nowMs)).toBe('Closed');
      }),
    );
  });

  it('asks for every member only while it is fresh that nobody leads', () => {
    fc.assert(
      fc.property(contacts, leases, nows, (contact, leaseMs, nowMs) => {
        const { leaderlessAtMs } = contact;
        const fresh = leaderlessAtMs !== undefined && nowMs < leaderlessAtMs + leaderlessForMs(leaseMs);
        expect(fresh || stanceOf(contact, { leaseMs, members }, nowMs) !== 'EveryMember').toBe(true);
      }),
    );
  });

  it('only gets stricter as time goes by without a word', () => {
    const strictness: readonly Stance[] = ['Open', 'EveryMember', 'Closed'];
    fc.assert(
      fc.property(contacts, leases, nows, fc.nat(10_000), (contact, leaseMs, nowMs, laterMs) => {
        const needed = (atMs: number): number =>
          strictness.indexOf(stanceOf(contact, { leaseMs, members }, atMs));
        expect(needed(nowMs + laterMs)).toBeGreaterThanOrEqual(needed(nowMs));
      }),
    );
  });
});
