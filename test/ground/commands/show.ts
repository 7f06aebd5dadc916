import { kubeconfigOf, listClusters, listNodes } from '../kind.ts';
import type { Context } from '../context.ts';
import { run } from '../run.ts';
import { openSource } from './ground.ts';
import { readObjects, readinessOf, type ObjectState } from './readiness.ts';
import { table } from './table.ts';

export interface GroundStatus {
  readonly mode: string;
  readonly cluster: string;
  readonly up: boolean;
  readonly kubeconfig?: string;
  readonly nodes: readonly { readonly name: string; readonly ready: boolean; readonly version: string }[];
}

interface NodeList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: {
      readonly nodeInfo: { readonly kubeletVersion: string };
      readonly conditions?: readonly { type: string; status: string }[];
    };
  }[];
}

/** What there is, without building or starting anything. */
export async function groundStatus(context: Context, cluster: string): Promise<GroundStatus> {
  const source = await openSource(context, cluster);
  const env = await source.observe();
  const base = { mode: source.mode, cluster };
  if (env === undefined || !(await listClusters(env)).includes(cluster))
    return { ...base, up: false, nodes: [] };
  const kubeconfig = kubeconfigOf(context, cluster);
  const answer = await run('kubectl', ['get', 'nodes', '-o', 'json', '--request-timeout=10s'], {
    env: { ...env, KUBECONFIG: kubeconfig },
    accept: [1],
  });
  // Without an answer the nodes are known by their containers, and none of them is known to be ready.
  const nodes =
    answer.code === 0
      ? nodesOf(answer.stdout)
      : (await listNodes(env, cluster)).map((name) => ({ name, ready: false, version: '' }));
  return { ...base, up: true, kubeconfig, nodes };
}

function nodesOf(json: string): GroundStatus['nodes'] {
  const list: NodeList = JSON.parse(json);
  return list.items.map(({ metadata, status }) => ({
    name: metadata.name,
    ready: status.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') === true,
    version: status.nodeInfo.kubeletVersion,
  }));
}

export function printGround(status: GroundStatus): string {
  if (!status.up) return `There is no cluster "${status.cluster}" (ground: ${status.mode}).\n`;
  const rows = status.nodes.map(({ name, ready, version }) => [name, ready ? 'Ready' : 'NotReady', version]);
  return `${table(['NODE', 'STATE', 'VERSION'], rows)}\nexport KUBECONFIG=${status.kubeconfig ?? ''}\n`;
}

/** The cluster of `npm start` with its RocketMQ objects. */
export async function systemStatus(
  context: Context,
  cluster: string,
): Promise<GroundStatus & { readonly objects: readonly ObjectState[] }> {
  const ground = await groundStatus(context, cluster);
  if (!ground.up) return { ...ground, objects: [] };
  const env = { ...(await (await openSource(context, cluster)).observe()), KUBECONFIG: ground.kubeconfig };
  return { ...ground, objects: (await readObjects(env)).map(readinessOf) };
}

export function printSystem(status: GroundStatus & { readonly objects: readonly ObjectState[] }): string {
  if (status.objects.length === 0) return printGround(status);
  const rows = status.objects.map(({ namespace, kind, name, ready, why }) => [
    namespace,
    kind,
    name,
    ready ? 'Ready' : 'not ready',
    why,
  ]);
  return `${printGround(status)}\n${table(['NAMESPACE', 'KIND', 'NAME', 'STATE', 'WHY'], rows)}`;
}
