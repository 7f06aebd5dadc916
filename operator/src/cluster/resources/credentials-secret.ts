/** The Secret with the inner credentials of a cluster: see decision 15. */
import { fromSecretData, toSecretData, type ObjectKey, type Secret } from '../../kube/mod.ts';
import type { Credentials } from '../../rocketmq/mod.ts';
import type { ClusterIdentity } from '../addresses.ts';
import { domain, managedBy } from '../labels.ts';
import { childMetadata, type Parent } from './child.ts';

export type RandomBytes = (size: number) => Buffer;

export function credentialsSecretName({ name }: Pick<ClusterIdentity, 'name'>): string {
  return `${name}-inner-credentials`;
}

/** Has the next pair for as long as a rotation goes on. */
export function nextSecretName(id: Pick<ClusterIdentity, 'name'>): string {
  return `${credentialsSecretName(id)}-next`;
}

/** On both: pairs that were made before this moment (RFC 3339) had to go, and this one came for them. */
const madeForAnnotation = `${domain}/made-for-rotation-before`;

const innerUserPrefix = 'gantry-inner-';

/** Whether the operator once made it as the inner user of a cluster. */
export function isInnerOfCluster(username: string): boolean {
  return username.startsWith(innerUserPrefix);
}

/**
 * The user has a name of its own each time: volumes that outlived a former cluster know that one's user, by its password, and
 * a broker makes the user that it is configured with only where there is none of that name.
 */
export function newCredentials(randomBytes: RandomBytes): Credentials {
  return {
    accessKey: `${innerUserPrefix}${randomBytes(4).toString('hex')}`,
    secretKey: randomBytes(32).toString('base64url'),
  };
}

/** @param madeLike has the moment for which they were made, if there is one */
export function credentialsSecret(parent: Parent, credentials: Credentials, madeLike?: Secret): Secret {
  const madeFor = madeLike?.metadata.annotations?.[madeForAnnotation];
  return secretOf(parent, credentialsSecretName(parent.id), credentials, madeFor);
}

export function nextSecret(parent: Parent, credentials: Credentials, beforeMs: number): Secret {
  return secretOf(parent, nextSecretName(parent.id), credentials, new Date(beforeMs).toISOString());
}

/** A clock that is late does not have a pair made again that was made for the same moment. */
export function madeMs({ metadata }: Secret): number {
  const created = Date.parse(metadata.creationTimestamp ?? '');
  const madeFor = Date.parse(metadata.annotations?.[madeForAnnotation] ?? '');
  return Math.max(...[created, madeFor, 0].filter((ms) => !Number.isNaN(ms)));
}

function secretOf(
  parent: Parent,
  name: string,
  { accessKey, secretKey }: Credentials,
  madeFor: string | undefined,
): Secret {
  const labels = {
    'app.kubernetes.io/name': 'rocketmq',
    'app.kubernetes.io/instance': parent.id.name,
    ...managedBy,
  };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...childMetadata(parent, name, labels),
      ...(madeFor === undefined ? {} : { annotations: { [madeForAnnotation]: madeFor } }),
    },
    type: 'Opaque',
    // Every process of the cluster has them: another pair is another rollout, not an edit.
    immutable: true,
    data: { accessKey: toSecretData(accessKey), secretKey: toSecretData(secretKey) },
  };
}

/** Of a cluster by its key, `namespace/name`; nothing while there are none. For a moment of a rotation there are only the next ones. */
export function innerCredentials(
  secrets: { get(key: ObjectKey): Secret | undefined },
  clusterKey: string,
): Credentials | undefined {
  const [namespace = '', name = ''] = clusterKey.split('/');
  return (
    readCredentials(secrets.get({ namespace, name: credentialsSecretName({ name }) })) ??
    readCredentials(secrets.get({ namespace, name: nextSecretName({ name }) }))
  );
}

/** Nothing of a Secret without both. */
export function readCredentials(secret: Secret | undefined): Credentials | undefined {
  const { accessKey, secretKey } = secret?.data ?? {};
  return accessKey && secretKey
    ? { accessKey: fromSecretData(accessKey), secretKey: fromSecretData(secretKey) }
    : undefined;
}
