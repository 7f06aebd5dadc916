import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RocketMQClusterInput } from '../api/mod.ts';
import { maintenance } from './maintenance.ts';
import { clusterOf } from './testing/specs.ts';

type Windows = NonNullable<RocketMQClusterInput['maintenanceWindows']>;

const at = (time: string, ...maintenanceWindows: Windows) => {
  const { gate, opensAtMs, problems } = maintenance(clusterOf({ maintenanceWindows }).spec, Date.parse(time));
  return {
    open: gate.open,
    ...(opensAtMs === undefined ? {} : { opensAt: new Date(opensAtMs).toISOString() }),
    ...(problems.length === 0 ? {} : { problems: problems.map(({ field }) => field) }),
  };
};
const nightly = { schedule: '0 2 * * *', durationMinutes: 60 };

describe('maintenance windows', () => {
  it('are always open when there are none', () => {
    expect(at('2026-06-01T12:00:00Z')).toEqual({ open: true });
    expect(maintenance(clusterOf().spec, 0)).toEqual({ gate: { open: true }, problems: [] });
  });

  it.each([
    ['2026-06-01T01:59:59Z', { open: false, opensAt: '2026-06-01T02:00:00.000Z' }],
    ['2026-06-01T01:59:59.999Z', { open: false, opensAt: '2026-06-01T02:00:00.000Z' }],
    ['2026-06-01T02:00:00Z', { open: true }],
    ['2026-06-01T02:59:59.999Z', { open: true }],
    ['2026-06-01T03:00:00Z', { open: false, opensAt: '2026-06-02T02:00:00.000Z' }],
  ])('every night at two for an hour, UTC: %s', (time, expected) => {
    expect(at(time, nightly)).toEqual(expected);
  });

  it('say when the next one opens', () => {
    const { gate } = maintenance(
      clusterOf({ maintenanceWindows: [nightly] }).spec,
      Date.parse('2026-06-01T12:00:00Z'),
    );
    expect(gate).toEqual({
      open: false,
      why: 'the next maintenance window opens at 2026-06-02T02:00:00Z',
    });
  });

  it('are several: one open is enough, and the earliest counts', () => {
    const weekly = { schedule: '0 12 * * SUN', durationMinutes: 120, timeZone: 'UTC' };
    expect(at('2026-06-07T13:00:00Z', nightly, weekly)).toEqual({ open: true });
    expect(at('2026-06-06T13:00:00Z', weekly, nightly)).toEqual({
      open: false,
      opensAt: '2026-06-07T02:00:00.000Z',
    });
  });

  it('may last past midnight, and longer than until the next one', () => {
    const late = { schedule: '30 23 * * 1', durationMinutes: 120, timeZone: 'Asia/Tokyo' };
    // Monday 23:30 in Tokyo is 14:30 UTC.
    expect(at('2026-06-01T16:29:59Z', late)).toEqual({ open: true });
    expect(at('2026-06-01T16:30:00Z', late).open).toBe(false);
    expect(at('2026-06-01T00:00:00Z', { schedule: '*/5 * * * *', durationMinutes: 10 })).toEqual({
      open: true,
    });
  });

  const berlin = { ...nightly, schedule: '30 2 * * *', timeZone: 'Europe/Berlin' };
  it.each([
    ['winter', '2026-01-10T00:00:00Z', '2026-01-10T01:30:00.000Z'],
    ['summer', '2026-07-10T00:00:00Z', '2026-07-10T00:30:00.000Z'],
    // On 29 March 02:30 does not exist: the clock goes from 02:00 to 03:00, and the window opens then.
    ['the short night', '2026-03-29T00:00:00Z', '2026-03-29T01:00:00.000Z'],
    // On 25 October 02:30 comes twice; the window opens at the first.
    ['the long night', '2026-10-25T00:00:00Z', '2026-10-25T00:30:00.000Z'],
    ['the night after the long one', '2026-10-25T12:00:00Z', '2026-10-26T01:30:00.000Z'],
  ])('follow the clock of their time zone: %s', (_name, from, opensAt) => {
    expect(at(from, berlin)).toEqual({ open: false, opensAt });
    expect(at(opensAt, berlin)).toEqual({ open: true });
  });

  it('open once in the night in which the hour comes twice', () => {
    expect(at('2026-10-25T01:29:59Z', berlin).open).toBe(true);
    expect(at('2026-10-25T01:30:00Z', berlin)).toEqual({ open: false, opensAt: '2026-10-26T01:30:00.000Z' });
  });

  it.each<[string, Windows[number], string]>([
    ['an hour that there is not', { schedule: '0 25 * * *', durationMinutes: 1 }, 'schedule'],
    ['a day of the week in words', { schedule: '0 2 * * SOMEDAY', durationMinutes: 1 }, 'schedule'],
    ['a day that never comes', { schedule: '0 2 30 2 *', durationMinutes: 1 }, 'schedule'],
    ['a zone that there is not', { ...nightly, timeZone: 'Europe/Atlantis' }, 'timeZone'],
  ])('stay closed and say so: %s', (_name, window, part) => {
    const problems = [`spec.maintenanceWindows[0].${part}`];
    expect(at('2026-06-01T02:30:00Z', window)).toEqual({ open: false, problems });
    // The others go on.
    expect(at('2026-06-01T02:30:00Z', window, nightly)).toEqual({ open: true, problems });
  });

  it('are open exactly as long as they last after each opening', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 1, max: 10_080 }),
        fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'),
        fc.date({ min: new Date('2026-01-01'), max: new Date('2027-12-31'), noInvalidDate: true }),
        (minute, hour, durationMinutes, timeZone, from) => {
          const window = { schedule: `${minute} ${hour} * * 3`, durationMinutes, timeZone };
          const { spec } = clusterOf({ maintenanceWindows: [window] });
          const { gate, opensAtMs } = maintenance(spec, from.getTime());
          if (gate.open || opensAtMs === undefined) return;
          const isOpen = (ms: number): boolean => maintenance(spec, ms).gate.open;
          const closesAtMs = opensAtMs + durationMinutes * 60_000;
          expect([opensAtMs - 1, opensAtMs, closesAtMs - 1].map(isOpen)).toEqual([false, true, true]);
        },
      ),
    );
  });
});
