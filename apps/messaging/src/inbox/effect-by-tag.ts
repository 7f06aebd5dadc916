import type { Envelope } from '../envelope.ts';
import { isTag, type Tag } from '../message-types.ts';
import type { Effect } from './inbox.ts';

/** What a group does with each tag of its topic; `Skip` for one that does not concern it. */
export type EffectsByTag<Db> = {
  readonly [T in Tag]?: ((envelope: Envelope<T>, db: Db) => Promise<void>) | 'Skip';
};

/**
 * One effect from those of each tag. A tag that is not named is not expected in the topic: its message is a dead letter.
 * Skipping has to be said, because a message of a sequence that nobody wants must still take its place.
 */
export function effectByTag<Db>(effects: EffectsByTag<Db>): Effect<Db> {
  const tags = new Set(Object.keys(effects).filter(isTag));
  const apply = (envelope: Envelope, db: Db): Promise<void> => applyOne(effects, envelope, db);
  return Object.assign(apply, { tags });
}

function applyOne<T extends Tag, Db>(
  effects: EffectsByTag<Db>,
  envelope: Envelope<T>,
  db: Db,
): Promise<void> {
  const effect: EffectsByTag<Db>[T] = effects[envelope.header.tags];
  if (effect === undefined) return Promise.reject(new Error(`no effect for the tag ${envelope.header.tags}`));
  return effect === 'Skip' ? Promise.resolve() : effect(envelope, db);
}
