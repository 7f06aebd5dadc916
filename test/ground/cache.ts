import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheKey, type MadeOf } from './fingerprint.ts';
import { isAlive } from './lock.ts';
import { freshLogFile } from './logs.ts';
import type { Progress } from './progress.ts';

export interface Recipe {
  readonly name: string;
  /** How the step is announced when it has to be made. */
  readonly title: string;
  readonly madeOf: MadeOf;
  /** How many entries of this name stay: for what every edit of a source makes anew. Absent: all. */
  readonly keep?: number;
  /** Fills an empty folder; `logFile` is where the output of its programs goes. */
  build(folder: string, logFile: string): Promise<void>;
}

/**
 * Folders named by what they are made of. An entry is built beside its place and renamed into it when it is whole, so
 * that a killed run leaves no half entry that a later run would trust.
 */
export class Cache {
  readonly #entries: string;
  readonly #building: string;
  readonly #root: string;
  readonly #progress: Progress;
  readonly #running = new Map<string, Promise<string>>();

  constructor(root: string, progress: Progress) {
    this.#entries = join(root, 'entries');
    this.#building = join(root, 'building');
    this.#root = root;
    this.#progress = progress;
  }

  /** The folder of an entry, built first when it is not there. Calls for one entry share one build. */
  entry(recipe: Recipe): Promise<string> {
    const place = this.place(recipe);
    const running = this.#running.get(place) ?? this.#build(recipe, place);
    this.#running.set(place, running);
    return running;
  }

  has(recipe: Pick<Recipe, 'name' | 'madeOf'>): boolean {
    return existsSync(this.place(recipe));
  }

  place(recipe: Pick<Recipe, 'name' | 'madeOf'>): string {
    return join(this.#entries, `${recipe.name}-${cacheKey(recipe.madeOf)}`);
  }

  /** Removes what killed runs had begun to build. */
  async removeLeftovers(): Promise<void> {
    const names = await readdir(this.#building).catch(() => []);
    const dead = names.filter((name) => !isAlive(Number(name.split('.').at(-1))));
    await Promise.all(dead.map((name) => rm(join(this.#building, name), { recursive: true, force: true })));
  }

  async #build(recipe: Recipe, place: string): Promise<string> {
    if (existsSync(place)) return place;
    await Promise.all([this.#entries, this.#building].map((each) => mkdir(each, { recursive: true })));
    const folder = join(this.#building, `${recipe.name}.${String(process.pid)}`);
    const logFile = await freshLogFile(this.#root, recipe.name);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    await this.#progress.step(recipe.title, () => recipe.build(folder, logFile));
    await rename(folder, place);
    if (recipe.keep !== undefined) await this.#removeOldest(recipe.name, recipe.keep);
    return place;
  }

  async #removeOldest(name: string, keep: number): Promise<void> {
    const own = (await readdir(this.#entries)).filter(
      (each) => each.startsWith(`${name}-`) && each.length === name.length + 17,
    );
    const dated = await Promise.all(
      own.map(async (each) => ({ each, made: (await stat(join(this.#entries, each))).mtimeMs })),
    );
    const old = dated.toSorted((a, b) => b.made - a.made).slice(keep);
    await Promise.all(old.map(({ each }) => rm(join(this.#entries, each), { recursive: true, force: true })));
  }
}
