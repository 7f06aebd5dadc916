import { setImmediate as nextTurn } from 'node:timers/promises';
import { ManualClock } from '../../../operator/src/rocketmq/testing/manual-clock.ts';
import { ScriptedServer } from '../../../operator/src/rocketmq/testing/scripted-server.ts';
import type { Command } from '../../../operator/src/rocketmq/codec/command.ts';
import { RocketmqClient } from '../../../operator/src/rocketmq/mod.ts';
import type { Asked } from './catalogue.ts';
import type { Mutation } from './mutations.ts';

const requestTimeoutMs = 5_000;
/** Longer than a call that goes on to another server, or sends twice. */
const allTimeoutsMs = 60_000;
/** Of the event loop: enough for loopback, and where it is not the call times out. */
const turns = 40;
/** For an answer that is on its way for sure. */
const manyTurns = 200_000;

export type Outcome =
  | { readonly kind: 'Value'; readonly value: unknown }
  | { readonly kind: 'Error'; readonly error: unknown }
  | { readonly kind: 'Hang' };

/** A server over TCP whose answers are well until they are tampered with, and a client of it whose time a test moves. */
export class IllServer {
  readonly #clock = new ManualClock();
  readonly #client: RocketmqClient;
  readonly #server: ScriptedServer;
  #mutation: Mutation | undefined;

  /** @param onRequest told of the code of each */
  static async start(
    samples: ReadonlyMap<number, Command>,
    onRequest: (code: number) => void,
  ): Promise<IllServer> {
    const server = await ScriptedServer.listen(({ request, socket, reply }) => {
      onRequest(request.code);
      const sample = samples.get(request.code);
      const mutation = ill.#mutation;
      if (sample === undefined || mutation === undefined)
        return reply(sample === undefined ? {} : { ...sample, opaque: request.opaque });
      const { bytes, hangUp } = mutation.apply({ ...sample, opaque: request.opaque });
      socket.write(bytes);
      if (hangUp) socket.end();
    });
    const ill = new IllServer(server);
    return ill;
  }

  private constructor(server: ScriptedServer) {
    this.#server = server;
    this.#client = new RocketmqClient({ clock: this.#clock, requestTimeoutMs, connectTimeoutMs: 3_000 });
  }

  get pendingCount(): number {
    return this.#client.pendingCount;
  }

  /** @param mutation of every answer; nothing: they are well */
  async outcomeOf({ ask }: Asked, mutation: Mutation | undefined): Promise<Outcome> {
    this.#mutation = mutation;
    this.#server.exchanges.length = 0;
    const seen: { outcome: Outcome } = { outcome: { kind: 'Hang' } };
    const note = async (): Promise<void> => {
      try {
        seen.outcome = { kind: 'Value', value: await ask(this.#client, this.#server.address) };
      } catch (error) {
        seen.outcome = { kind: 'Error', error };
      }
    };
    void note();
    const patience = mutation === undefined ? manyTurns : turns;
    const isOver = async (): Promise<boolean> => {
      for (let turn = 0; turn < patience && seen.outcome.kind === 'Hang'; turn++) await nextTurn();
      return seen.outcome.kind !== 'Hang';
    };
    for (let ms = 0; ms < allTimeoutsMs && !(await isOver()); ms += requestTimeoutMs)
      this.#clock.advance(requestTimeoutMs);
    return seen.outcome;
  }

  async stop(): Promise<void> {
    await this.#client.close();
    await this.#server.close();
  }
}
