import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { budgeted, budgetOf } from './budgets.ts';

const WITHIN = 0.1;
/** On a machine that does much else. */
const TIMEOUT_MS = 120_000;
const budget = z.object({ latePercent: z.number(), replicaHours: z.number(), events: z.number() });
const golden = z
  .object({ queue: z.record(z.string(), budget), pop: z.record(z.string(), budget) })
  .parse(JSON.parse(readFileSync(new URL('budgets.json', import.meta.url), 'utf8')));

/** A tenth of it, and a little where it is next to nothing. */
const around = (value: number, least: number): number => Math.max(WITHIN * value, least);

describe.each(['queue', 'pop'] as const)('Gantry in a simulated %s world', (mode) => {
  it.each(budgeted.map((workload) => [workload.name, workload] as const))(
    'keeps to the budget of %s',
    (name, workload) => {
      const expected = golden[mode][name];
      if (expected === undefined) throw new Error('it has no budget: npm run --silent sim -- budgets');
      const measured = budgetOf(workload, mode);
      const off = (figure: keyof typeof expected) => Math.abs(measured[figure] - expected[figure]);
      expect({
        late: off('latePercent') <= around(expected.latePercent, 0.1),
        replicaHours: off('replicaHours') <= around(expected.replicaHours, 0.1),
        events: off('events') <= around(expected.events, 1),
        measured,
      }).toEqual({ late: true, replicaHours: true, events: true, measured });
    },
    TIMEOUT_MS,
  );
});
