/** Remembers every pod that ever was: a pod made anew has the same name and another uid. */
import type { KubeApi } from '../../../operator/src/kube/mod.ts';
import { podUids } from './kube.ts';

export class UidWatch {
  readonly #kube: KubeApi;
  readonly #namespace: string;
  readonly #seen = new Map<string, Set<string>>();
  readonly #timer: NodeJS.Timeout;

  /** Looks twice a second: a StatefulSet's pod takes longer than that to go and come. */
  constructor(kube: KubeApi, namespace: string) {
    this.#kube = kube;
    this.#namespace = namespace;
    this.#timer = setInterval(() => void this.look().catch(() => undefined), 500);
  }

  async look(): Promise<void> {
    for (const [name, uid] of await podUids(this.#kube, this.#namespace)) {
      const uids = this.#seen.get(name) ?? new Set();
      uids.add(uid);
      this.#seen.set(name, uids);
    }
  }

  /** Names of pods of which there was more than one. */
  recreated(): readonly string[] {
    return [...this.#seen].filter(([, uids]) => uids.size > 1).map(([name]) => name);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
