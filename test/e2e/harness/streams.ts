/** A stream of numbered messages into every group, and the judgement at its end. */
import { ConsumerGroups, Topics } from '../../../operator/src/api/mod.ts';
import type { KubeApi } from '../../../operator/src/kube/mod.ts';
import { EXCHANGE } from './install.ts';
import { intent, waitReady } from './kube.ts';
import { READER } from './probe/pull.ts';
import type { Signer } from './probe/remoting.ts';
import type { Prober, Stream } from './prober.ts';
import { largestGap, type Gap } from './record/gaps.ts';
import { checkStream, type StreamVerdict } from './record/stream-check.ts';
import { clusterQuestion, type Shape } from './topology.ts';
import { waitFor, yes } from './wait.ts';

export const STREAM_TOPIC = 'e2e-stream';
const PER_SECOND = 50;

export interface Streams {
  /** Waits until every group has acknowledged a message after this moment. */
  flowing(deadlineMs: number): Promise<void>;
  /**
   * When the group first acknowledged a message after a moment, in epoch milliseconds; undefined: not yet.
   *
   * @param notBy address of a broker whose acknowledgements do not count
   */
  firstAckAfter(group: string, momentMs: number, notBy?: string): number | undefined;
  /** When the group acknowledged, in epoch milliseconds, in order. */
  acknowledgedAt(group: string): readonly number[];
  stop(): Promise<readonly StreamResult[]>;
  /** Ends what still runs, without a judgement. Does nothing after `stop`. */
  abandon(): void;
}

export interface StreamResult {
  readonly group: string;
  readonly acknowledged: number;
  readonly gap: Gap | undefined;
  readonly verdict: StreamVerdict;
}

/** What is wrong with a stream; a send whose answer was lost may be there twice, which is nothing wrong. */
export function faultsOf({ verdict }: Pick<StreamResult, 'verdict'>): Omit<StreamVerdict, 'repeated'> {
  const { lost, disordered, invented } = verdict;
  return { lost, disordered, invented };
}

export const noFaults: ReturnType<typeof faultsOf> = { lost: [], disordered: [], invented: [] };

export async function startStreams(
  kube: KubeApi,
  prober: Prober,
  run: string,
  shape: Shape = EXCHANGE,
  signedBy?: Signer,
): Promise<Streams> {
  const clusterRef = { name: shape.name };
  const key = { namespace: shape.namespace, name: STREAM_TOPIC };
  const spec = { clusterRef, type: 'Normal', queuesPerBroker: 1 };
  await kube.apply(Topics, intent(Topics, key, { spec }));
  await waitReady(kube, Topics, key, 60_000);
  // Who reads the messages back.
  const reader = { namespace: shape.namespace, name: READER };
  await kube.apply(ConsumerGroups, intent(ConsumerGroups, reader, { spec: { clusterRef } }));
  await waitReady(kube, ConsumerGroups, reader, 60_000);
  const { nameServers } = clusterQuestion(shape);
  const streams = new Map<string, Stream>(
    shape.groups.map((group) => [
      group,
      prober.stream({
        nameServers,
        group,
        topic: STREAM_TOPIC,
        run,
        perSecond: PER_SECOND,
        sendTimeoutMs: 3_000,
        ...(signedBy === undefined ? {} : { signedBy }),
      }),
    ]),
  );
  const flowing = async (deadlineMs: number): Promise<void> => {
    const since = Date.now();
    await waitFor({
      what: 'every group to acknowledge a message',
      deadlineMs,
      look: () => {
        const silent = [...streams].filter(([, { acks }]) => (acks.at(-1)?.at ?? 0) < since);
        return yes(silent.length === 0, `none from ${silent.map(([group]) => group).join(', ')}`);
      },
    });
  };
  const abandon = (): void => {
    for (const stream of streams.values()) stream.abandon();
  };
  try {
    await flowing(30_000);
  } catch (error) {
    abandon();
    throw error;
  }
  return {
    flowing,
    firstAckAfter: (group, momentMs, notBy) =>
      streams.get(group)?.acks.find(({ at, broker }) => at > momentMs && broker !== notBy)?.at,
    acknowledgedAt: (group) => (streams.get(group)?.acks ?? []).map(({ at }) => at),
    abandon,
    stop: () =>
      Promise.all(
        [...streams].map(async ([group, stream]) => {
          const stored = await stream.stop();
          const numbers = stream.acks.map(({ sequence }) => sequence);
          const verdict = checkStream(numbers, stored);
          explainLosses(group, stream.acks, verdict);
          return {
            group,
            acknowledged: numbers.length,
            gap: largestGap(stream.acks.map(({ at }) => at)),
            verdict,
          };
        }),
      ),
  };
}

/** Who promised to keep what is lost, and when: the logs of that broker tell the rest. */
function explainLosses(group: string, acks: Stream['acks'], verdict: StreamVerdict): void {
  const numbers = new Set(verdict.lost);
  const lost = acks.filter(({ sequence }) => numbers.has(sequence));
  for (const { sequence, at, attempts, broker, messageId } of lost) {
    process.stderr.write(
      `[e2e] ${group} lost ${String(sequence)}: acknowledged by ${broker} as ${messageId} at ${new Date(at).toISOString()}, attempts: ${String(attempts)}\n`,
    );
  }
}
