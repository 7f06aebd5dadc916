/** What the inbox knows of one message. */
export interface KnownMessage {
  readonly messageId: string;
  readonly sequence: number;
  readonly state: 'Parked' | 'Applied';
}

export interface Arrival {
  readonly messageId: string;
  readonly sequence: number;
  /** Last sequence applied in this message group; 0 before the first. */
  readonly applied: number;
  /** The inbox's row of the same message id, if any. */
  readonly same: KnownMessage | undefined;
  /** The inbox's row at the same place of the sequence, if any. */
  readonly atPlace: KnownMessage | undefined;
}

export type ArrivalDecision =
  | { readonly kind: 'Apply' }
  | { readonly kind: 'Park' }
  | { readonly kind: 'Duplicate' }
  | { readonly kind: 'Conflict'; readonly detail: string };

/**
 * The broker's order is not enough: a transaction resolved late, or a group without master, lets later messages overtake.
 * So a message is applied only right after the one before it, kept when it comes early, and dropped when it came before.
 * Two messages that claim one place are a fault of the sender that no order can hide.
 */
export function decideArrival({ messageId, sequence, applied, same, atPlace }: Arrival): ArrivalDecision {
  if (same && same.sequence !== sequence) {
    return {
      kind: 'Conflict',
      detail: `message ${messageId} came before with sequence ${same.sequence}, now ${sequence}`,
    };
  }
  if (same) return { kind: 'Duplicate' };
  if (atPlace) {
    return { kind: 'Conflict', detail: `sequence ${sequence} belongs to message ${atPlace.messageId}` };
  }
  if (sequence <= applied)
    return { kind: 'Conflict', detail: `sequence ${sequence} was applied, ${applied} is the last` };
  return sequence === applied + 1 ? { kind: 'Apply' } : { kind: 'Park' };
}
