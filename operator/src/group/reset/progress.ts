/** How far a reset of offsets is: what the spec asks for once, and what the status says was done of it. Pure. */
import type { ConsumerGroup } from '../../api/mod.ts';

export type ResetStatus = NonNullable<NonNullable<ConsumerGroup['status']>['resetOffset']>;

export type Step =
  | { readonly kind: 'Nothing' }
  /** Nothing was done of it: this status goes first, so that whoever goes on later means the same time. */
  | { readonly kind: 'Begin'; readonly status: ResetStatus }
  | { readonly kind: 'GoOn'; readonly status: ResetStatus }
  | { readonly kind: 'Refuse'; readonly status: ResetStatus };

/**
 * `Latest` is the time at which it begins, so that a message that comes while it goes on is never skipped, and one that goes
 * on after a restart of the operator skips no more than it would have.
 */
export function nextStep({ spec, status }: Pick<ConsumerGroup, 'spec' | 'status'>, nowMs: number): Step {
  const { resetOffset: asked } = spec;
  if (asked === undefined) return { kind: 'Nothing' };
  const { id, to, dryRun } = asked;
  const told = status?.resetOffset?.id === id ? status.resetOffset : undefined;
  if (told?.state === 'Running') return { kind: 'GoOn', status: told };
  if (told?.state === 'Done' || (told?.state === 'Planned' && dryRun)) return { kind: 'Nothing' };
  const message = refusalOf(spec.adoptionPolicy, to);
  if (message !== undefined) {
    return told?.message === message
      ? { kind: 'Nothing' }
      : { kind: 'Refuse', status: { id, state: 'Refused', message } };
  }
  const state = dryRun ? 'Planning' : 'Running';
  const toTime = new Date(targetMs(to, nowMs)).toISOString();
  return { kind: 'Begin', status: { id, state, toTime, again: 0, skipped: 0, doneOn: [] } };
}

function refusalOf(adoption: ConsumerGroup['spec']['adoptionPolicy'], to: string): string | undefined {
  if (adoption === 'Observe') return 'adoptionPolicy Observe changes nothing: set it to Adopt';
  return Number.isNaN(targetMs(to, 0)) ? `${to} is no time: correct resetOffset.to` : undefined;
}

function targetMs(to: string, nowMs: number): number {
  if (to === 'Earliest') return 0;
  return to === 'Latest' ? nowMs : Date.parse(to);
}

/** What a move of places comes to, in messages. */
export interface Moved {
  /** That are delivered once more. */
  readonly again: number;
  /** That are not delivered. */
  readonly skipped: number;
}

/** @param from places before @param to places after, by queue id */
export function movedBy(from: ReadonlyMap<number, number>, to: ReadonlyMap<number, number>): Moved {
  let again = 0;
  let skipped = 0;
  for (const [queueId, next] of to) {
    const place = from.get(queueId) ?? next;
    again += Math.max(0, place - next);
    skipped += Math.max(0, next - place);
  }
  return { again, skipped };
}

/** The status after one more broker group. */
export function afterGroup(
  { message: _past, ...status }: ResetStatus,
  group: string,
  { again, skipped }: Moved,
): ResetStatus {
  return {
    ...status,
    again: (status.again ?? 0) + again,
    skipped: (status.skipped ?? 0) + skipped,
    doneOn: [...(status.doneOn ?? []), group].toSorted(),
  };
}
