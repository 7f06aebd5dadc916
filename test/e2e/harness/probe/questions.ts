/** What can be asked of the probe: by name, with the question's JSON. The harness sends what protocol.ts says. */
import { clusterFacts, offsets, raw, send } from './facts.ts';
import { commit, metadata } from './metadata.ts';
import type {
  ClusterQuestion,
  CommitQuestion,
  MetadataQuestion,
  OffsetsQuestion,
  RawQuestion,
  SendQuestion,
  ServedAnswer,
  ServedQuestion,
} from './protocol.ts';

const questions: Readonly<Record<string, (text: string) => Promise<unknown>>> = {
  cluster: (text) => {
    const asked: ClusterQuestion = JSON.parse(text);
    return clusterFacts(asked);
  },
  send: (text) => {
    const asked: SendQuestion = JSON.parse(text);
    return send(asked);
  },
  raw: (text) => {
    const asked: RawQuestion = JSON.parse(text);
    return raw(asked);
  },
  offsets: (text) => {
    const asked: OffsetsQuestion = JSON.parse(text);
    return offsets(asked);
  },
  metadata: (text) => {
    const asked: MetadataQuestion = JSON.parse(text);
    return metadata(asked);
  },
  commit: async (text) => {
    const asked: CommitQuestion = JSON.parse(text);
    await commit(asked);
    return {};
  },
};

/** Never rejects. */
export async function answer({ id, command, question }: ServedQuestion): Promise<ServedAnswer> {
  try {
    const asked = questions[command];
    if (asked === undefined) throw new Error(`no such question: ${command}`);
    return { id, facts: JSON.stringify(await asked(question)) };
  } catch (error) {
    return { id, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
