/** What becomes of the credentials of a User next. Pure, and done again after a crash. */
import type { Credentials } from '../../rocketmq/mod.ts';
import { turnsOf } from '../names.ts';
import type { SecretState } from './state.ts';

export interface RotationFacts {
  readonly userName: string;
  /** What its spec asks for. */
  readonly rotation: { readonly id: string; readonly overlapSeconds: number } | undefined;
  /** Those of its users that every member has, as its status says. */
  readonly accessKeys: readonly string[];
  readonly nowMs: number;
  /** A person wants nothing to be taken away. */
  readonly paused: boolean;
  readonly newSecretKey: () => string;
}

/** Of a rotation whose object does not ask for it any more. */
const OVERLAP_SECONDS = 3_600;

/**
 * Clients are given new credentials only once every member knows them, and the old ones end only after that.
 *
 * @param state of the Secret; nothing: there is none, or none with credentials
 * @returns the very same one when there is nothing to do
 */
export function nextState(state: SecretState | undefined, facts: RotationFacts): SecretState {
  const { rotation, accessKeys, nowMs, paused } = facts;
  if (state === undefined)
    return { current: firstPair(facts), rotationId: rotation?.id, phase: { kind: 'Idle' } };
  const { current, phase } = state;
  switch (phase.kind) {
    case 'Idle': {
      const wanted = rotation !== undefined && rotation.id !== state.rotationId;
      // The other user of an earlier rotation may still be there, with credentials that are known no more: that a member has it
      // would say nothing of the next ones.
      const settled = accessKeys.length === 1 && accessKeys[0] === current.accessKey;
      if (!wanted || !settled) return state;
      return {
        ...state,
        rotationId: rotation.id,
        phase: { kind: 'Staged', next: otherPair(current, facts) },
      };
    }
    case 'Staged': {
      const { next } = phase;
      if (![current, next].every(({ accessKey }) => accessKeys.includes(accessKey))) return state;
      const retiresAtMs = nowMs + (rotation?.overlapSeconds ?? OVERLAP_SECONDS) * 1_000;
      return { ...state, current: next, phase: { kind: 'Retiring', previous: current, retiresAtMs } };
    }
    case 'Retiring':
      return paused || nowMs < phase.retiresAtMs ? state : { ...state, phase: { kind: 'Idle' } };
    default:
      return phase satisfies never;
  }
}

/** Preferably of a name that no member has: what was known of it before ends with it. */
function firstPair({ userName, accessKeys, newSecretKey }: RotationFacts): Credentials {
  const [first, second] = turnsOf(userName);
  const accessKey = accessKeys.includes(first) && !accessKeys.includes(second) ? second : first;
  return { accessKey, secretKey: newSecretKey() };
}

function otherPair(current: Credentials, { userName, newSecretKey }: RotationFacts): Credentials {
  const [first, second] = turnsOf(userName);
  return { accessKey: current.accessKey === first ? second : first, secretKey: newSecretKey() };
}
