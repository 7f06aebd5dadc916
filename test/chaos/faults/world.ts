/** What faults are done to, and the few questions that all of them ask. */
import { Pods, type KubeApi, type ObjectKey, type Pod } from '../../../operator/src/kube/mod.ts';
import { instance } from '../../e2e/harness/children.ts';
import { listAll } from '../../e2e/harness/kube.ts';
import { operatorPods } from '../../e2e/harness/install.ts';
import type { ContainerPlace } from '../../e2e/harness/nodes.ts';
import { pick, type Random } from '../../e2e/harness/random.ts';
import { CHAOS } from '../cluster.ts';
import type { Target } from '../plan/faults.ts';
import type { Traffic } from '../../traffic/traffic.ts';

export interface World {
  readonly kube: KubeApi;
  readonly traffic: Traffic;
  readonly controlPlane: string;
  readonly workers: readonly string[];
  readonly random: Random;
  /** Size of the limited volume. */
  readonly limitBytes: number;
}

/** A pod as it was when it was chosen. */
export interface Victim {
  readonly key: ObjectKey;
  readonly place: ContainerPlace;
  readonly ip: string;
}

/** @throws Error when nobody has the role now, or the pod does not run */
export async function findVictim(world: World, target: Target): Promise<Victim> {
  const candidates = (await candidatesFor(world, target)).filter((pod) => idOf(pod) !== undefined);
  if (candidates.length === 0) throw new Error(`no running pod is ${JSON.stringify(target)}`);
  const pod = pick(world.random, candidates);
  return {
    key: { namespace: pod.metadata.namespace ?? '', name: pod.metadata.name },
    place: { node: pod.spec?.nodeName ?? '', id: idOf(pod) ?? '' },
    ip: pod.status?.podIP ?? '',
  };
}

async function candidatesFor(world: World, target: Target): Promise<readonly Pod[]> {
  if (target.role === 'Operator') return operatorPods(world.kube);
  const pods = await listAll(world.kube, Pods, CHAOS.namespace, instance(CHAOS.name));
  const of = (component: string): readonly Pod[] =>
    pods.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/component'] === component);
  switch (target.role) {
    case 'NameServer':
      return of('nameserver');
    case 'Proxy':
      return of('proxy');
    case 'ControllerLeader':
    case 'ControllerFollower': {
      const { facts } = await world.traffic.progress();
      const [leader = ''] = (facts?.controllerLeader ?? '').split('.');
      if (leader === '') throw new Error('nobody knows the leading controller');
      return of('controller').filter(
        ({ metadata }) => (metadata.name === leader) === (target.role === 'ControllerLeader'),
      );
    }
    case 'BrokerMaster':
    case 'BrokerReplica': {
      const { facts } = await world.traffic.progress();
      const [master = ''] = (facts?.groups[target.group]?.masterAddress ?? '').split(':');
      if (master === '') throw new Error(`nobody knows the master of ${target.group}`);
      return of('broker').filter(
        ({ metadata, status }) =>
          metadata.labels?.['rocketmq.gantry.dev/group'] === target.group &&
          (status?.podIP === master) === (target.role === 'BrokerMaster'),
      );
    }
    default:
      return target satisfies never;
  }
}

/** The container of a pod that runs and is not being deleted. */
export function idOf(pod: Pod): string | undefined {
  const status = pod.status?.containerStatuses?.[0];
  if (status?.state?.running === undefined || pod.metadata.deletionTimestamp !== undefined) return undefined;
  return status.containerID?.replace(/^.*:\/\//, '');
}
