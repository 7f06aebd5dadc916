import type { KubeApi } from './api.ts';
import { KubeError } from './errors.ts';

/**
 * The same API, but a write is refused (code `Aborted`) once `mayWrite` says no. Pass a leader elector's
 * `isLeader`: after a pause of the whole process, writes that were about to go out are stopped here, before any
 * timer had a chance to fire.
 */
export function fenced(api: KubeApi, mayWrite: () => boolean): KubeApi {
  const guard = <A extends readonly unknown[], R>(
    call: (...args: A) => Promise<R>,
  ): ((...args: A) => Promise<R>) => {
    return (...args) =>
      mayWrite()
        ? call(...args)
        : Promise.reject(new KubeError('Aborted', 'not the leader any more: the write was not sent'));
  };
  return {
    get: api.get.bind(api),
    list: api.list.bind(api),
    watch: api.watch.bind(api),
    apply: guard(api.apply.bind(api)) as KubeApi['apply'],
    create: guard(api.create.bind(api)) as KubeApi['create'],
    replace: guard(api.replace.bind(api)) as KubeApi['replace'],
    mergePatch: guard(api.mergePatch.bind(api)) as KubeApi['mergePatch'],
    jsonPatch: guard(api.jsonPatch.bind(api)) as KubeApi['jsonPatch'],
    delete: guard(api.delete.bind(api)),
  };
}
