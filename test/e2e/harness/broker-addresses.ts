/** Which pod registers as which address: a broker registers the IP of its pod. */
import { Pods, type KubeApi } from '../../../operator/src/kube/mod.ts';
import { instance } from './children.ts';
import { listAll } from './kube.ts';
import { BROKER_PORT, type Shape } from './topology.ts';

export interface BrokerAddresses {
  /** @throws Error when the pod has no address */
  readonly of: (pod: string) => string;
  /** The address itself when it is no pod's, for a readable failure. */
  readonly podOf: (address: string) => string;
}

export async function brokerAddresses(kube: KubeApi, shape: Shape): Promise<BrokerAddresses> {
  const pods = await listAll(kube, Pods, shape.namespace, instance(shape.name));
  const addresses = new Map(
    pods.flatMap(({ metadata, status }) =>
      status?.podIP === undefined ? [] : [[metadata.name, `${status.podIP}:${String(BROKER_PORT)}`]],
    ),
  );
  return {
    of: (pod) => {
      const address = addresses.get(pod);
      if (address === undefined) throw new Error(`pod ${pod} has no address`);
      return address;
    },
    podOf: (address) => [...addresses].find(([, each]) => each === address)?.[0] ?? address,
  };
}
