import type { ApplyIntent } from '../api.ts';
import { KubeError } from '../errors.ts';
import type { ResourceType } from '../resource-types.ts';
import type { KubeObject, ListOptions, ObjectKey } from '../types.ts';

/** As after a trip over the wire: a copy, of the shape that the type claims. */
export function fromWire<T extends KubeObject>(_type: ResourceType<T>, object: object): T {
  const copy: T = JSON.parse(JSON.stringify(object));
  return copy;
}

export function keyFrom(object: ApplyIntent): ObjectKey {
  return { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}

/** Only equality selectors on labels; that is all our code uses. */
export function matches(
  object: KubeObject,
  options: Pick<ListOptions, 'namespace' | 'labelSelector'>,
): boolean {
  if (options.namespace !== undefined && object.metadata.namespace !== options.namespace) return false;
  const wanted = options.labelSelector?.split(',') ?? [];
  return wanted.every((pair) => {
    const [label = '', value] = pair.split('=');
    return object.metadata.labels?.[label] === value;
  });
}

/** Compare-and-swap as the server does it. */
export function checkVersion(old: KubeObject | undefined, sent: object, result: object = sent): object {
  const { metadata }: { metadata?: { resourceVersion?: string; uid?: string } } = sent;
  if (old === undefined) throw new KubeError('NotFound', 'there is none', { status: 404 });
  const isOther =
    (metadata?.resourceVersion !== undefined && metadata.resourceVersion !== old.metadata.resourceVersion) ||
    (metadata?.uid !== undefined && metadata.uid !== old.metadata.uid);
  if (isOther) throw new KubeError('Conflict', 'the object has been modified', { status: 409 });
  return result;
}

/** An apply that names a uid is about that very object: the server makes none in its place, and merges into no other. */
export function checkUid(old: KubeObject | undefined, sent: ApplyIntent): void {
  const { metadata }: { readonly metadata: { readonly name: string; readonly uid?: string } } = sent;
  const { uid } = metadata;
  if (uid === undefined || uid === old?.metadata.uid) return;
  if (old === undefined) {
    throw new KubeError('Conflict', 'uid in precondition, and there is no object', { status: 409 });
  }
  const causes = [{ field: 'metadata.uid', message: 'field is immutable' }];
  throw new KubeError('Invalid', 'metadata.uid: field is immutable', { status: 422, causes });
}

/** What the subresource `scale` of a workload says. A merge patch of it is one of the workload's own fields. */
export function scaleOf(workload: KubeObject): object {
  const {
    metadata: { name, namespace, uid, resourceVersion },
    spec,
    status,
  }: KubeObject & {
    readonly spec?: {
      readonly replicas?: number;
      readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    };
    readonly status?: { readonly replicas?: number };
  } = workload;
  const selector = Object.entries(spec?.selector?.matchLabels ?? {})
    .map(([label, value]) => `${label}=${value}`)
    .join(',');
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, namespace, uid, resourceVersion },
    spec: { replicas: spec?.replicas ?? 0 },
    status: { replicas: status?.replicas ?? 0, selector },
  };
}
