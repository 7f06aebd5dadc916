/** Connections that stay open, with many questions under way: one for each send would cost more than the send. */
import { connect, type Socket } from 'node:net';
import { frameOf, readFrame, type Answer, type Question } from '../../e2e/harness/probe/remoting.ts';

/** Whether a question that got no answer may have been carried out is all that matters to an account of messages. */
export type Outcome =
  | { readonly kind: 'Answered'; readonly answer: Answer }
  /** It never left: nothing can have come of it. */
  | { readonly kind: 'Unsent' }
  | { readonly kind: 'Unanswered' };

interface Waiting {
  readonly settle: (outcome: Outcome) => void;
  readonly timer: NodeJS.Timeout;
  sent: boolean;
}

class Connection {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #received: Buffer = Buffer.alloc(0);
  #connected = false;
  #opaque = 0;
  closed = false;

  constructor(address: string) {
    const colon = address.lastIndexOf(':');
    this.#socket = connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)) });
    this.#socket.setNoDelay(true);
    this.#socket.once('connect', () => {
      this.#connected = true;
      // What was written before is buffered by the socket and leaves now.
      for (const waiting of this.#waiting.values()) waiting.sent = true;
    });
    this.#socket.on('data', (chunk: Buffer) => {
      this.#take(chunk);
    });
    this.#socket.on('error', () => undefined); // 'close' follows
    this.#socket.once('close', () => {
      this.#close();
    });
  }

  ask(question: Question, timeoutMs: number): Promise<Outcome> {
    return new Promise((settle) => {
      if (this.closed) {
        settle({ kind: 'Unsent' });
        return;
      }
      this.#opaque += 1;
      // A peer that does not answer one question in time answers none: all of them go to another.
      const timer = setTimeout(() => {
        this.#close();
      }, timeoutMs);
      this.#waiting.set(this.#opaque, { settle, timer, sent: this.#connected });
      this.#socket.write(frameOf(question, this.#opaque));
    });
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 4) {
      const length = 4 + this.#received.readInt32BE(0);
      if (this.#received.length < length) return;
      const answer = readFrame(this.#received.subarray(0, length));
      this.#received = this.#received.subarray(length);
      const waiting = this.#waiting.get(answer.opaque);
      if (waiting === undefined) continue;
      this.#waiting.delete(answer.opaque);
      clearTimeout(waiting.timer);
      waiting.settle({ kind: 'Answered', answer });
    }
  }

  #close(): void {
    this.closed = true;
    this.#socket.destroy();
    for (const { settle, timer, sent } of this.#waiting.values()) {
      clearTimeout(timer);
      settle({ kind: sent ? 'Unanswered' : 'Unsent' });
    }
    this.#waiting.clear();
  }
}

/** One connection to each address that was asked last, made again when it broke. */
export class Connections {
  readonly #open = new Map<string, Connection>();

  ask(address: string, question: Question, timeoutMs: number): Promise<Outcome> {
    let connection = this.#open.get(address);
    if (connection === undefined || connection.closed) {
      connection = new Connection(address);
      this.#open.set(address, connection);
    }
    return connection.ask(question, timeoutMs);
  }
}
