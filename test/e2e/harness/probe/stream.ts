/** Sends numbered messages to one group, one after another at a pace, until told to stop; then reads all of them back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { brokersOf, send } from './facts.ts';
import type { StreamLine, StreamQuestion } from './protocol.ts';
import { PULL_NOT_FOUND, pullQuestion, storedMessages } from './pull.ts';
import { ask } from './remoting.ts';

const RETRY_PAUSE_MS = 50;
/** As mqClientApiTimeout of RocketMQ's client. */
const ROUTE_TIMEOUT_MS = 3_000;

export async function stream(
  question: StreamQuestion,
  stopped: () => boolean,
  emit: (line: StreamLine) => void,
): Promise<void> {
  const periodMs = 1_000 / question.perSecond;
  const routes = new Routes(question);
  let due = Date.now();
  for (let sequence = 1; !stopped(); sequence += 1) {
    emit(await sendUntilAcknowledged(question, routes, sequence));
    due = Math.max(due + periodMs, Date.now() - 1_000);
    if (due > Date.now()) await sleep(due - Date.now());
  }
  emit({ type: 'end', stored: await storedSequences(question, routes) });
}

async function sendUntilAcknowledged(
  question: StreamQuestion,
  routes: Routes,
  sequence: number,
): Promise<StreamLine> {
  const { topic, sendTimeoutMs } = question;
  const signing = signingOf(question);
  for (let attempt = 1; ; attempt += 1) {
    const broker = await routes.master();
    if (broker !== undefined) {
      const body = `${question.run} ${String(sequence)}`;
      const answer = await send({ broker, topic, body, timeoutMs: sendTimeoutMs, ...signing });
      if (answer.code === 0) {
        const { messageId = '' } = answer;
        return { type: 'ack', sequence, at: Date.now(), attempts: attempt, broker, messageId };
      }
    }
    await sleep(RETRY_PAUSE_MS);
  }
}

function signingOf({ signedBy }: StreamQuestion): Pick<StreamQuestion, 'signedBy'> {
  return signedBy === undefined ? {} : { signedBy };
}

/** As a client does: it asks one name server, and another when that one does not answer. */
class Routes {
  readonly #group: string;
  #nameServers: readonly string[];

  constructor({ group, nameServers }: StreamQuestion) {
    this.#group = group;
    this.#nameServers = nameServers;
  }

  /** Of the first name server that lists one. */
  async master(): Promise<string | undefined> {
    for (const nameServer of this.#nameServers) {
      try {
        const master = (await brokersOf(nameServer, ROUTE_TIMEOUT_MS))[this.#group]?.['0'];
        if (master !== undefined) return master;
      } catch {
        this.#nameServers = [...this.#nameServers.filter((each) => each !== nameServer), nameServer];
      }
    }
    return undefined;
  }
}

/** Every sequence number of this run that the group's present master gives out. */
async function storedSequences(question: StreamQuestion, routes: Routes): Promise<readonly number[]> {
  const found: number[] = [];
  let offset = 0;
  for (;;) {
    const broker = await routes.master();
    if (broker === undefined) throw new Error(`${question.group} has no master to read from`);
    const pull = pullQuestion({ topic: question.topic, queueId: 0, offset });
    const answer = await ask(broker, { ...pull, ...signingOf(question) });
    if (answer.code === PULL_NOT_FOUND) return found;
    if (answer.code !== 0) throw new Error(`pull refused with code ${String(answer.code)}: ${answer.remark}`);
    for (const { body } of storedMessages(answer.bytes)) {
      const [run, sequence] = body.split(' ');
      if (run === question.run) found.push(Number(sequence));
    }
    offset = Number(answer.fields['nextBeginOffset']);
  }
}
