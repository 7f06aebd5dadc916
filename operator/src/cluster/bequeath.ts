/**
 * Gives an heir what its master keeps beside the messages, before it becomes master itself.
 *
 * Replicas ask for it by themselves every few seconds (SlaveSynchronize), which is not enough. What came since is
 * missing, a hand-over is planned, and nothing has to be. And the offsets of a master of 5.5.0 never arrive once
 * anybody has pulled from it: it sends its pullOffsetTable along, which has numbers for keys, and its replicas, of 5.5.0
 * and of 5.4.0, give up on them (apache/rocketmq#10284). Groups would start where the replica last heard of them, or at
 * the end of the queue if it never did, and then messages are passed over.
 */
import { startDeadline } from '../kube/mod.ts';
import { RocketmqError, type CallOptions, type ConsumerOffset } from '../rocketmq/mod.ts';
import { listed } from '../listed.ts';
import type { Attendant } from './attendant.ts';
import { servingMaster, takesPart } from './membership.ts';
import { metadataGap, offsetGap, unexplained, type Metadata, type MetadataGap } from './metadata.ts';
import type { Rocketmq } from './observe.ts';
import { offsetsStayOnMaster } from './versions.ts';
import type { GroupView } from './view.ts';

type Broker = ReturnType<Rocketmq['broker']>;

export interface Succession {
  readonly group: string;
  readonly from: { readonly pod: string; readonly address: string };
  readonly to: { readonly pod: string; readonly address: string };
}

/** The heir does not have everything yet; the group stays with its master, and the next pass tries again. */
export class HeirBehindError extends Error {
  override readonly name = 'HeirBehindError';
  readonly code = 'HeirBehind';
  readonly retryable = true;

  constructor({ group, from, to }: Succession, why: string, cause?: unknown) {
    super(`${group}: ${to.pod} cannot take over from ${from.pod} yet: ${why}`, { cause });
  }
}

const withinMs = 20_000;
/** Of a master that ends whether or not its heir has everything. */
const urgentWithinMs = 4_000;
/** The group refuses sends meanwhile, and what is not copied is consumed twice. */
const lastOffsetsWithinMs = 500;
const callTimeoutMs = 5_000;
/** Commits under way at once: brokers answer them from memory. */
const lanes = 64;
const shown = 3;

/**
 * Copies, looks again, and copies what was new meanwhile.
 *
 * @param urgent the master ends anyway, and the heir takes over with what it has: there is less time
 * @throws HeirBehindError
 */
export async function bequeath(attendant: Attendant, succession: Succession, urgent: boolean): Promise<void> {
  const { clock, signal, rocketmq } = attendant;
  const limitMs = urgent ? urgentWithinMs : withinMs;
  const deadline = startDeadline(clock, limitMs, `metadata of ${succession.group}`, signal);
  const call = { signal: deadline.signal, timeoutMs: callTimeoutMs };
  const [master, heir] = [rocketmq.broker(succession.from.address), rocketmq.broker(succession.to.address)];
  try {
    const before = await readBoth(master, heir, call);
    await write(heir, metadataGap(before.master, before.heir), call);
    const after = await readBoth(master, heir, call);
    const gap = metadataGap(after.master, after.heir);
    const missing = unexplained(gap, before.master);
    if (missing.length > 0) throw new HeirBehindError(succession, `it lacks ${listed(missing, shown)}`);
    await write(heir, gap, call);
  } catch (error) {
    if (error instanceof HeirBehindError) throw error;
    throw new HeirBehindError(succession, error instanceof Error ? error.message : String(error), error);
  } finally {
    deadline.dispose();
  }
}

/**
 * The offsets once more, when clients are on their way out already: what is committed from now on is consumed twice.
 * That is also all that a failure costs, so the hand-over does not wait for it for long.
 */
export async function bequeathLastOffsets(attendant: Attendant, succession: Succession): Promise<void> {
  const { clock, signal } = attendant;
  const deadline = startDeadline(clock, lastOffsetsWithinMs, `offsets of ${succession.group}`, signal);
  try {
    await bequeathOffsets({ ...attendant, signal: deadline.signal }, succession);
  } finally {
    deadline.dispose();
  }
}

/** What fails is logged: the next time does it. */
export async function bequeathOffsets(attendant: Attendant, succession: Succession): Promise<void> {
  const { rocketmq, signal, log } = attendant;
  const call = { signal, timeoutMs: callTimeoutMs };
  const [master, heir] = [rocketmq.broker(succession.from.address), rocketmq.broker(succession.to.address)];
  try {
    const [its, own] = await Promise.all([master.consumerOffsets(call), heir.consumerOffsets(call)]);
    await commit(heir, offsetGap(its, own), call);
  } catch (error) {
    const pods = { group: succession.group, from: succession.from.pod, to: succession.to.pod };
    log.warn({ err: error, ...pods }, 'the offsets of a master could not be copied to a replica');
  }
}

/**
 * Replicas in sync that would be without the offsets of their master if they had to take over unprepared, or to give
 * messages out while it is away (`slaveReadEnable`).
 */
export function disinherited(groups: readonly GroupView[]): readonly Succession[] {
  return groups.flatMap(({ name, members }) => {
    const from = servingMaster(members);
    if (from === undefined || !offsetsStayOnMaster(from.version)) return [];
    const replicas = members.filter((member) => member.leads === false && takesPart(member));
    return replicas.map((to) => ({ group: name, from, to }));
  });
}

async function readBoth(
  master: Broker,
  heir: Broker,
  call: CallOptions,
): Promise<{ readonly master: Metadata; readonly heir: Metadata }> {
  const [masters, heirs] = await Promise.all([read(master, call), read(heir, call)]);
  return { master: masters, heir: heirs };
}

async function read(broker: Broker, call: CallOptions): Promise<Metadata> {
  const [{ topics }, { groups }, offsets] = await Promise.all([
    broker.topicConfigs(call),
    broker.subscriptionGroups(call),
    broker.consumerOffsets(call),
  ]);
  return { topics, groups, offsets };
}

/** Topics and groups first: an offset is refused without them. What is refused shows in the next look. */
async function write(
  heir: Broker,
  { topics, groups, offsets }: MetadataGap,
  call: CallOptions,
): Promise<void> {
  if (topics.length > 0) await heir.putTopics(topics, call);
  if (groups.length > 0) await heir.putSubscriptionGroups(groups, call);
  await commit(heir, offsets, call);
}

async function commit(heir: Broker, offsets: MetadataGap['offsets'], call: CallOptions): Promise<void> {
  for (let start = 0; start < offsets.length; start += lanes) {
    await Promise.all(offsets.slice(start, start + lanes).map((offset) => commitOne(heir, offset, call)));
  }
}

/** A topic or group that is not there has no consumer that could miss its offset. */
async function commitOne(heir: Broker, offset: ConsumerOffset, call: CallOptions): Promise<void> {
  try {
    await heir.commitOffset(offset, call);
  } catch (error) {
    if (!(error instanceof RocketmqError) || error.code !== 'NotFound') throw error;
  }
}
