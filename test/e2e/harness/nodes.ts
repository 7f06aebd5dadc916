/** Processes on the nodes of kind: the only way to kill one with SIGKILL, which a pod's own process 1 ignores. */
import { Nodes, Pods, type KubeApi, type ObjectKey } from '../../../operator/src/kube/mod.ts';
import { run } from './shell.ts';
import { waitFor, yes } from './wait.ts';

/** Runs a command on a node; kind names the container of a node like the node. */
export function onNode(node: string, command: readonly string[], timeoutMs = 20_000): Promise<string> {
  return run('docker', ['exec', node, ...command], { timeoutMs });
}

/** A shell script of node-scripts.ts. */
export async function runOnNode(node: string, script: string): Promise<void> {
  await onNode(node, ['sh', '-c', script], 60_000);
}

/** As when its power fails: what it ran is gone from the network at once. */
export async function stopNode(node: string): Promise<void> {
  await run('docker', ['kill', node], { timeoutMs: 120_000 });
}

export async function startNode(node: string): Promise<void> {
  await run('docker', ['start', node], { timeoutMs: 120_000 });
}

/** A container as its node knows it: findable on the node also when the API server is away. */
export interface ContainerPlace {
  readonly node: string;
  readonly id: string;
}

/** Where the first container of a pod runs. @throws Error when there is none */
export async function findContainer(kube: KubeApi, key: ObjectKey): Promise<ContainerPlace> {
  const pod = await kube.get(Pods, key);
  const node = pod?.spec?.nodeName;
  const id = pod?.status?.containerStatuses?.[0]?.containerID?.replace(/^.*:\/\//, '');
  if (node === undefined || id === undefined || id === '') {
    throw new Error(`${key.namespace}/${key.name} has no running container`);
  }
  return { node, id };
}

/** SIGKILL to every process of a pod's first container, as after a crash or by the kernel. */
export async function killContainer(kube: KubeApi, key: ObjectKey): Promise<void> {
  await signalContainer(await findContainer(kube, key), 'KILL');
}

/** @throws Error when the container has no process any more */
export async function signalContainer(
  { node, id }: ContainerPlace,
  signal: 'KILL' | 'STOP' | 'CONT',
): Promise<void> {
  if (!/^[\w-]+$/.test(id)) throw new Error(`not a container id: ${id}`);
  // The id is part of the process's cgroup path. grep -l names the files; a process that ends meanwhile is no error.
  const script = `for f in $(grep -l ${id} /proc/[0-9]*/cgroup 2>/dev/null); do p=\${f#/proc/}; kill -${signal} \${p%%/*} && echo \${p%%/*}; done; true`;
  const reached = await onNode(node, ['sh', '-c', script]);
  if (reached.trim() === '') throw new Error(`no process of ${id} on ${node}`);
}

/** Kills the API server's process; the kubelet starts a new container. Returns once the new one answers. */
export async function restartApiServer(kube: KubeApi, controlPlane: string): Promise<void> {
  const key = { namespace: 'kube-system', name: `kube-apiserver-${controlPlane}` };
  const before = (await kube.get(Pods, key))?.status?.containerStatuses?.[0]?.restartCount ?? 0;
  await killContainer(kube, key);
  await waitFor({
    what: 'the API server to be back in a new container',
    deadlineMs: 120_000,
    tolerate: true,
    look: async () => {
      const pod = await kube.get(Pods, key, { timeoutMs: 3_000 });
      const count = pod?.status?.containerStatuses?.[0]?.restartCount ?? 0;
      return yes(count > before, `restarts: ${String(count)}`);
    },
  });
}

/** The node whose container runs the API server. */
export async function controlPlaneNode(kube: KubeApi): Promise<string> {
  const label = 'node-role.kubernetes.io/control-plane';
  const [node] = (await kube.list(Nodes, { labelSelector: label })).items;
  if (node === undefined) throw new Error(`no node has the label ${label}`);
  return node.metadata.name;
}

/** Lets pods run on a node of the control plane too, with the images that another node has. */
export async function openNode(node: string, images: readonly string[], from: string): Promise<void> {
  for (const image of images) await copyImage(image, from, node);
  await run('kubectl', ['taint', 'nodes', node, `${controlPlaneTaint}-`], { timeoutMs: 20_000 });
}

/** @param image as containerd knows it, registry and all */
export async function copyImage(image: string, from: string, to: string): Promise<void> {
  const ctr = 'ctr -n k8s.io images';
  // A pipe between two containers needs a shell.
  const script = `docker exec "$1" ${ctr} export - "$3" | docker exec -i "$2" ${ctr} import -`;
  await run('sh', ['-c', script, 'sh', from, to, image], { timeoutMs: 180_000 });
}

export async function closeNode(node: string): Promise<void> {
  await run('kubectl', ['taint', 'nodes', node, '--overwrite', controlPlaneTaint], { timeoutMs: 20_000 });
}

const controlPlaneTaint = 'node-role.kubernetes.io/control-plane:NoSchedule';

/** As a person does before maintenance. Returns when every pod that our charts or the operator made has left. */
export async function drain(node: string, timeoutMs: number): Promise<void> {
  const ours = ['--pod-selector', 'app.kubernetes.io/name'];
  const limits = ['--ignore-daemonsets', '--delete-emptydir-data', `--timeout=${String(timeoutMs / 1000)}s`];
  await run('kubectl', ['drain', node, ...ours, ...limits], { timeoutMs: timeoutMs + 10_000 });
}

/** Marks nodes as (un)schedulable. */
export async function setSchedulable(nodes: readonly string[], schedulable: boolean): Promise<void> {
  await run('kubectl', [schedulable ? 'uncordon' : 'cordon', ...nodes], { timeoutMs: 20_000 });
}
