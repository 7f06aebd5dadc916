/** Sends numbered messages to one group, one after another at a pace, until told to stop; then reads all of them back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { brokersOf, send } from './facts.ts';
import type { StreamLine, StreamQuestion } from './protocol.ts';
import { PULL_NOT_FOUND, pullQuestion, storedMessages } from './pull.ts';
import { ask } from './remoting.ts';

const RETRY_PAUSE_MS = 50;

export async function stream(
  question: StreamQuestion,
  stopped: () => boolean,
  emit: (line: StreamLine) => void,
): Promise<void> {
  const periodMs = 1_000 / question.perSecond;
  let due = Date.now();
  for (let sequence = 1; !stopped(); sequence += 1) {
    emit(await sendUntilAcknowledged(question, sequence));
    due = Math.max(due + periodMs, Date.now() - 1_000);
    if (due > Date.now()) await sleep(due - Date.now());
  }
  emit({ type: 'end', stored: await storedSequences(question) });
}

async function sendUntilAcknowledged(question: StreamQuestion, sequence: number): Promise<StreamLine> {
  const { topic, sendTimeoutMs } = question;
  for (let attempt = 1; ; attempt += 1) {
    const broker = await masterOf(question);
    if (broker !== undefined) {
      const body = `${question.run} ${String(sequence)}`;
      const answer = await send({ broker, topic, body, timeoutMs: sendTimeoutMs });
      if (answer.code === 0) return { type: 'ack', sequence, at: Date.now(), attempts: attempt };
    }
    await sleep(RETRY_PAUSE_MS);
  }
}

/** Of the first name server that lists one: a client asks no more either. */
async function masterOf(question: StreamQuestion): Promise<string | undefined> {
  for (const nameServer of question.nameServers) {
    try {
      const master = (await brokersOf(nameServer))[question.group]?.['0'];
      if (master !== undefined) return master;
    } catch {
      // The next one may know.
    }
  }
  return undefined;
}

/** Every sequence number of this run that the group's present master gives out. */
async function storedSequences(question: StreamQuestion): Promise<readonly number[]> {
  const found: number[] = [];
  let offset = 0;
  for (;;) {
    const broker = await masterOf(question);
    if (broker === undefined) throw new Error(`${question.group} has no master to read from`);
    const answer = await ask(broker, pullQuestion({ topic: question.topic, queueId: 0, offset }));
    if (answer.code === PULL_NOT_FOUND) return found;
    if (answer.code !== 0) throw new Error(`pull refused with code ${String(answer.code)}: ${answer.remark}`);
    for (const { body } of storedMessages(answer.bytes)) {
      const [run, sequence] = body.split(' ');
      if (run === question.run) found.push(Number(sequence));
    }
    offset = Number(answer.fields['nextBeginOffset']);
  }
}
