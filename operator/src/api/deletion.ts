import * as z from 'zod';
import type { DeclaredRule } from './schema/authoring.ts';

/**
 * @param kept what becomes of it with Retain
 * @param gone what becomes of it with Delete
 */
export const deletionPolicy = (
  noun: string,
  { kept, gone }: { readonly kept: string; readonly gone: string },
) =>
  z
    .enum(['Retain', 'Delete'])
    .default('Retain')
    .describe(
      `What becomes of the ${noun} when this object is deleted. Retain: ${kept}. Delete: ${gone}; only by the object that ` +
        'owns it, and only while its RocketMQCluster is there.',
    );

export const topicDeletionGuards = () =>
  z
    .object({
      onlyIfEmpty: z
        .boolean()
        .default(false)
        .describe('A topic of which a broker still has messages is not deleted, read or unread.'),
      onlyIfUnused: z
        .boolean()
        .default(false)
        .describe('A topic in which a consumer group has a place is not deleted. The group has to go first.'),
    })
    .prefault({})
    .describe('With deletionPolicy Delete: what has to be the case. Until it is, this object stays.');

interface BothPolicies {
  readonly spec: {
    readonly adoptionPolicy: 'Adopt' | 'Fail' | 'Observe';
    readonly deletionPolicy: 'Retain' | 'Delete';
  };
}

export const policyRules: readonly DeclaredRule<BothPolicies>[] = [
  {
    id: 'observer-deletes-nothing',
    rule: "self.spec.adoptionPolicy != 'Observe' || self.spec.deletionPolicy != 'Delete'",
    message:
      'what is only observed cannot be deleted: set deletionPolicy to Retain, or adoptionPolicy to Adopt',
    holds: ({ spec }) => spec.adoptionPolicy !== 'Observe' || spec.deletionPolicy !== 'Delete',
    accepts: { value: { spec: { adoptionPolicy: 'Observe', deletionPolicy: 'Retain' } } },
    refuses: { value: { spec: { adoptionPolicy: 'Observe', deletionPolicy: 'Delete' } } },
  },
];
