import * as z from 'zod';
import { withRules } from './schema/authoring.ts';

/** @param noun "topic" */
export const adoptionPolicy = (noun: string) =>
  withRules(z.enum(['Adopt', 'Fail', 'Observe']).default('Adopt'), {
    // What it observed would be taken for what it made itself, and go with it.
    id: 'observer-makes-nothing-its-own',
    rule: "oldSelf != 'Observe' || self != 'Fail'",
    message: 'what was observed was there before: set adoptionPolicy to Adopt to take it over',
    accepts: { from: 'Observe', value: 'Adopt' },
    refuses: { from: 'Observe', value: 'Fail' },
  }).describe(
    `What becomes of a ${noun} of this name that was there before this object. Adopt: it is made as the spec says. ` +
      `Fail: it is left alone, and this object is refused. Observe: it is compared with the spec, and nothing is ever ` +
      'written, nor made.',
  );

export type AdoptionPolicy = z.output<ReturnType<typeof adoptionPolicy>>;
