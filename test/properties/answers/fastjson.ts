/** JSON as RocketMQ's servers write it, and changed as nobody should. */
import { EntryList, isJsonObject, type JsonValue } from '../../../operator/src/rocketmq/codec/json-value.ts';

/** A tree in which keys may be anything, and may come twice. */
export type Tree =
  | { readonly kind: 'Scalar'; readonly text: string }
  | { readonly kind: 'List'; readonly items: readonly Tree[] }
  | { readonly kind: 'Map'; readonly entries: readonly (readonly [Tree, Tree])[] };

export const scalar = (text: string): Tree => ({ kind: 'Scalar', text });

export function treeOf(value: JsonValue): Tree {
  if (value instanceof EntryList)
    return { kind: 'Map', entries: value.entries.map(([key, item]) => [treeOf(key), treeOf(item)]) };
  if (isJsonObject(value))
    return {
      kind: 'Map',
      entries: Object.entries(value).map(([key, item]) => [scalar(JSON.stringify(key)), treeOf(item)]),
    };
  if (isList(value)) return { kind: 'List', items: value.map(treeOf) };
  return scalar(typeof value === 'bigint' ? value.toString() : JSON.stringify(value));
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

export function textOf(tree: Tree): string {
  switch (tree.kind) {
    case 'Scalar':
      return tree.text;
    case 'List':
      return `[${tree.items.map(textOf).join(',')}]`;
    case 'Map':
      return `{${tree.entries.map(([key, item]) => `${textOf(key)}:${textOf(item)}`).join(',')}}`;
    default:
      return tree satisfies never;
  }
}

/** What becomes of one node: another one in its place, none at all, or it and others. */
export type Change = (node: Tree) => readonly Tree[];

export function sizeOf(tree: Tree): number {
  if (tree.kind === 'Scalar') return 1;
  const children = tree.kind === 'List' ? tree.items : tree.entries.flat();
  return children.reduce((sum, child) => sum + sizeOf(child), 1);
}

/** @param at number of the node, in the order in which they are written */
export function changedAt(tree: Tree, at: number, change: Change): Tree {
  let left = at;
  const visit = (node: Tree): readonly Tree[] => {
    if (left === 0) {
      left = -1;
      return change(node);
    }
    left -= 1;
    if (left < 0 || node.kind === 'Scalar') return [node];
    if (node.kind === 'List') return [{ kind: 'List', items: node.items.flatMap(visit) }];
    const entries = node.entries.flatMap(([key, item]): readonly (readonly [Tree, Tree])[] => {
      const keys = visit(key);
      const items = visit(item);
      // A key that is gone takes its value along, and one that is there twice has it twice.
      return keys.flatMap((each) => items.map((value) => [each, value] as const));
    });
    return [{ kind: 'Map', entries }];
  };
  return visit(tree)[0] ?? scalar('');
}
