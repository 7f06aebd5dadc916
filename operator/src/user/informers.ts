/** Users, and the Secrets that people give them. */
import { secretNameOf, Users, type User } from '../api/mod.ts';
import { Informer, keyOf, Secrets, type Clock, type InformerFace, type KubeApi } from '../kube/mod.ts';
import type { KubeObject, Logger, Random, Secret } from '../kube/mod.ts';
import { givenLabel } from './credentials/lookup.ts';

const secretIndex = 'secret';

/** The caller runs them. */
export function createUserInformers(options: {
  readonly client: KubeApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}) {
  return {
    users: new Informer<User>({
      ...options,
      type: Users,
      indexes: { [secretIndex]: (user) => [`${user.metadata.namespace ?? ''}/${secretNameOf(user)}`] },
    }),
    givenSecrets: new Informer<Secret>({
      ...options,
      type: Secrets,
      labelSelector: `${givenLabel.key}=${givenLabel.value}`,
    }),
  } as const;
}

/** Those whose credentials are, or are to be, in this Secret. */
export function usersOfSecret(users: Pick<InformerFace<User>, 'store'>, secret: KubeObject): readonly User[] {
  return users.store.byIndex(secretIndex, keyOf(secret));
}
