import type { World } from './world.ts';

/** Whoever scales a world. */
export interface Contestant {
  readonly name: string;
  /** @returns what it does at every step, before the world goes on */
  enter(world: World, seed: number): () => void;
}
