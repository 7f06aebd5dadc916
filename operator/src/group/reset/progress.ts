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
 * What has begun goes to its end, whatever is asked for by now. `Latest` is the time at which it begins: one that goes on
 * after a restart of the operator skips no more than it would have.
 *
 * An id that was refused stays refused, and so does one that an object was made with: a manifest that is applied again, or
 * comes out of a backup, would have it done once more.
 */
export function nextStep({ metadata, spec, status }: ConsumerGroup, nowMs: number): Step {
  const { resetOffset: told } = status ?? {};
  if (told?.state === 'Running') return { kind: 'GoOn', status: told };
  const { resetOffset: asked } = spec;
  if (asked === undefined) return { kind: 'Nothing' };
  const { id, to, topics, dryRun } = asked;
  if (told?.id === id) {
    // A dry run that could not be finished: the same time, and a status that stays.
    if (told.state === 'Planning' && dryRun) return { kind: 'GoOn', status: told };
    const isOver = told.state === 'Done' || told.state === 'Refused' || (told.state === 'Planned' && dryRun);
    if (isOver) return { kind: 'Nothing' };
  }
  const message = refusalOf({ metadata, spec }, to);
  if (message !== undefined) return { kind: 'Refuse', status: { id, state: 'Refused', message } };
  return {
    kind: 'Begin',
    status: {
      id,
      state: dryRun ? 'Planning' : 'Running',
      toTime: new Date(targetMs(to, nowMs)).toISOString(),
      ...(topics === undefined ? {} : { topics }),
      again: 0,
      skipped: 0,
      doneOn: [],
    },
  };
}

function refusalOf(
  { metadata, spec }: Pick<ConsumerGroup, 'metadata' | 'spec'>,
  to: string,
): string | undefined {
  const instead = 'then ask with another id';
  if (spec.adoptionPolicy === 'Observe')
    return `adoptionPolicy Observe changes nothing: set it to Adopt, ${instead}`;
  if (Number.isNaN(targetMs(to, 0))) return `${to} is no time: correct resetOffset.to, ${instead}`;
  return metadata.generation === 1
    ? `this object was made with it, and it may have been done for one before: wait until it is Ready, ${instead}`
    : undefined;
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

/** The status after one more topic on one broker group. */
export function afterTopic(status: ResetStatus, { again, skipped }: Moved): ResetStatus {
  return { ...status, again: (status.again ?? 0) + again, skipped: (status.skipped ?? 0) + skipped };
}

/** The status after one more broker group. */
export function afterGroup({ message: _past, ...status }: ResetStatus, group: string): ResetStatus {
  return { ...status, doneOn: [...(status.doneOn ?? []), group].toSorted() };
}
