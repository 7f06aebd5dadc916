/** Runs in a pod of the test cluster: one command, its question as JSON, its answer as JSON lines. */
import { clusterFacts, offsets, raw, send } from './facts.ts';
import { load } from './load.ts';
import { commit, metadata } from './metadata.ts';
import type {
  ClusterQuestion,
  CommitQuestion,
  LoadQuestion,
  MetadataQuestion,
  OffsetsQuestion,
  RawQuestion,
  SendQuestion,
  StreamQuestion,
} from './protocol.ts';
import { stream } from './stream.ts';

const [command = '', text = 'null'] = process.argv.slice(2);
// The harness sends what protocol.ts says: both sides are built from that file.
const emit = (line: unknown): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

const commands: Readonly<Record<string, () => Promise<void>>> = {
  cluster: async () => {
    const asked: ClusterQuestion = JSON.parse(text);
    emit(await clusterFacts(asked));
  },
  send: async () => {
    const asked: SendQuestion = JSON.parse(text);
    emit(await send(asked));
  },
  raw: async () => {
    const asked: RawQuestion = JSON.parse(text);
    emit(await raw(asked));
  },
  offsets: async () => {
    const asked: OffsetsQuestion = JSON.parse(text);
    emit(await offsets(asked));
  },
  metadata: async () => {
    const asked: MetadataQuestion = JSON.parse(text);
    emit(await metadata(asked));
  },
  commit: async () => {
    const asked: CommitQuestion = JSON.parse(text);
    await commit(asked);
    emit({});
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
