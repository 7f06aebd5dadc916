/** One run of the probe's program that answers question after question, as starting one for each costs half a second. */
import { CommandError, startLines, type LineProcess } from './shell.ts';
import type { ServedAnswer, ServedQuestion } from './probe/protocol.ts';

const QUESTION_DEADLINE_MS = 60_000;
/** Whoever asks seldom leaves no program behind in the pod. */
const IDLE_MS = 5_000;

type Start = (onLine: (line: string) => void) => LineProcess;

interface Waiting {
  /** @param facts their JSON */
  resolve(facts: string): void;
  reject(error: CommandError): void;
  readonly deadline: NodeJS.Timeout;
}

/** Starts the program at the first question, and again at the next one after it ended. */
export class ProbeSessions {
  readonly #start: Start;
  readonly #idleMs: number;
  #current: Session | undefined;

  constructor(program: string, args: readonly string[], idleMs = IDLE_MS) {
    this.#start = (onLine) => startLines(program, args, onLine);
    this.#idleMs = idleMs;
  }

  /** @throws CommandError when the answer is a failure, does not come in time, or the program ends before */
  async ask<T>(command: string, question: unknown): Promise<T> {
    if (this.#current?.open !== true) this.#current = new Session(this.#start, this.#idleMs);
    const facts: T = JSON.parse(await this.#current.ask(command, JSON.stringify(question)));
    return facts;
  }
}

class Session {
  /** Whether it takes questions. */
  open = true;
  readonly #process: LineProcess;
  readonly #idleMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(start: Start, idleMs: number) {
    this.#idleMs = idleMs;
    this.#process = start((line) => {
      const answer: ServedAnswer = JSON.parse(line);
      this.#answered(answer);
    });
    void this.#failWhenEnded();
  }

  /** @returns the answer's JSON */
  ask(command: string, question: string): Promise<string> {
    clearTimeout(this.#idle);
    const id = (this.#asked += 1);
    const line: ServedQuestion = { id, command, question };
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        this.#fail(id, 'Timeout', `no answer within ${String(QUESTION_DEADLINE_MS)} ms`);
        this.open = false;
        this.#process.kill();
      }, QUESTION_DEADLINE_MS);
      this.#waiting.set(id, { resolve, reject, deadline });
      this.#process.write(JSON.stringify(line));
    });
  }

  async #failWhenEnded(): Promise<void> {
    const { code, stderr } = await this.#process.ended;
    this.open = false;
    for (const id of this.#waiting.keys()) this.#fail(id, 'Exit', `ended with ${String(code)}: ${stderr}`);
  }

  #answered(answer: ServedAnswer): void {
    if ('failure' in answer) this.#fail(answer.id, 'Exit', answer.failure);
    else this.#take(answer.id)?.resolve(answer.facts);
    if (this.#waiting.size > 0) return;
    this.#idle = setTimeout(() => {
      this.open = false;
      this.#process.end();
    }, this.#idleMs);
    // A test that is over does not wait for it: the program ends with its standard input.
    this.#idle.unref();
  }

  #fail(id: number, code: CommandError['code'], why: string): void {
    this.#take(id)?.reject(new CommandError(code, 'probe', '', why));
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.deadline);
    return waiting;
  }
}
