import type { KubeApi } from './api.ts';
import { KubeError } from './errors.ts';

/**
 * The same API, but a write is refused (code `Aborted`) once `mayWrite` says no. Pass a leader elector's
 * `isLeader`: after a pause of the whole process, writes that were about to go out are stopped here, before any
 * timer had a chance to fire.
 */
export function fenced(api: KubeApi, mayWrite: () => boolean): KubeApi {
  const write = async <R>(send: () => Promise<R>): Promise<R> => {
    if (mayWrite()) return send();
    throw new KubeError('Aborted', 'not the leader any more: the write was not sent');
  };
  return {
    get: (type, key, options) => api.get(type, key, options),
    list: (type, options, call) => api.list(type, options, call),
    watch: (type, options, signal) => api.watch(type, options, signal),
    apply: (type, object, options) => write(() => api.apply(type, object, options)),
    create: (type, object, options) => write(() => api.create(type, object, options)),
    replace: (type, object, options) => write(() => api.replace(type, object, options)),
    mergePatch: (type, key, patch, options) => write(() => api.mergePatch(type, key, patch, options)),
    jsonPatch: (type, key, patch, options) => write(() => api.jsonPatch(type, key, patch, options)),
    delete: (type, key, options) => write(() => api.delete(type, key, options)),
  };
}
