/** Where things run, and how they are made to run elsewhere. */
import { Nodes, Pods, type KubeApi } from '../../../operator/src/kube/mod.ts';
import { diagnose } from './diagnose.ts';
import { OPERATOR_NAMESPACE, operatorPods } from './install.ts';
import { isPodReady, listAll, waitClusterReady } from './kube.ts';
import { setSchedulable } from './nodes.ts';
import { PROBE_POD } from './prober.ts';
import { masterPod, waitInSync, type Watched } from './recovery.ts';
import { waitFor, yes } from './wait.ts';

export async function nodeNames(kube: KubeApi): Promise<readonly string[]> {
  return (await listAll(kube, Nodes)).map(({ metadata }) => metadata.name);
}

/** A worker without the probe, and without the operator, which is made to leave it. */
export async function leaveAlone(kube: KubeApi, controlPlane: string): Promise<string> {
  const probe = await kube.get(Pods, PROBE_POD);
  const node = (await nodeNames(kube)).find(
    (name) => name !== controlPlane && name !== probe?.spec?.nodeName,
  );
  if (node === undefined) throw new Error('the probe runs on every worker');
  await setSchedulable([node], false);
  for (const { metadata, spec } of await operatorPods(kube)) {
    if (spec?.nodeName === node)
      await kube.delete(Pods, { namespace: OPERATOR_NAMESPACE, name: metadata.name });
  }
  await waitFor({
    what: 'the operator to run elsewhere',
    deadlineMs: 120_000,
    look: async () => {
      const pods = await operatorPods(kube);
      const well = pods.filter((pod) => isPodReady(pod) && pod.spec?.nodeName !== node);
      const all = pods.length > 0 && well.length === pods.length;
      return yes(all, `${String(well.length)} of ${String(pods.length)}`);
    },
  });
  await setSchedulable([node], true);
  return node;
}

/** Masters leave nodes that are cordoned. */
export async function moveMasterTo(watched: Watched, node: string): Promise<void> {
  const { kube, shape } = watched;
  const others = (await nodeNames(kube)).filter((name) => name !== node);
  await setSchedulable(others, false);
  await waitFor({
    what: `the master to be on ${node}`,
    deadlineMs: 120_000,
    tolerate: true,
    look: async () => {
      const master = await kube.get(Pods, { namespace: shape.namespace, name: await masterPod(watched) });
      return yes(master?.spec?.nodeName === node, `it is on ${String(master?.spec?.nodeName)}`);
    },
    diagnose: () => diagnose(kube, shape.namespace),
  });
  await setSchedulable(others, true);
  // Ready may be from before the hand-over, and a master that nobody follows yet has no heir.
  await waitInSync(watched);
  await waitClusterReady(kube, shape, 120_000);
}
