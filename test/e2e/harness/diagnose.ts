/** What a person would look at first, as text for failure messages. */
import { ConsumerGroups, RocketMQClusters, Topics } from '../../../operator/src/api/mod.ts';
import { Events, Pods, type Event, type KubeApi, type Pod } from '../../../operator/src/kube/mod.ts';
import { describeConditions } from './conditions.ts';

const EVENTS_SHOWN = 25;

/** Conditions of our kinds, states of the pods and the latest events of a namespace. */
export async function diagnose(kube: KubeApi, namespace: string): Promise<string> {
  const [clusters, topics, groups, pods, events] = await Promise.all([
    kube.list(RocketMQClusters, { namespace }),
    kube.list(Topics, { namespace }),
    kube.list(ConsumerGroups, { namespace }),
    kube.list(Pods, { namespace }),
    kube.list(Events, { namespace }),
  ]);
  const ours = [...clusters.items, ...topics.items, ...groups.items].map(
    (object) => `  ${object.kind} ${object.metadata.name}: ${describeConditions(object)}`,
  );
  const latest = events.items
    .toSorted((a, b) => timeOf(a).localeCompare(timeOf(b)))
    .slice(-EVENTS_SHOWN)
    .map(
      (event) =>
        `  ${timeOf(event)} ${event.regarding?.kind ?? ''}/${event.regarding?.name ?? ''} ${event.reason ?? ''}: ${event.note ?? ''}`,
    );
  return [
    `--- namespace ${namespace}`,
    'objects:',
    ...ours,
    'pods:',
    ...pods.items.map((pod) => `  ${pod.metadata.name}: ${describePod(pod)}`),
    'events:',
    ...latest,
  ].join('\n');
}

function describePod(pod: Pod): string {
  const containers = [
    ...(pod.status?.initContainerStatuses ?? []),
    ...(pod.status?.containerStatuses ?? []),
  ].map((container) => {
    const { waiting, terminated } = container.state ?? {};
    const state =
      waiting === undefined
        ? terminated === undefined
          ? 'running'
          : `terminated ${String(terminated.exitCode)} ${terminated.reason ?? ''}`
        : `waiting ${waiting.reason ?? ''} ${waiting.message ?? ''}`;
    return `${container.name} ${state} ready=${String(container.ready)} restarts=${String(container.restartCount)}`;
  });
  const unmet = (pod.status?.conditions ?? [])
    .filter((one) => one.status !== 'True')
    .map((one) => `${one.type}=${one.status} ${one.reason ?? ''} ${one.message ?? ''}`);
  // Tells a pod that was made anew from one whose containers were.
  const made = `made ${pod.metadata.creationTimestamp ?? '?'}, on its node ${pod.status?.startTime ?? '?'}`;
  const phase = pod.status?.phase ?? '?';
  return [phase, pod.spec?.nodeName ?? 'no node', made, ...containers, ...unmet].join('; ');
}

function timeOf(event: Event): string {
  return event.series?.lastObservedTime ?? event.eventTime ?? event.deprecatedLastTimestamp ?? '';
}
