/**
 * From what lives on a cluster to the objects that declare it. Pure.
 *
 * What is written is tried out on the spot: it is read as the operator reads it and compared as the operator compares
 * it. What would change anything is written as an object that only observes, with what differs.
 */
import { apiVersionOf, type KubeObject, type ObjectKey, type Secret } from '../../kube/mod.ts';
import { namesOfPlaces, type ClusterView, type DeclaredObject, type Difference } from '../../objects/mod.ts';
import type { Importable, Names, Spec } from './kinds.ts';
import { objectNames } from './object-names.ts';

export interface Written {
  readonly object: KubeObject & { readonly spec: Spec };
  /** Why it only observes; nothing when it declares all there is. */
  readonly differs: readonly string[];
  /** What it needs besides, and is not there yet. */
  readonly secret?: Secret;
}

export interface Import {
  /** Sorted by RocketMQ's name. */
  readonly written: readonly Written[];
  /** What no object can declare, and why. */
  readonly leftOut: readonly string[];
}

export interface Found<Actual> {
  /** What the master of each broker group holds, or each member, by name. */
  readonly held: ReadonlyMap<string, ReadonlyMap<string, Actual>>;
  /** RocketMQ's names that objects declare already. */
  readonly declared: ReadonlySet<string>;
  /** Names of the objects of this kind in the namespace. */
  readonly taken: ReadonlySet<string>;
}

export interface Target {
  /** The RocketMQCluster: objects have to be in its namespace. */
  readonly key: ObjectKey;
  readonly view: ClusterView;
}

export function planImport<O extends DeclaredObject, Desired, Actual, Write>(
  importable: Importable<O, Desired, Actual, Write>,
  { held, declared, taken }: Found<Actual>,
  target: Target,
): Import {
  const { kind, nameProblem } = importable;
  const foreign = [...new Set([...held.values()].flatMap((table) => [...table.keys()]))]
    .filter((name) => nameProblem(name) !== 'System' && kind.reservedOn?.(name, target.view) === undefined)
    .filter((name) => !declared.has(name))
    .toSorted();
  const names = objectNames(foreign, taken);
  const results = foreign.map((name) => {
    const holders = [...held].flatMap(([group, table]) => {
      const actual = table.get(name);
      return actual === undefined ? [] : [[group, actual] as const];
    });
    return writeDown(importable, { name, objectName: names.get(name) ?? name }, new Map(holders), target);
  });
  return {
    written: results.filter((result) => typeof result !== 'string'),
    leftOut: results.filter((result) => typeof result === 'string'),
  };
}

/** @returns why it cannot be, when it is a text */
function writeDown<O extends DeclaredObject, Desired, Actual, Write>(
  importable: Importable<O, Desired, Actual, Write>,
  names: Names,
  holders: ReadonlyMap<string, Actual>,
  { key, view }: Target,
): Written | string {
  const { kind, specOf, choosesGroups, canObserve, cannotDeclare, secretOf } = importable;
  const { name, objectName } = names;
  const [first] = holders.values();
  const places = namesOfPlaces(kind.places, view);
  const cannot = [...holders.values()].flatMap((actual) => cannotDeclare?.(actual, name) ?? [])[0];
  if (cannot !== undefined) return `${kind.noun} ${name}: ${cannot}`;
  const object = {
    apiVersion: apiVersionOf(kind.type),
    kind: kind.type.kind,
    metadata: { name: objectName, namespace: key.namespace },
    spec: {
      clusterRef: { name: key.name },
      ...(name === objectName ? {} : { [kind.nameField]: name }),
      ...(holders.size === places.length || !choosesGroups
        ? {}
        : { brokerGroups: [...holders.keys()].toSorted() }),
      ...(first === undefined ? {} : specOf(first, names)),
    },
  };
  // As the API server would store it, but for the defaults, which are filled in when it is read.
  const stored: O = JSON.parse(JSON.stringify(object));
  const declaration = kind.declare(stored);
  if (!declaration.ok) return `${kind.noun} ${name}: ${declaration.message}`;
  if (declaration.lacks !== undefined) return `${kind.noun} ${name}: ${declaration.lacks.message}`;
  const differs = (declaration.groups ?? places).flatMap((place) =>
    inWords(place, kind.compare(declaration.desired, holders.get(place))),
  );
  const secret = secretOf?.(stored);
  if (differs.length === 0) return { object, differs, ...(secret === undefined ? {} : { secret }) };
  if (!canObserve) return `${kind.noun} ${name}: ${differs.join('; ')}`;
  return { object: { ...object, spec: { ...object.spec, adoptionPolicy: 'Observe' } }, differs };
}

function inWords(place: string, difference: Difference<unknown>): readonly string[] {
  switch (difference.kind) {
    case 'Same':
      return [];
    case 'Create':
      return [`${place} has none`];
    case 'Change':
    case 'Drain':
      return [`${place}: other ${difference.keys.join(', ')}`];
    case 'Refused':
      return [`${place}: ${difference.message}`];
    default:
      return difference satisfies never;
  }
}
