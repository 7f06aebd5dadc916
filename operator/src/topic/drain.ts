/** Whether queues that a topic is to give up are empty (rocketmq-wire.md §6.7). */
import {
  ADMIN_CALLS_IN_FLIGHT,
  firstLine,
  forEachLimited,
  isSilence,
  readersOn,
  type Closed,
  type ClusterView,
  type DrainCalls,
} from '../objects/mod.ts';
import {
  RocketmqError,
  type BrokerAdmin,
  type CallOptions,
  type ConsumerOffsets,
  type TopicConfig,
  type TopicRoute,
} from '../rocketmq/mod.ts';
import { MESSAGE_TYPE, MESSAGE_TYPES, type DesiredTopic } from './desired.ts';
import { heldAttribute } from './diff.ts';
import { groupsInWords } from './groups-in-words.ts';

/** Clients and proxies learn of other queues within 30 s each, and a broker takes messages for queues that it still reads. */
const ROUTE_REFRESH_MS = 60_000;
const READABLE = 4;

export const queueDrain: DrainCalls<DesiredTopic, TopicConfig> = {
  isClosed,
  lateMs,
  readers: readersOn,
  leftovers,
};

function isClosed({ queues }: DesiredTopic, brokerName: string, route: TopicRoute): boolean {
  const led = route.queues.find((each) => each.brokerName === brokerName);
  return led === undefined || led.writeQueueNums <= queues;
}

/** A timed message and a half message keep the queue that they were sent to. */
function lateMs(actual: TopicConfig, { heldBack: { timedMs, transactionMs } }: ClusterView): number {
  const type = heldAttribute(actual, MESSAGE_TYPE);
  if (type === MESSAGE_TYPES.Normal || type === MESSAGE_TYPES.FIFO) return ROUTE_REFRESH_MS;
  if (type === MESSAGE_TYPES.Delay) return ROUTE_REFRESH_MS + timedMs;
  if (type === MESSAGE_TYPES.Transaction) return ROUTE_REFRESH_MS + transactionMs;
  return ROUTE_REFRESH_MS + timedMs + transactionMs;
}

async function leftovers(
  broker: BrokerAdmin,
  draining: ReadonlyMap<string, Closed<DesiredTopic>>,
  view: ClusterView,
  options: CallOptions,
): Promise<ReadonlyMap<string, string>> {
  const [offsets, timed] = await Promise.all([broker.consumerOffsets(options), timers(broker, options)]);
  const left = new Map<string, string>();
  await forEachLimited([...draining], ADMIN_CALLS_IN_FLIGHT, async ([topic, closed]) => {
    const clause =
      (isPastTimers(closed, view) ? undefined : timed(topic)) ??
      (await unread(broker, topic, closed, offsets, options));
    if (clause !== undefined) left.set(topic, clause);
  });
  return left;
}

/** By topic, whether timed messages are in the way, as a clause. */
async function timers(
  broker: BrokerAdmin,
  options: CallOptions,
): Promise<(topic: string) => string | undefined> {
  try {
    const counts = await broker.timedMessages(options);
    // It counts up and down, and may have begun too low after a crash (TimerMetrics): only 0 means none.
    return (topic) =>
      (counts.get(topic) ?? 0) === 0 ? undefined : 'timed messages that may be for them wait for their time';
  } catch (error) {
    if (isSilence(error)) throw error;
    // As with timerWheelEnable=false.
    return () => 'the broker does not tell of timed messages that may be for them';
  }
}

/** What is on a timer by then was sent to queues that stay: also of a topic that had another type, and of transactions. */
function isPastTimers({ closedForMs }: Closed<DesiredTopic>, { heldBack }: ClusterView): boolean {
  return closedForMs >= ROUTE_REFRESH_MS + heldBack.transactionMs + heldBack.timedMs;
}

async function unread(
  broker: BrokerAdmin,
  topic: string,
  { desired: { queues: first, perm }, readers: groups }: Closed<DesiredTopic>,
  offsets: ConsumerOffsets,
  options: CallOptions,
): Promise<string | undefined> {
  try {
    const { queues } = await broker.topicStats(topic, options);
    const filled = queues.filter((queue) => queue.queueId >= first && queue.maxOffset > queue.minOffset);
    // A queue that a group never committed is one that it never read, be it that it began on another broker group.
    const placeIn = (group: string, queueId: number): number =>
      offsets.get(group)?.get(topic)?.get(queueId) ?? 0;
    const behind = [...groups]
      .filter((group) => filled.some(({ queueId, maxOffset }) => placeIn(group, queueId) < maxOffset))
      .toSorted();
    if (behind.length === 0) return undefined;
    const why = (perm & READABLE) === 0 ? ', and its permission lets nobody read' : '';
    return `not read to the end by ${groupsInWords(behind)}: queues from number ${first} on${why}`;
  } catch (error) {
    if (!(error instanceof RocketmqError) || isSilence(error)) throw error;
    return error.code === 'NotFound' ? undefined : firstLine(error.message);
  }
}
