import type { KubeApi } from './api.ts';
import type { ResourceType } from './resource-types.ts';
import type { KubeObject } from './types.ts';

const PAGE_SIZE = 500;

/** All pages of a list, for who looks once; an Informer keeps what it has listed up to date. @throws KubeError */
export async function listAll<T extends KubeObject>(
  api: Pick<KubeApi, 'list'>,
  type: ResourceType<T>,
  namespace?: string,
  labelSelector?: string,
): Promise<readonly T[]> {
  const items: T[] = [];
  let next: string | undefined;
  do {
    const page = await api.list(type, {
      limit: PAGE_SIZE,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(next === undefined ? {} : { continue: next }),
    });
    items.push(...page.items);
    next = page.continue;
  } while (next !== undefined);
  return items;
}
