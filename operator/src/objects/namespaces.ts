/** What is to be known of namespaces: a RocketMQCluster may go by their labels, and goes with its own. */
import {
  canonicalJson,
  Informer,
  Namespaces,
  type Clock,
  type InformerFace,
  type KubeApi,
  type Logger,
  type Namespace,
  type Random,
} from '../kube/mod.ts';
import type { NamespaceFacts, NamespaceLookup } from './consent.ts';

/** Without annotations, which may be large and are read by nobody. */
export function createNamespaceInformer(options: {
  readonly client: KubeApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}): Informer<Namespace> {
  return new Informer<Namespace>({
    ...options,
    type: Namespaces,
    transform: ({ apiVersion, kind, metadata: { annotations: _annotations, ...metadata } }) => ({
      apiVersion,
      kind,
      metadata,
    }),
  });
}

function factsOf({ metadata: { labels = {}, deletionTimestamp } }: Namespace): NamespaceFacts {
  return { labels, ending: deletionTimestamp !== undefined };
}

export function lookUpIn({ store }: Pick<InformerFace<Namespace>, 'store'>): NamespaceLookup {
  return (name) => {
    const namespace = store.get({ namespace: '', name });
    return namespace && factsOf(namespace);
  };
}

/** Tells of namespaces, by name, of which that has changed, or that are known now, or not any more. */
export function watchNamespaces(
  namespaces: Pick<InformerFace<Namespace>, 'onChange'>,
  changed: (name: string) => void,
): void {
  namespaces.onChange(({ object, previous, type }) => {
    const isOld =
      type === 'Updated' &&
      previous !== undefined &&
      canonicalJson(factsOf(object)) === canonicalJson(factsOf(previous));
    if (!isOld) changed(object.metadata.name);
  });
}
