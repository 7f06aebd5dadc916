import * as z from 'zod';

/** @param noun "topic" */
export const adoptionPolicy = (noun: string) =>
  z
    .enum(['Adopt', 'Fail', 'Observe'])
    .default('Adopt')
    .describe(
      `What becomes of a ${noun} of this name that was there before this object. Adopt: it is made as the spec says. ` +
        `Fail: it is left alone, and this object is refused. Observe: it is compared with the spec, and nothing is ever ` +
        'written, nor made.',
    );

export type AdoptionPolicy = z.output<ReturnType<typeof adoptionPolicy>>;
