/** Users on every member, with their credentials. */
import { keyOf, type InformerFace, type KubeApi, type Secret } from '../kube/mod.ts';
import { createObjectController, type ClusterObject, type ObjectControllerDeps } from '../objects/mod.ts';
import { createCredentialsController, type CredentialsDeps } from './credentials/controller.ts';
import { lookUp } from './credentials/lookup.ts';
import { usersOfSecret } from './informers.ts';
import { userKind } from './kind.ts';

export interface UserControllerDeps<C extends ClusterObject>
  extends ObjectControllerDeps<C>, Pick<CredentialsDeps<C>, 'users' | 'secrets' | 'randomBytes' | 'pollMs'> {
  readonly api: Pick<KubeApi, 'get' | 'create' | 'apply' | 'mergePatch'>;
  /** Those with the label of credentials that are given. */
  readonly givenSecrets: InformerFace<Secret>;
}

/** The informers have to be synced at its start. */
export function createUserController<C extends ClusterObject>(
  deps: UserControllerDeps<C>,
): { start(signal: AbortSignal): Promise<void> } {
  const { users, secrets, givenSecrets } = deps;
  const credentials = createCredentialsController(deps, (key) => objects.touch(key));
  const stores = { secrets, givenSecrets, hindrances: credentials.hindrances };
  const objects = createObjectController(
    userKind((user) => lookUp(user, stores)),
    users,
    deps,
  );
  for (const informer of [secrets, givenSecrets]) {
    informer.onChange(({ object }) => {
      for (const user of usersOfSecret(users, object)) objects.touch(keyOf(user));
    });
  }
  return {
    start: async (signal) => {
      await Promise.all([credentials.start(signal), objects.start(signal)]);
    },
  };
}
