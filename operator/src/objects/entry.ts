import type { Urgency } from './dirty.ts';
import { isHeld } from './custody.ts';
import { deletionOf } from './departure.ts';
import type { ClusterView, DeclaredObject, DeclaredStatus, Declaration, Places } from './kind.ts';
import { namesOfPlaces } from './places.ts';
import type { Entry } from './plan.ts';
import { generationOf, isSettled, ownedOn } from './status.ts';

/** What a pass takes of one object that can be followed. @param status as last written, or as the informer has it */
export function entryOf<Desired>(
  key: string,
  object: DeclaredObject,
  declaration: Extract<Declaration<Desired>, { readonly ok: true }>,
  status: DeclaredStatus | undefined,
  places: Places,
  view: ClusterView | undefined,
  urgency: Urgency | undefined,
): Entry<Desired> {
  const { name, adoption, groups, desired } = declaration;
  const { status: stored } = object;
  const isCurrent = status?.observedGeneration === generationOf(object);
  const since = isCurrent ? status?.drainingSince : undefined;
  const declaredOn = adoption === 'Observe' ? [] : (groups ?? namesOfPlaces(places, view));
  return {
    key,
    name,
    desired,
    urgent: urgency === 'Edit',
    settled: isSettled(object, status),
    adoption,
    groups,
    drainingSinceMs: since === undefined ? undefined : Date.parse(since),
    drainTold: stored?.drainingSince !== undefined,
    // What was only submitted may never be stored.
    ownedOn: ownedOn(stored) ?? declaredOn,
    unheld: deletionOf(declaration).kind === 'Delete' && !isHeld(object),
  };
}
