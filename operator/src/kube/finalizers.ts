import type { ApplyApi } from './api.ts';
import { isKubeError } from './errors.ts';
import type { ResourceType } from './resource-types.ts';
import type { CallOptions, KubeObject, ObjectMeta } from './types.ts';

export function hasFinalizer(object: { readonly metadata: ObjectMeta }, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) === true;
}

/**
 * Makes the object stay, when somebody deletes it, until the finalizer is taken off again.
 *
 * Server-side apply owns entries of the list one by one, so that nobody else's are touched and no edit of the object in
 * the meantime is a conflict. The finalizer has to be all that this client's field manager applies to the object itself.
 *
 * @throws KubeError also when the object is gone, or another one has its name
 */
export async function addFinalizer<T extends KubeObject>(
  client: ApplyApi,
  type: ResourceType<T>,
  object: T,
  finalizer: string,
  options: CallOptions = {},
): Promise<void> {
  await applyFinalizers(client, type, object, [finalizer], options);
}

/**
 * Takes off what `addFinalizer` put on. Fine when the object is gone already, or another one has its name.
 * @throws KubeError
 */
export async function removeFinalizer<T extends KubeObject>(
  client: ApplyApi,
  type: ResourceType<T>,
  object: T,
  options: CallOptions = {},
): Promise<void> {
  try {
    await applyFinalizers(client, type, object, [], options);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** By its uid the server makes no new object, and refuses another one of the name. */
async function applyFinalizers<T extends KubeObject>(
  client: ApplyApi,
  type: ResourceType<T>,
  { apiVersion, kind, metadata: { name, namespace = '', uid } }: T,
  finalizers: readonly string[],
  options: CallOptions,
): Promise<void> {
  const intent = { apiVersion, kind, metadata: { name, namespace, uid, finalizers } };
  await client.apply(type, intent, { ...options, force: true });
}

/** `Conflict`: there is no object of this uid. `Invalid`: there is one of another. */
function isGone(error: unknown): boolean {
  return (
    isKubeError(error, 'NotFound', 'Conflict') ||
    (isKubeError(error, 'Invalid') && error.causes.some(({ field }) => field === 'metadata.uid'))
  );
}
