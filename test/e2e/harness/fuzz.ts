/** Damaged objects: valid ones, changed in one to four places. The same seed makes the same objects. */
import { integerIn, pick, type Random } from './random.ts';

type Tree = null | boolean | number | string | Tree[] | { [key: string]: Tree };

export interface FuzzObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec?: unknown;
}

/** What a field may suddenly hold. */
const ODD_SCALARS: readonly Tree[] = [null, true, false, 0, -1, 1, 3, 0.5, 1e12, -2_147_483_649];
const ODD_TEXTS: readonly string[] =
  ' |x|X|-|.|../etc|a b|ünïcode|%RETRY%x|\n|5|-5|true|1e9|broker-a|Transaction|Sync|5.4.0|10Gi|-1Gi|1m'.split(
    '|',
  );
const ODD_SHAPES: readonly Tree[] = [
  [],
  {},
  [null],
  [[]],
  { name: 'x' },
  [{ name: 'x' }, { name: 'x' }],
  { a: { b: { c: {} } } },
];
const ODD_VALUES: readonly Tree[] = [
  ...ODD_SCALARS,
  ...ODD_TEXTS,
  ...ODD_SHAPES,
  '',
  'a'.repeat(64),
  'a'.repeat(300),
];

const ODD_NAMES: readonly string[] = ['x', 'replicas', 'name', 'config', 'listenPort', 'Spec', '', 'a.b/c'];

/**
 * @param base a valid object
 * @returns a copy, damaged in its spec, or now and then in its shape
 */
export function damage(base: FuzzObject, random: Random): FuzzObject {
  const spec: Tree = JSON.parse(JSON.stringify(base.spec));
  const holder: { spec: Tree } = { spec };
  for (let count = integerIn(random, 1, 4); count > 0; count--) damageOnce(holder, random);
  if (random() < 0.02) {
    const { spec: _gone, ...shapeless } = base;
    return shapeless;
  }
  return { ...base, spec: holder.spec };
}

function damageOnce(holder: { spec: Tree }, random: Random): void {
  const places = placesOf(holder);
  const place = pick(random, places);
  const kind = random();
  if (kind < 0.55) place.set(structuredClone(pick(random, ODD_VALUES)));
  else if (kind < 0.7) place.remove();
  else if (kind < 0.85) addTo(place.value, random);
  else place.set(structuredClone(pick(random, places).value)); // a value that belongs elsewhere
}

function addTo(value: Tree, random: Random): void {
  const odd = structuredClone(pick(random, ODD_VALUES));
  if (Array.isArray(value))
    value.push(random() < 0.5 && value[0] !== undefined ? structuredClone(value[0]) : odd);
  else if (typeof value === 'object' && value !== null) value[pick(random, ODD_NAMES)] = odd;
}

interface Place {
  readonly value: Tree;
  set(value: Tree): void;
  remove(): void;
}

/** Every value of the spec, the spec itself first. */
function placesOf(holder: { spec: Tree }): readonly Place[] {
  const places: Place[] = [];
  const visit = (parent: { [key: string]: Tree }, key: string): void => {
    const value = parent[key] ?? null;
    places.push({
      value,
      set: (next) => {
        parent[key] = next;
      },
      remove: () => {
        delete parent[key];
      },
    });
    if (Array.isArray(value)) value.forEach((_item, index) => visitItem(value, index));
    else if (typeof value === 'object' && value !== null) {
      for (const name of Object.keys(value)) visit(value, name);
    }
  };
  const visitItem = (list: Tree[], index: number): void => {
    const value = list[index] ?? null;
    places.push({
      value,
      set: (next) => {
        list[index] = next;
      },
      remove: () => {
        list.splice(index, 1);
      },
    });
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const name of Object.keys(value)) visit(value, name);
    }
  };
  visit(holder, 'spec');
  return places;
}
