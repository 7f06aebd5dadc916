/** Why a cluster was not Ready while something was going on, as its own status said. */
import { RocketMQClusters } from '../../../operator/src/api/mod.ts';
import type { KubeApi, ObjectKey } from '../../../operator/src/kube/mod.ts';
import { condition } from './conditions.ts';

export interface ReadyWatch {
  /** @returns each reason once, with its last message */
  readonly stop: () => string;
}

export function watchReady(kube: KubeApi, cluster: ObjectKey): ReadyWatch {
  const said = new Map<string, string>();
  const look = async (): Promise<void> => {
    // The API server may be away as well.
    const found = await kube.get(RocketMQClusters, cluster).catch(() => undefined);
    const ready = condition(found, 'Ready');
    if (ready !== undefined && ready.status !== 'True') said.set(ready.reason, ready.message);
  };
  // A test that fails does not come to its end.
  const timer = setInterval(() => void look(), 500).unref();
  return {
    stop: () => {
      clearInterval(timer);
      const texts = [...said].map(([reason, message]) => `${reason}: ${message}`);
      return texts.length === 0 ? 'nothing' : texts.join(' | ');
    },
  };
}
