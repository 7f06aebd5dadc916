import * as z from 'zod';
import { mapList } from './schema/authoring.ts';

const difference = z.object({
  group: z.string().max(30).describe('Name of the broker group.'),
  reason: z.string().max(128).describe('Why, in one word, as in the conditions.'),
  message: z.string().max(2_048).describe('Why, in a sentence.'),
});

export const differing = (noun: string) =>
  mapList(difference, 'group', 64)
    .exactOptional()
    .describe(`Broker groups whose master does not have this ${noun} as it should be, or may not.`);
