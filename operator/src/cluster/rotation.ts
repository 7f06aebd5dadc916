/**
 * New inner credentials in place of those of before, on request: see decision 15. Pure.
 *
 * Every broker knows the new user before anybody signs by it, and the old one until nobody does any more. How far it is
 * follows from two Secrets and from the configurations of the members: an operator that starts anew goes on with it.
 */
import type { Secret } from '../kube/mod.ts';
import type { AccessUser, Credentials } from '../rocketmq/mod.ts';
import type { Obstacle } from './obstacles.ts';
import { isInnerOfCluster, madeMs, readCredentials } from './resources/credentials-secret.ts';

/**
 * - `Idle`: nothing is to be done.
 * - `Begin`: the next pair is to be made.
 * - `Tell`: every broker is to know both, before the next one takes the place of the current one.
 * - `Roll`: brokers and proxies restart one after the other to sign by the current one; every broker is to know all of them.
 * - `Retire`: all of them do, and the others end.
 */
export type Rotation =
  | { readonly kind: 'Idle' }
  | { readonly kind: 'Begin'; readonly beforeMs: number }
  | { readonly kind: 'Tell'; readonly pairs: readonly Credentials[]; readonly next: Credentials }
  | { readonly kind: 'Roll'; readonly pairs: readonly Credentials[] }
  | { readonly kind: 'Retire'; readonly current: Credentials };

export interface RotationSecrets {
  /** What the operator signs by. */
  readonly current: Secret | undefined;
  /** What is to take its place, until all of it is over. */
  readonly next: Secret | undefined;
}

/**
 * @param beforeMs pairs that were made before are to go; never in the future
 * @param inUse the pairs in the configurations of members, each once
 * @param allSign whether each member has one
 */
export function planRotation(
  options: RotationSecrets & {
    readonly beforeMs: number | undefined;
    readonly inUse: readonly Credentials[];
    readonly allSign: boolean;
  },
): Rotation {
  const { beforeMs, inUse, allSign } = options;
  const current = readCredentials(options.current);
  // First it is stored: members have it.
  if (options.current === undefined || current === undefined) return { kind: 'Idle' };
  const next = readCredentials(options.next);
  const others = inUse.filter((pair) => !isSame(pair, current));
  if (next === undefined) {
    const isOld = beforeMs !== undefined && madeMs(options.current) < beforeMs;
    return isOld && allSign && others.length === 0 ? { kind: 'Begin', beforeMs } : { kind: 'Idle' };
  }
  if (!isSame(next, current)) {
    const rest = others.filter((pair) => !isSame(pair, next));
    return { kind: 'Tell', pairs: [current, next, ...rest], next };
  }
  // A member whose configuration cannot be read may have any pair.
  return allSign && others.length === 0
    ? { kind: 'Retire', current }
    : { kind: 'Roll', pairs: [current, ...others] };
}

function isSame(a: Credentials, b: Credentials): boolean {
  return a.accessKey === b.accessKey;
}

/** The pair that members have, when the Secret of the current one is gone: of two the one that they are on their way to. */
export function pairToStore(
  inUse: readonly Credentials[],
  secrets: Pick<RotationSecrets, 'next'>,
): Credentials | undefined {
  const next = readCredentials(secrets.next);
  return inUse.find((pair) => next !== undefined && isSame(pair, next)) ?? inUse[0];
}

/** What a broker is told, which has these users: pairs are users that may do everything. */
export function usersToPut(
  pairs: readonly Credentials[],
  users: ReadonlyMap<string, AccessUser>,
): readonly { readonly user: AccessUser; readonly exists: boolean }[] {
  return pairs.flatMap(({ accessKey, secretKey }) => {
    const user: AccessUser = { username: accessKey, password: secretKey, type: 'Super', enabled: true };
    const there = users.get(accessKey);
    const isAsIs = there?.password === secretKey && there.type === 'Super' && there.enabled;
    return isAsIs ? [] : [{ user, exists: there !== undefined }];
  });
}

/** Of clusters that a volume belonged to before, too: nobody signs by them. */
export function usersToEnd(
  { accessKey }: Credentials,
  users: ReadonlyMap<string, AccessUser>,
): readonly string[] {
  return [...users.keys()].filter((name) => isInnerOfCluster(name) && name !== accessKey);
}

/** @param waitsFor brokers that were not asked, or did not take it, as clauses */
export function rotationObstacles({ kind }: Rotation, waitsFor: readonly string[]): readonly Obstacle[] {
  // Who has still to restart is told as of any other change.
  if (kind === 'Idle' || (kind === 'Roll' && waitsFor.length === 0)) return [];
  const what =
    kind === 'Retire' ? 'the former inner credentials end' : 'new inner credentials are told to every broker';
  const why = waitsFor.length === 0 ? '' : `: ${waitsFor.join('; ')}`;
  return [{ reason: 'Progressing', message: `${what}${why}` }];
}
