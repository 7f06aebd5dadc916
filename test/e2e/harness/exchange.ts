/** The exchange cluster as most tests of topics and groups begin: ready, with its masters, and objects declared on it. */
import type { KubeApi, ResourceType } from '../../../operator/src/kube/mod.ts';
import { ensureExchange, EXCHANGE } from './install.ts';
import { intent } from './kube.ts';
import { Prober } from './prober.ts';
import { clusterQuestion } from './topology.ts';

export interface AskedExchange {
  readonly prober: Prober;
  /** Addresses, in the order of EXCHANGE.groups. */
  readonly masters: readonly string[];
}

export async function askExchange(kube: KubeApi): Promise<AskedExchange> {
  const prober = await Prober.start(kube);
  await ensureExchange(kube);
  const facts = await prober.cluster(clusterQuestion(EXCHANGE));
  return { prober, masters: EXCHANGE.groups.map((group) => facts.groups[group]?.masterAddress ?? '') };
}

/** An object that takes what it declares along when it goes. */
export async function declare(kube: KubeApi, type: ResourceType, name: string, spec: object): Promise<void> {
  const { namespace, name: cluster } = EXCHANGE;
  const whole = { clusterRef: { name: cluster }, deletionPolicy: 'Delete', ...spec };
  await kube.apply(type, intent(type, { namespace, name }, { spec: whole }), { force: true });
}
