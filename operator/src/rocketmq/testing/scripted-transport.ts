import type { Command } from '../codec/command.ts';
import type { Request } from '../transport/connection.ts';
import type { Transport } from '../transport/pool.ts';

interface Sent {
  readonly address: string;
  readonly code: number;
  readonly extFields: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
}

interface Answer {
  readonly code?: number;
  readonly remark?: string;
  readonly extFields?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Answers without a network, and keeps what was asked. */
export class ScriptedTransport implements Transport {
  readonly sent: Sent[] = [];
  readonly #answer: (sent: Sent) => Answer;

  constructor(answer: (sent: Sent) => Answer) {
    this.#answer = answer;
  }

  call(address: string, request: Request, { timeoutMs }: { readonly timeoutMs: number }): Promise<Command> {
    const { code, extFields, body } = request;
    const sent = { address, code, extFields: { ...extFields }, body: body.toString(), timeoutMs };
    this.sent.push(sent);
    const answer = { code: 0, extFields: {}, ...this.#answer(sent) };
    const wire = { opaque: 1, flag: 1, version: 513, language: 'JAVA', body: Buffer.from(answer.body ?? '') };
    return Promise.resolve({ ...answer, ...wire });
  }
}
