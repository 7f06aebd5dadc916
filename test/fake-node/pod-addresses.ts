/** DNS for an operator outside the cluster: names of running pods, in a file that its process reads. */
import { renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Pod } from '../../operator/src/kube/mod.ts';

export const CLUSTER_DOMAIN = 'fake.invalid';

/** To be preloaded into the operator's process, with the file in POD_ADDRESSES. */
export const RESOLVE_PODS = fileURLToPath(new URL('resolve-pods.mjs', import.meta.url));

/** Apart from those of another run on this machine. */
const block = 100 + (process.pid % 150);
let next = 0;

/** Another loopback address each time, as a pod made anew has another one. */
export function nextAddress(): string {
  next += 1;
  return `127.${block}.${Math.floor(next / 250) % 250}.${(next % 250) + 1}`;
}

export class PodAddresses {
  readonly file: string;
  readonly #addresses = new Map<string, string>();

  constructor(file: string) {
    this.file = file;
    this.#write();
  }

  add(pod: Pod, address: string): void {
    this.#addresses.set(hostOf(pod), address);
    this.#write();
  }

  /** Unless a successor of the same name has another address by now. */
  delete(pod: Pod, address: string): void {
    if (this.#addresses.get(hostOf(pod)) !== address) return;
    this.#addresses.delete(hostOf(pod));
    this.#write();
  }

  #write(): void {
    writeFileSync(`${this.file}.new`, JSON.stringify(Object.fromEntries(this.#addresses)));
    renameSync(`${this.file}.new`, this.file);
  }
}

function hostOf({ metadata, spec }: Pod): string {
  const { name, namespace = '' } = metadata;
  return `${spec?.hostname ?? name}.${spec?.subdomain ?? ''}.${namespace}.svc.${CLUSTER_DOMAIN}`;
}
