/** The Secret with the inner credentials of a cluster: see decision 15. */
import { fromSecretData, toSecretData, type ObjectKey, type Secret } from '../../kube/mod.ts';
import type { Credentials } from '../../rocketmq/mod.ts';
import type { ClusterIdentity } from '../addresses.ts';
import { managedBy } from '../labels.ts';
import { childMetadata, type Parent } from './child.ts';

export type RandomBytes = (size: number) => Buffer;

export function credentialsSecretName({ name }: Pick<ClusterIdentity, 'name'>): string {
  return `${name}-inner-credentials`;
}

/**
 * The user has a name of its own each time: volumes that outlived a former cluster know that one's user, by its password, and
 * a broker makes the user that it is configured with only where there is none of that name.
 */
export function newCredentials(randomBytes: RandomBytes): Credentials {
  return {
    accessKey: `gantry-inner-${randomBytes(4).toString('hex')}`,
    secretKey: randomBytes(32).toString('base64url'),
  };
}

export function credentialsSecret(parent: Parent, { accessKey, secretKey }: Credentials): Secret {
  const labels = {
    'app.kubernetes.io/name': 'rocketmq',
    'app.kubernetes.io/instance': parent.id.name,
    ...managedBy,
  };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: childMetadata(parent, credentialsSecretName(parent.id), labels),
    type: 'Opaque',
    // Every process of the cluster has them: another pair is another rollout, not an edit.
    immutable: true,
    data: { accessKey: toSecretData(accessKey), secretKey: toSecretData(secretKey) },
  };
}

/** Of a cluster by its key, `namespace/name`; nothing while there are none. */
export function innerCredentials(
  secrets: { get(key: ObjectKey): Secret | undefined },
  clusterKey: string,
): Credentials | undefined {
  const [namespace = '', name = ''] = clusterKey.split('/');
  return readCredentials(secrets.get({ namespace, name: credentialsSecretName({ name }) }));
}

/** Nothing of a Secret without both. */
export function readCredentials(secret: Secret | undefined): Credentials | undefined {
  const { accessKey, secretKey } = secret?.data ?? {};
  return accessKey && secretKey
    ? { accessKey: fromSecretData(accessKey), secretKey: fromSecretData(secretKey) }
    : undefined;
}
