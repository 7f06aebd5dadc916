/** Who is master of each group, as the name servers say: asked again only when a send has failed. */
import { brokersOf } from '../../e2e/harness/probe/facts.ts';

const ASK_MS = 1_500;

export class Masters {
  readonly #nameServers: readonly string[];
  readonly #known = new Map<string, string>();
  #asking: Promise<void> | undefined;

  constructor(nameServers: readonly string[]) {
    this.#nameServers = nameServers;
  }

  /** @param failed the address that did not do; another one is preferred when name servers disagree */
  async find(group: string, failed?: string): Promise<string | undefined> {
    if (failed === undefined && this.#known.has(group)) return this.#known.get(group);
    // Lanes that fail together ask once.
    this.#asking ??= this.#ask(failed).finally(() => {
      this.#asking = undefined;
    });
    await this.#asking;
    return this.#known.get(group);
  }

  async #ask(failed: string | undefined): Promise<void> {
    const answers = await Promise.allSettled(this.#nameServers.map((address) => brokersOf(address, ASK_MS)));
    const tables = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    for (const group of new Set(tables.flatMap((table) => Object.keys(table)))) {
      const masters = tables.flatMap((table) => table[group]?.['0'] ?? []);
      const master = masters.find((address) => address !== failed) ?? masters[0];
      if (master !== undefined) this.#known.set(group, master);
    }
  }
}
