/** Runs in a pod of the test cluster: questions and answers, a load or a stream, as JSON lines. */
import { createInterface } from 'node:readline';
import { load } from './load.ts';
import type { LoadQuestion, ServedQuestion, StreamQuestion } from './protocol.ts';
import { answer } from './questions.ts';
import { stream } from './stream.ts';

const [command = '', text = 'null'] = process.argv.slice(2);
// The harness sends what protocol.ts says: both sides are built from that file.
const emit = (line: unknown): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

const commands: Readonly<Record<string, () => Promise<void>>> = {
  // Until its standard input ends; a question that takes long does not hold up the next one.
  serve: async () => {
    for await (const line of createInterface({ input: process.stdin })) {
      const asked: ServedQuestion = JSON.parse(line);
      void answer(asked).then(emit);
    }
  },
  load: async () => {
    const asked: LoadQuestion = JSON.parse(text);
    await load(asked, emit);
  },
  // Until its standard input ends.
  stream: async () => {
    const asked: StreamQuestion = JSON.parse(text);
    let stopped = false;
    process.stdin.resume().once('end', () => {
      stopped = true;
    });
    await stream(asked, () => stopped, emit);
  },
};

const chosen = commands[command];
if (chosen === undefined) throw new Error(`no such command: ${command}`);
await chosen();
