import type { ApplyApi, FinalizerApi } from './api.ts';
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
 * By its uid the server makes no new object, and refuses another one of the name.
 *
 * @throws KubeError also when the object is gone, or another one has its name
 */
export async function addFinalizer<T extends KubeObject>(
  client: ApplyApi,
  type: ResourceType<T>,
  { apiVersion, kind, metadata: { name, namespace = '', uid } }: T,
  finalizer: string,
  options: CallOptions = {},
): Promise<void> {
  const intent = { apiVersion, kind, metadata: { name, namespace, uid, finalizers: [finalizer] } };
  await client.apply(type, intent, { ...options, force: true });
}

/**
 * Takes it off, whoever put it on: an entry of a manifest that was copied is nobody's, and an apply would leave it. Fine
 * when the object is gone already. The whole list goes out, so the resourceVersion guards the entries of others.
 *
 * @throws KubeError `Conflict` when the object changed meanwhile: try again with the new one
 */
export async function removeFinalizer<T extends KubeObject>(
  client: FinalizerApi,
  type: ResourceType<T>,
  object: T,
  finalizer: string,
  options: CallOptions = {},
): Promise<void> {
  const { name, namespace = '', uid, resourceVersion, finalizers = [] } = object.metadata;
  if (!hasFinalizer(object, finalizer)) return;
  const rest = finalizers.filter((each) => each !== finalizer);
  try {
    const patch = { metadata: { finalizers: rest, uid, resourceVersion } };
    await client.mergePatch(type, { namespace, name }, patch, options);
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error;
  }
}
