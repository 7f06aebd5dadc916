/** The secrets of a namespace, and everything that people and programs are shown of it. */
import { fromSecretData, Pods, Secrets, type KubeApi } from '../../../operator/src/kube/mod.ts';
import { OPERATOR, OPERATOR_NAMESPACE } from './install.ts';
import { listAll } from './kube.ts';
import type { Place, SecretValues } from './secret-search.ts';
import { kubectl } from './shell.ts';

/** Of every Secret of the namespace that somebody signs by. */
export async function secretValues(kube: KubeApi, namespace: string): Promise<SecretValues> {
  const { items } = await kube.list(Secrets, { namespace });
  return new Map(
    items.flatMap(({ metadata: { name }, data = {} }) =>
      Object.entries(data)
        .filter(([key]) => /secretKey$/i.test(key))
        .map(([key, text]) => [`${key} of ${name}`, fromSecretData(text)] as const),
    ),
  );
}

/** Logs of all pods and of the operator, events, and all objects but Secrets. */
export async function shownPlaces(kube: KubeApi, namespace: string): Promise<readonly Place[]> {
  const kinds =
    'pods,services,statefulsets,deployments,poddisruptionbudgets,networkpolicies,configmaps,persistentvolumeclaims,' +
    'rocketmqclusters,topics.rocketmq.gantry.dev,consumergroups,users.rocketmq.gantry.dev';
  const pods = await listAll(kube, Pods, namespace);
  return Promise.all([
    ...pods.map(async ({ metadata: { name } }) =>
      ask(`log of ${name}`, 'logs', '-n', namespace, name, '--all-containers'),
    ),
    ask('log of the operator', 'logs', '-n', OPERATOR_NAMESPACE, `deploy/${OPERATOR.name}`),
    ask('events', 'get', 'events.events.k8s.io', '-n', namespace, '-o', 'yaml'),
    ask('objects', 'get', kinds, '-n', namespace, '-o', 'yaml'),
  ]);
}

async function ask(name: string, ...command: readonly string[]): Promise<Place> {
  return { name, text: await kubectl(command, { timeoutMs: 60_000 }) };
}
