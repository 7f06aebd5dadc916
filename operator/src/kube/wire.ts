import { KubeError } from './errors.ts';
import { apiVersionOf, type ResourceType } from './resource-types.ts';
import type { ApiStatus, KubeObject, ListPage, WatchEvent } from './types.ts';

/** A list as it comes. */
export interface RawList<T> {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly T[] | null;
}

export function toPage<T extends KubeObject>(type: ResourceType<T>, raw: RawList<T>): ListPage<T> {
  const identity = { apiVersion: apiVersionOf(type), kind: type.kind };
  const next = raw.metadata?.continue;
  return {
    // The server leaves both out of the items of a typed list.
    items: (raw.items ?? []).map((item) => ({ ...identity, ...item })),
    resourceVersion: raw.metadata?.resourceVersion ?? '',
    ...(next === undefined || next === '' ? {} : { continue: next }),
  };
}

/** What a line of a watch claims to be; nothing of it is certain. */
export interface RawEvent<T> {
  readonly type?: string;
  readonly object?: (T & ApiStatus) | null;
}

/** @throws KubeError `Protocol` */
export function toWatchEvent<T extends KubeObject>(raw: RawEvent<T> | null, what: string): WatchEvent<T> {
  const object = raw?.object;
  if (typeof object === 'object' && object !== null) {
    const metadata: Partial<T['metadata']> | undefined = object.metadata;
    switch (raw?.type) {
      case 'ERROR':
        return { type: 'ERROR', status: object };
      case 'BOOKMARK':
        if (typeof metadata?.resourceVersion !== 'string') break;
        return { type: 'BOOKMARK', resourceVersion: metadata.resourceVersion };
      case 'ADDED':
      case 'MODIFIED':
      case 'DELETED':
        if (typeof metadata?.name !== 'string') break;
        return { type: raw.type, object };
      case undefined:
      default:
    }
  }
  throw new KubeError('Protocol', `${what}: an event that is none`);
}

/** `?a=1&b=2`, without what is undefined. */
export function toQuery(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.size === 0 ? '' : `?${query.toString()}`;
}
