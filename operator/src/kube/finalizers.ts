import type { KubeApi } from './api.ts';
import { isKubeError } from './errors.ts';
import type { Outcome } from './outcome.ts';
import type { ResourceType } from './resource-types.ts';
import type { CallOptions, KubeObject, ObjectMeta } from './types.ts';

export function hasFinalizer(object: { readonly metadata: ObjectMeta }, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) === true;
}

/** The list with the finalizer; the same list when it is there. */
export function withFinalizer(finalizers: readonly string[] = [], finalizer: string): readonly string[] {
  return finalizers.includes(finalizer) ? finalizers : [...finalizers, finalizer];
}

/** The list without it; the same list when it is not there. */
export function withoutFinalizer(finalizers: readonly string[] = [], finalizer: string): readonly string[] {
  return finalizers.includes(finalizer) ? finalizers.filter((f) => f !== finalizer) : finalizers;
}

/**
 * Writes the finalizer unless it is there. An object that is being deleted gets none: the server would refuse.
 * @throws KubeError `Conflict` when the object changed meanwhile: reconcile again
 */
export async function addFinalizer<T extends KubeObject>(
  client: KubeApi,
  type: ResourceType<T>,
  object: T,
  finalizer: string,
  options: CallOptions = {},
): Promise<T> {
  if (hasFinalizer(object, finalizer) || object.metadata.deletionTimestamp !== undefined) return object;
  return patchFinalizers(client, type, object, withFinalizer(object.metadata.finalizers, finalizer), options);
}

/**
 * Takes the finalizer off. Fine when the object is gone already.
 * @throws KubeError `Conflict` when the object changed meanwhile: reconcile again
 */
export async function removeFinalizer<T extends KubeObject>(
  client: KubeApi,
  type: ResourceType<T>,
  object: T,
  finalizer: string,
  options: CallOptions = {},
): Promise<void> {
  if (!hasFinalizer(object, finalizer)) return;
  try {
    await patchFinalizers(
      client,
      type,
      object,
      withoutFinalizer(object.metadata.finalizers, finalizer),
      options,
    );
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error;
  }
}

/**
 * Runs a clean-up and takes the finalizer off only if that came to `Done`. Whatever else it came to is handed
 * on, and what it throws too: the object stays until the clean-up has succeeded.
 */
export async function finalize<T extends KubeObject>(
  client: KubeApi,
  type: ResourceType<T>,
  object: T,
  finalizer: string,
  cleanUp: () => Promise<Outcome>,
  options: CallOptions = {},
): Promise<Outcome> {
  if (!hasFinalizer(object, finalizer)) return { kind: 'Done' };
  const outcome = await cleanUp();
  if (outcome.kind === 'Done') await removeFinalizer(client, type, object, finalizer, options);
  return outcome;
}

/** The whole list goes out, so the resourceVersion guards the entries of others. */
function patchFinalizers<T extends KubeObject>(
  client: KubeApi,
  type: ResourceType<T>,
  object: T,
  finalizers: readonly string[],
  options: CallOptions,
): Promise<T> {
  const { name, namespace = '', resourceVersion, uid } = object.metadata;
  return client.mergePatch(
    type,
    { namespace, name },
    { metadata: { finalizers, resourceVersion, uid } },
    options,
  );
}
