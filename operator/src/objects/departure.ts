/** What is to become of an object that somebody deleted and that waits for the operator. Pure. */
import type { Consent } from '../api/mod.ts';
import type { ClusterView, Declaration, Deletion, DeletionGuard, Verdict } from './kind.ts';

export type Departure =
  /** It may go; what is on the brokers stays. */
  | { readonly kind: 'Release'; readonly why: string }
  | { readonly kind: 'Wait'; readonly verdict: Verdict }
  | {
      readonly kind: 'Remove';
      readonly name: string;
      readonly guards: readonly DeletionGuard[];
      readonly groups: readonly string[] | undefined;
    };

export interface DepartureFacts {
  readonly declaration: Declaration<unknown>;
  /** Of its cluster to its namespace. */
  readonly consent: Consent;
  /** Nobody else declares the name, or only later ones that go as well. */
  readonly owns: boolean;
  /** Masters were read back for it: what a finalizer alone says may have been copied with a manifest. */
  readonly claimed: boolean;
  /** Broker groups on which it is its own; undefined: all that it is declared on. */
  readonly ownedOn: readonly string[] | undefined;
  /** The cluster itself has something of that name by now. */
  readonly reserved: boolean;
  readonly view: ClusterView | undefined;
}

export function departureOf(facts: DepartureFacts): Departure {
  const { declaration, consent, owns, claimed, ownedOn, reserved, view } = facts;
  if (!declaration.ok) return release('its spec cannot be read');
  const deletion = deletionOf(declaration);
  if (deletion.kind === 'Retain') return release('its object says so');
  if (consent === 'Withheld') return release('its RocketMQCluster takes no objects of its namespace');
  if (!owns) return release('another object declares it');
  if (!claimed) return release('its object has never had it');
  if (reserved) return release('the cluster itself has that name');
  if (view === undefined) return release('its RocketMQCluster is gone');
  if (view.leaving) return release('its RocketMQCluster is being deleted');
  if (view.paused) {
    const message = `RocketMQCluster ${view.clusterName} is paused: nothing is deleted until it goes on`;
    return { kind: 'Wait', verdict: { kind: 'Waiting', reason: 'Paused', message } };
  }
  const { name, groups: declaredOn } = declaration;
  const groups = ownedOn?.filter((group) => declaredOn?.includes(group) ?? true) ?? declaredOn;
  return { kind: 'Remove', name, guards: deletion.guards, groups };
}

/** Who only observes deletes nothing, also when it was stored before that was a rule. */
export function deletionOf({ adoption, deletion }: Extract<Declaration<unknown>, { ok: true }>): Deletion {
  return adoption === 'Observe' ? { kind: 'Retain' } : deletion;
}

function release(why: string): Departure {
  return { kind: 'Release', why };
}
