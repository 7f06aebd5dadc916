/** Makes the inner credentials of a cluster, once, and stores them again when somebody deleted them. */
import { isControlledBy, isKubeError, Secrets, type Secret } from '../kube/mod.ts';
import { failureOf, ForeignObjectError, type Executor, type Failure } from './execute.ts';
import type { Credentials } from '../rocketmq/mod.ts';
import type { Parent } from './resources/child.ts';
import { credentialsSecret, newCredentials, type RandomBytes } from './resources/credentials-secret.ts';

/**
 * Those that members have already, if any: they refuse everybody who signs by others.
 *
 * Creates, and never applies: what the informer does not show yet is not overwritten by another pair, which members that
 * have the first one would refuse.
 */
export async function storeCredentials(
  executor: Executor & { readonly randomBytes: RandomBytes },
  parent: Parent,
  known: Credentials | undefined,
): Promise<readonly Failure[]> {
  const secret = credentialsSecret(parent, known ?? newCredentials(executor.randomBytes));
  try {
    await createOwn(executor, secret);
    return [];
  } catch (error) {
    return [failureOf(error)];
  }
}

/**
 * One that there is already stays as it is.
 *
 * @returns whether it was made
 * @throws ForeignObjectError when it is somebody else's
 */
export async function createOwn(
  { client, cluster, signal, events }: Executor,
  secret: Secret,
): Promise<boolean> {
  const options = { signal, timeoutMs: 10_000 };
  const { name, namespace = '' } = secret.metadata;
  try {
    await client.create(Secrets, { ...secret, metadata: { ...secret.metadata, namespace } }, options);
    events.record(cluster, { type: 'Normal', reason: 'Created', action: 'Create', note: `Secret ${name}` });
    return true;
  } catch (error) {
    if (!isKubeError(error, 'AlreadyExists')) throw error;
    const live = await client.get(Secrets, { namespace, name }, options);
    if (live === undefined) return false;
    if (!isControlledBy(live, cluster)) throw new ForeignObjectError(Secrets, live);
    // Somebody took the label off by which the informer finds it, or it is about to show it.
    await client.mergePatch(
      Secrets,
      { namespace, name },
      { metadata: { labels: secret.metadata.labels } },
      options,
    );
    return false;
  }
}
