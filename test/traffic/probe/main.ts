/**
 * Runs in a pod on the control plane's node: sends and reads until told to stop, then reads every log from its
 * beginning. Everything goes into files of one folder, so that neither the API server nor a worker is needed to
 * follow it or to stop it.
 */
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterFacts } from '../../e2e/harness/probe/facts.ts';
import type { ClusterFacts } from '../../e2e/harness/probe/protocol.ts';
import { formatLine, type Line } from '../record/lines.ts';
import { Connections } from './connection.ts';
import { readQueue } from './consume.ts';
import { Masters } from './masters.ts';
import { produce } from './produce.ts';
import { files, type Progress, type TrafficQuestion } from './protocol.ts';

const WRITE_EVERY_MS = 250;
const ASK_EVERY_MS = 1_000;
/** A number that is under way at the end has so long to be acknowledged. */
const LAST_SEND_MS = 60_000;
/** What the proxies have not given out so long after everything was read from the masters counts as not delivered. */
const LAST_DELIVERY_MS = 120_000;

const [folder = '.'] = process.argv.slice(2);
const path = (name: string): string => join(folder, name);
const question: TrafficQuestion = JSON.parse(readFileSync(path(files.question), 'utf8'));
const { cluster, topic, run } = question;
const queues = Array.from({ length: question.queues }, (_none, queue) => queue);
const lanes = cluster.groups.flatMap((group) => queues.map((queue) => ({ group, queue })));

const counts = new Map(
  cluster.groups.map((group) => [group, { acknowledged: 0, lastAckAt: 0, delivered: 0 }]),
);
let pending: string[] = [];
let state: Progress['state'] = 'Sending';
let facts: { readonly facts: ClusterFacts; readonly askedAt: number } | undefined;
let stoppedAt: number | undefined;

function record(line: Line): void {
  pending.push(formatLine(line));
  const count = counts.get(line.group);
  if (count === undefined) return;
  if (line.type === 'A') {
    count.acknowledged += 1;
    count.lastAckAt = Math.max(count.lastAckAt, line.at);
  } else if (line.type === 'D') count.delivered += 1;
}

function write(error?: string): void {
  const lines = pending;
  pending = [];
  if (lines.length > 0) appendFileSync(path(files.record), `${lines.join('\n')}\n`);
  const progress: Progress = {
    at: Date.now(),
    state,
    ...(error === undefined ? {} : { error }),
    groups: Object.fromEntries(counts),
    ...facts,
  };
  // By renaming: whoever reads it never sees half of it.
  writeFileSync(path(`${files.progress}.new`), JSON.stringify(progress));
  renameSync(path(`${files.progress}.new`), path(files.progress));
}

/** Until the process ends. */
async function watchCluster(): Promise<never> {
  for (;;) {
    const askedAt = Date.now();
    facts = { facts: await clusterFacts(cluster), askedAt };
    await sleep(ASK_EVERY_MS);
  }
}

async function traffic(): Promise<void> {
  const masters = new Masters(cluster.nameServers);
  const senders = new Connections();
  const readers = new Connections();
  const periodMs = (1_000 * lanes.length) / question.perSecond;
  const sending = Promise.all(
    lanes.map((lane, index) =>
      // Not all at the same moment of each period.
      sleep((index * periodMs) / lanes.length).then(() =>
        produce({
          ...lane,
          question,
          periodMs,
          connections: senders,
          masters,
          stopped: () => stoppedAt !== undefined,
          givenUp: () => stoppedAt !== undefined && Date.now() > stoppedAt + LAST_SEND_MS,
          acknowledged: (sent) => {
            record({ type: 'A', ...lane, ...sent });
          },
          unfinished: (sent) => {
            record({ type: 'U', ...lane, ...sent });
          },
        }),
      ),
    ),
  );
  /** Position behind the last message of each queue, once its log was read to the end. */
  const ends = new Map<(typeof lanes)[number], number>();
  let readAt: number | undefined;
  const consuming = Promise.all(
    lanes.map((lane) =>
      readQueue({
        ...lane,
        topic,
        run,
        connections: readers,
        address: () => Promise.resolve(question.proxy),
        brokerName: lane.group,
        take: (held) => {
          record({ type: 'D', ...lane, ...held });
        },
        finished: (next) => next >= (ends.get(lane) ?? Number.POSITIVE_INFINITY),
        givenUp: () => readAt !== undefined && Date.now() > readAt + LAST_DELIVERY_MS,
      }),
    ),
  );
  await sending;
  state = 'Reading';
  await Promise.all(
    lanes.map((lane) =>
      readQueue({
        ...lane,
        topic,
        run,
        connections: senders,
        address: (failed) => masters.find(lane.group, failed),
        take: (held) => {
          record({ type: 'F', ...lane, ...held });
        },
        finished: (next) => {
          ends.set(lane, next);
          return true;
        },
      }),
    ),
  );
  readAt = Date.now();
  await consuming;
}

const writing = setInterval(() => {
  if (stoppedAt === undefined && existsSync(path(files.stop))) stoppedAt = Date.now();
  write();
}, WRITE_EVERY_MS);

let failure: string | undefined;
void watchCluster().catch(() => undefined);
try {
  await traffic();
  state = 'Done';
} catch (error) {
  state = 'Failed';
  failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
}
clearInterval(writing);
write(failure);
process.exit(failure === undefined ? 0 : 1);
