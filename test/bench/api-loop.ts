/** The same objects and statuses written to the API server without an operator: what no operator can be faster than. */
import type { Topic } from '../../operator/src/api/mod.ts';
import { Namespaces, toKubeTime, type ApplyIntent, type KubeApi } from '../../operator/src/kube/mod.ts';
import { forEachLimited } from '../../operator/src/objects/concurrency.ts';
import { benchTopics, GROUPS } from './bench-objects.ts';
import { APPLIES_IN_FLIGHT } from './object-fleet.ts';

const OPTIONS = { timeoutMs: 60_000 };
const { type } = benchTopics;

/**
 * No operator may run, since it would write statuses of its own.
 *
 * @returns how long it took, in milliseconds
 */
export async function measureApiLoop(client: KubeApi, namespace: string, count: number): Promise<number> {
  await client.apply(Namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const names = Array.from({ length: count }, (_, index) => `limit-${index}`);
  const startedAt = performance.now();
  await forEachLimited(names, APPLIES_IN_FLIGHT, async (name) => {
    const topic = await client.apply(type, benchTopics.intent(namespace, name, 0), OPTIONS);
    await client.apply(type, withStatus(topic), { ...OPTIONS, subresource: 'status', force: true });
  });
  const tookMs = performance.now() - startedAt;
  // The operator would find them at its start.
  await forEachLimited(names, APPLIES_IN_FLIGHT, async (name) => {
    await client.delete(type, { namespace, name }, OPTIONS);
  });
  await client.delete(Namespaces, { namespace: '', name: namespace });
  return tookMs;
}

/** As the operator writes it. */
function withStatus({ apiVersion, kind, metadata }: Topic): ApplyIntent {
  const { name, namespace = '', uid, generation = 0 } = metadata;
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'Reconciled',
    message: 'The topic is as declared on the masters of its broker groups.',
    observedGeneration: generation,
    lastTransitionTime: toKubeTime(Date.now()),
  };
  const intent = {
    apiVersion,
    kind,
    metadata: { name, namespace, uid },
    status: {
      observedGeneration: generation,
      conditions: [ready],
      topicName: name,
      groups: [...GROUPS],
      ownedOn: [...GROUPS],
      totalQueues: GROUPS.length * 4,
    },
  };
  return intent;
}
