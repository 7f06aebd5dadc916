/** The rules that hold for a service account: whatever is bound to it, not only what the chart says it binds. */
import type { KubeApi, KubeObject, ObjectKey, ResourceType } from '../../../operator/src/kube/mod.ts';
import { listAll } from './kube.ts';
import type { BoundRole, PolicyRule } from './roles.ts';

interface Binding extends KubeObject {
  readonly roleRef: { readonly kind: 'ClusterRole' | 'Role'; readonly name: string };
  readonly subjects?: readonly {
    readonly kind: string;
    readonly name: string;
    readonly namespace?: string;
  }[];
}

interface Role extends KubeObject {
  readonly rules?: readonly PolicyRule[] | null;
}

const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1' } as const;
const ClusterRoles: ResourceType<Role> = {
  ...rbac,
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
};
const Roles: ResourceType<Role> = { ...rbac, kind: 'Role', plural: 'roles', namespaced: true };
const ClusterRoleBindings: ResourceType<Binding> = {
  ...rbac,
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
};
const RoleBindings: ResourceType<Binding> = {
  ...rbac,
  kind: 'RoleBinding',
  plural: 'rolebindings',
  namespaced: true,
};

/** @throws Error when a binding names a role that is not there */
export async function boundRoles(kube: KubeApi, account: ObjectKey): Promise<readonly BoundRole[]> {
  const bindings = [...(await listAll(kube, ClusterRoleBindings)), ...(await listAll(kube, RoleBindings))];
  const own = bindings.filter(({ subjects = [] }) =>
    subjects.some(
      ({ kind, name, namespace }) =>
        kind === 'ServiceAccount' && name === account.name && namespace === account.namespace,
    ),
  );
  return Promise.all(
    own.map(async ({ roleRef: { kind, name }, metadata }) => {
      const { namespace } = metadata;
      const role =
        kind === 'ClusterRole'
          ? await kube.get(ClusterRoles, { namespace: '', name })
          : await kube.get(Roles, { namespace: namespace ?? '', name });
      if (role === undefined) throw new Error(`${metadata.name} binds ${kind} ${name}, which is not there`);
      return { namespace, rules: role.rules ?? [] };
    }),
  );
}
