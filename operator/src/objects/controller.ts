import type { ClusterView, DeclaredObject, ObjectKind } from './kind.ts';
import type { InformerFace, Namespace } from '../kube/mod.ts';
import { ObjectEngine } from './engine.ts';
import type { EngineDeps } from './engine-deps.ts';
import { lookUpIn, watchNamespaces } from './namespaces.ts';
import { watchClusters, type ClusterObject } from './wake.ts';

export interface ObjectControllerDeps<C extends ClusterObject> extends Omit<EngineDeps, 'namespaces'> {
  readonly namespaces: InformerFace<Namespace>;
  readonly clusters: InformerFace<C>;
  /** Addresses and names of a cluster. */
  readonly viewOf: (cluster: C) => ClusterView;
}

export interface ObjectController {
  start(signal: AbortSignal): Promise<void>;
  /** What an object is declared by beside of its spec has changed; by its `namespace/name`. */
  touch(key: string): void;
}

/** Keeps every object of one kind true on the brokers of its cluster. The informers have to be synced at its start. */
export function createObjectController<
  C extends ClusterObject,
  O extends DeclaredObject,
  Desired,
  Actual,
  Write,
>(
  kind: ObjectKind<O, Desired, Actual, Write>,
  objects: InformerFace<O>,
  { clusters, namespaces, viewOf, ...deps }: ObjectControllerDeps<C>,
): ObjectController {
  const engine = new ObjectEngine(kind, { ...deps, namespaces: lookUpIn(namespaces) });
  watchNamespaces(namespaces, (name) => engine.namespaceChanged(name));
  watchClusters(clusters, viewOf, kind.places, (key, view) => engine.clusterChanged(key, view));
  engine.observe(objects);
  return { start: (signal) => engine.run(signal), touch: (key) => engine.touch(key) };
}
