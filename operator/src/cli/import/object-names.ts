/** Names of Kubernetes objects for what RocketMQ calls otherwise: it has upper case, `_`, `%` and `|`. Pure. */
import { createHash } from 'node:crypto';

/**
 * The nearest name that Kubernetes allows. Those that come to the same one, or to one that is taken, get a hash of their
 * own name behind it, all of them: so a name does not depend on what else there was.
 *
 * @param taken names of objects that are there
 * @returns by RocketMQ's name
 */
export function objectNames(
  names: readonly string[],
  taken: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const near = Map.groupBy(names, nearest);
  return new Map(
    names.map((name) => {
      const plain = nearest(name);
      const isOwn = plain !== '' && near.get(plain)?.length === 1 && !taken.has(plain);
      return [name, isOwn ? plain : [plain, hash(name)].filter((part) => part !== '').join('-')];
    }),
  );
}

function nearest(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}

function hash(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 8);
}
