import type { KubeObject, ObjectMeta, OwnerReference } from './types.ts';

/**
 * Reference from a child to the object that controls it, for garbage collection.
 * `blockOwnerDeletion` makes a foreground deletion wait for the child.
 * @throws TypeError for an object that was never stored (no uid)
 */
export function ownerReference(owner: KubeObject): OwnerReference {
  const { name, uid } = owner.metadata;
  if (uid === undefined) throw new TypeError(`${owner.kind} ${name} has no uid yet, it cannot own anything`);
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The owner that controls the object, if any. */
export function controllerOf(object: { readonly metadata: ObjectMeta }): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

/** By uid: an owner deleted and created again under its name owns nothing of the old one's. */
export function isControlledBy(object: { readonly metadata: ObjectMeta }, owner: KubeObject): boolean {
  return owner.metadata.uid !== undefined && controllerOf(object)?.uid === owner.metadata.uid;
}
