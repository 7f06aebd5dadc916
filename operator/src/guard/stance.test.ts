import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { stanceOf, type Contact, type Stance } from './stance.ts';

const LEASE = 4_500;
const NOW = 100_000;

describe('the stance of a master', () => {
  it.each<[string, Contact, Stance]>([
    ['was confirmed just now', { replaced: false, confirmedAtMs: NOW }, 'Open'],
    ['was confirmed within its lease', { replaced: false, confirmedAtMs: NOW - LEASE + 1 }, 'Open'],
    ['has a lease that is over', { replaced: false, confirmedAtMs: NOW - LEASE }, 'Closed'],
    ['was never confirmed', { replaced: false }, 'Closed'],
    ['was replaced', { replaced: true }, 'Closed'],
    ['was replaced within its lease', { replaced: true, confirmedAtMs: NOW }, 'Closed'],
  ])('that %s', (_that, contact, expected) => {
    expect(stanceOf(contact, LEASE, NOW)).toBe(expected);
  });

  const contacts = fc.record(
    { replaced: fc.boolean(), confirmedAtMs: fc.nat(20_000) },
    { requiredKeys: ['replaced'] },
  );
  const leases = fc.integer({ min: 1, max: 20_000 });
  /** After everything that is known of. */
  const nows = fc.integer({ min: 20_000, max: 45_000 });

  it('is open exactly while the last word is that it is master, and its lease is not over', () => {
    fc.assert(
      fc.property(contacts, leases, nows, (contact, leaseMs, nowMs) => {
        const { confirmedAtMs, replaced } = contact;
        const holds = !replaced && confirmedAtMs !== undefined && nowMs < confirmedAtMs + leaseMs;
        expect(stanceOf(contact, leaseMs, nowMs)).toBe(holds ? 'Open' : 'Closed');
      }),
    );
  });

  it('does not open by itself as time goes by', () => {
    fc.assert(
      fc.property(contacts, leases, nows, fc.nat(10_000), (contact, leaseMs, nowMs, laterMs) => {
        const later = stanceOf(contact, leaseMs, nowMs + laterMs);
        expect(later === 'Closed' || stanceOf(contact, leaseMs, nowMs) === 'Open').toBe(true);
      }),
    );
  });
});
