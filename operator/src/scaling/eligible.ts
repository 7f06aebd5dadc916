/** Whether a ConsumerGroup says what its consumers are to be scaled by. Pure. */
import { describeProblems, parseConsumerGroup, type ConsumerGroup, type GroupScaling } from '../api/mod.ts';

export type Eligible =
  | { readonly kind: 'No' }
  | { readonly kind: 'Yes'; readonly scaling: GroupScaling; readonly ordered: boolean }
  | { readonly kind: 'Unreadable'; readonly message: string };

export function scalingOf(object: ConsumerGroup): Eligible {
  if (object.spec.scaling === undefined) return { kind: 'No' };
  const parsed = parseConsumerGroup(object);
  if (!parsed.ok) return { kind: 'Unreadable', message: describeProblems(parsed.problems) };
  const { scaling, ordered } = parsed.value.spec;
  return scaling === undefined ? { kind: 'No' } : { kind: 'Yes', scaling, ordered };
}
