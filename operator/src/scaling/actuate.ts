/** Sets the replicas of a target. */
import { isKubeError, type KubeApi, type Scale } from '../kube/mod.ts';
import { scaleTypeOf, type TargetRef } from './target.ts';

const TIMEOUT_MS = 5_000;

export type Actuated =
  | { readonly kind: 'Written' }
  /** The target is another one by now than what was decided by. */
  | { readonly kind: 'ObserveAgain' }
  | {
      readonly kind: 'Refused';
      readonly reason: 'TargetForbidden' | 'DataIncomplete';
      readonly message: string;
    };

/**
 * Writes the subresource `scale`, if the target is still as it was observed.
 *
 * @param observed what it was decided by @throws only the signal's reason, and what is no KubeError
 */
export async function setReplicas(
  api: Pick<KubeApi, 'mergePatch'>,
  target: TargetRef,
  observed: Scale,
  replicas: number,
  signal: AbortSignal,
): Promise<Actuated> {
  const { namespace = '', name, uid, resourceVersion } = observed.metadata;
  try {
    await api.mergePatch(
      scaleTypeOf(target),
      { namespace, name },
      { metadata: { uid, resourceVersion }, spec: { replicas } },
      { subresource: 'scale', signal, timeoutMs: TIMEOUT_MS },
    );
    return { kind: 'Written' };
  } catch (error) {
    signal.throwIfAborted();
    if (isKubeError(error, 'Conflict', 'NotFound')) return { kind: 'ObserveAgain' };
    if (!isKubeError(error)) throw error;
    return {
      kind: 'Refused',
      reason: error.code === 'Forbidden' ? 'TargetForbidden' : 'DataIncomplete',
      message: error.message,
    };
  }
}
