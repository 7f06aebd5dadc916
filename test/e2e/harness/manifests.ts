/** The objects that the operator made for a cluster, as somebody without an operator would write them. */
import type { ApplyIntent, KubeObject, ObjectMeta } from '../../../operator/src/kube/mod.ts';

/** What the API server added, wherever in the object it stands. */
const ADDED: ReadonlySet<string> = new Set([
  'status',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'finalizers',
  'managedFields',
  'deployment.kubernetes.io/revision',
  'clusterIPs',
]);

/** What makes it the operator's: its owner, the label by which it is found, and the gate that nobody else opens. */
const OPERATORS: ReadonlySet<string> = new Set([
  'ownerReferences',
  'app.kubernetes.io/managed-by',
  'readinessGates',
]);

interface Parts {
  readonly metadata: ObjectMeta;
  readonly data?: Readonly<Record<string, string>>;
  readonly [part: string]: unknown;
}

/** The object for another namespace, with all that its author decided. */
export function manifestOf(object: KubeObject, from: string, to: string): ApplyIntent {
  // Names of hosts are in a namespace: `<pod>.<service>.<namespace>.svc.…`.
  const moved = (text: string): string => text.replaceAll(`.${from}.svc`, `.${to}.svc`);
  const { metadata, data, ...parts }: Parts = JSON.parse(
    JSON.stringify(object),
    (key: string, value: unknown) => {
      const isGiven = key === 'clusterIP' && value !== 'None';
      if (ADDED.has(key) || OPERATORS.has(key) || isGiven) return undefined;
      return typeof value === 'string' ? moved(value) : value;
    },
  );
  const secret = Object.entries(data ?? {}).map(([name, encoded]) => {
    const text = moved(Buffer.from(encoded, 'base64').toString('utf8'));
    return [name, Buffer.from(text).toString('base64')] as const;
  });
  const { apiVersion, kind } = object;
  const manifest = {
    ...parts,
    apiVersion,
    kind,
    metadata: { ...metadata, namespace: to },
    ...(data === undefined ? {} : { data: Object.fromEntries(secret) }),
  };
  return manifest;
}
