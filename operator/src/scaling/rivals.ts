/** Who else scales a workload. */
import {
  HorizontalPodAutoscalers,
  isKubeError,
  listAll,
  parseApiVersion,
  type Clock,
  type KubeApi,
  type KubeObject,
  type ResourceType,
} from '../kube/mod.ts';
import { Shared } from './shared.ts';
import type { TargetRef } from './target.ts';

interface Scaler extends KubeObject {
  readonly spec?: {
    readonly scaleTargetRef?: {
      readonly apiVersion?: string | undefined;
      readonly kind?: string | undefined;
      readonly name: string;
    };
  };
}

/** KEDA's own. */
const ScaledObjects: ResourceType<Scaler> = {
  group: 'keda.sh',
  version: 'v1alpha1',
  kind: 'ScaledObject',
  plural: 'scaledobjects',
  namespaced: true,
};

const LIFE_MS = 10_000;

/** Pure. @returns for people: `HorizontalPodAutoscaler orders` */
export function rivalsOf(target: TargetRef, scalers: readonly Scaler[]): readonly string[] {
  return scalers
    .filter(({ spec }) => {
      const ref = spec?.scaleTargetRef;
      // A ScaledObject may leave out what it takes for a Deployment.
      return (
        ref?.name === target.name &&
        (ref.kind ?? 'Deployment') === target.kind &&
        parseApiVersion(ref.apiVersion ?? 'apps/v1').group === parseApiVersion(target.apiVersion).group
      );
    })
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    .toSorted();
}

/** Lists a namespace's autoscalers, once for all groups of it. */
export class Rivals {
  readonly #api: Pick<KubeApi, 'list'>;
  readonly #scalers: Shared<readonly Scaler[]>;

  constructor(api: Pick<KubeApi, 'list'>, clock: Pick<Clock, 'now' | 'monotonicMs'>) {
    this.#api = api;
    this.#scalers = new Shared(clock, () => LIFE_MS);
  }

  /** @throws KubeError when they cannot be listed: whether there is one is unknown then */
  async of(namespace: string, target: TargetRef): Promise<readonly string[]> {
    const { value: scalers } = await this.#scalers.of(namespace, async () => this.#list(namespace));
    return rivalsOf(target, scalers);
  }

  async #list(namespace: string): Promise<readonly Scaler[]> {
    const [hpas, scaledObjects] = await Promise.all([
      listAll(this.#api, HorizontalPodAutoscalers, namespace),
      listAll(this.#api, ScaledObjects, namespace).catch((error: unknown) => {
        // Without KEDA the API server does not know the kind.
        if (isKubeError(error, 'NotFound')) return [];
        throw error;
      }),
    ]);
    return [...hpas, ...scaledObjects];
  }
}
