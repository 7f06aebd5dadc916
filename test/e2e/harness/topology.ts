/** Where the parts of a cluster are, by the naming rule alone: nothing here asks the operator. */
import type { ClusterQuestion } from './probe/protocol.ts';

export interface Shape {
  readonly namespace: string;
  readonly name: string;
  readonly nameServers: number;
  readonly controllers: number;
  readonly groups: readonly string[];
  readonly members: number;
  readonly proxies: number;
}

const NAME_SERVER_PORT = 9876;
const CONTROLLER_PORT = 9878;
export const BROKER_PORT = 10911;

const numbered = (count: number): readonly number[] => Array.from({ length: count }, (_none, index) => index);

export function clusterQuestion(shape: Shape): ClusterQuestion {
  const { name, namespace } = shape;
  return {
    cluster: name,
    groups: shape.groups,
    nameServers: numbered(shape.nameServers).map(
      (n) =>
        `${name}-nameserver-${String(n)}.${name}-nameserver.${namespace}.svc.cluster.local:${String(NAME_SERVER_PORT)}`,
    ),
    controllers: numbered(shape.controllers).map(
      (n) =>
        `${name}-controller-${String(n)}.${name}-controller.${namespace}.svc.cluster.local:${String(CONTROLLER_PORT)}`,
    ),
  };
}

export function controllerPods(shape: Shape): readonly string[] {
  return numbered(shape.controllers).map((n) => `${shape.name}-controller-${String(n)}`);
}

export function memberPods(shape: Shape, group: string): readonly string[] {
  return numbered(shape.members).map((n) => `${shape.name}-${group}-${String(n)}-0`);
}
