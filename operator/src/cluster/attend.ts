/** Carries out what was decided about RocketMQ itself: who is master, who follows, who is forgotten. */
import { PersistentVolumeClaims, type Clock, type Logger } from '../kube/mod.ts';
import type { EpochCache } from '../rocketmq/mod.ts';
import type { Absences } from './absence.ts';
import { bequeath, bequeathOffsets, disinherited } from './bequeath.ts';
import { attempt, type Decisions } from './carry-out.ts';
import { divergences, rebuilds, suspects, type Suspect } from './divergence.ts';
import type { Emergency } from './emergency.ts';
import { claimsOf, remove, restartPod, type Executor, type Failure } from './execute.ts';
import type { SettledSettings } from './live-settings.ts';
import { goneIdentities, reattachments, type Forgotten, type Reattachment } from './membership.ts';
import { askEpochs, askReplicas, leadingController, type Answers, type Rocketmq } from './observe.ts';
import type { HandOver } from './rollout.ts';
import { standstills, type Standing } from './standstill.ts';
import type { StuckProcesses } from './stuck.ts';
import type { Trouble } from './status.ts';
import type { ClusterSnapshot } from './view.ts';

const callTimeoutMs = 5_000;

export interface Attendant extends Executor {
  readonly rocketmq: Rocketmq;
  readonly answers: Answers;
  readonly log: Logger;
  readonly clock: Clock;
}

/** What is kept between passes about members. Losing it costs a question or a few seconds. */
export interface MemberMemory {
  /** Keys of replicas that were made to register under their present master. */
  readonly reattached: ReadonlySet<string>;
  readonly standing: ReadonlyMap<string, Standing>;
  /** Keys of replicas that were restarted because they stood still. */
  readonly revived: ReadonlySet<string>;
  readonly settled: SettledSettings;
  readonly absent: Absences;
  readonly stuck: StuckProcesses;
  /** When replicas were last given the offsets that their master keeps to itself. */
  readonly offsetsSpreadAtMs: number;
}

export const noMemory: MemberMemory = {
  reattached: new Set(),
  standing: new Map(),
  revived: new Set(),
  settled: new Map(),
  absent: new Map(),
  stuck: new Map(),
  offsetsSpreadAtMs: 0,
};

/** What was committed for longer than this is not consumed again after a failover. */
const spreadOffsetsEveryMs = 20_000;

export interface Attended {
  readonly failures: readonly Failure[];
  readonly troubles: readonly Trouble[];
  readonly memory: Omit<MemberMemory, 'settled'>;
}

/** Comes before everything else in a pass, since a group may be refusing sends until it is done. */
export async function attendMembers(
  attendant: Attendant,
  {
    seen,
    rollout,
    emergency,
    revivals,
    nowMs,
  }: Pick<Decisions, 'seen' | 'rollout' | 'emergency' | 'revivals' | 'nowMs'>,
  before: MemberMemory,
): Promise<Attended> {
  const { groups } = seen;
  const reattached = await reattach(attendant, reattachments(groups), before.reattached);
  await forget(attendant, goneIdentities(groups));
  const suspected = suspects(groups);
  const [epochs, replicas] = await askOf(attendant, suspected);
  const diverged = divergences(suspected, epochs);
  const still = standstills(suspected, epochs, replicas, before.standing, before.revived, nowMs);
  const next = rollout.handOver;
  const requested = emergency.rebuild;
  const failures = await attempt([
    ...(next === undefined ? [] : [() => handOver(attendant, seen, next)]),
    ...rebuilds(groups, diverged).map(
      ({ pod, message }) =>
        () =>
          rebuild(attendant, seen, pod, message),
    ),
    ...(requested === undefined ? [] : [() => rebuild(attendant, seen, requested, 'by annotation')]),
    ...still.found.map(
      ({ pod, message }) =>
        () =>
          restartMember(attendant, seen, pod, message),
    ),
    ...revivals.map(
      ({ pod, message }) =>
        () =>
          restartMember(attendant, seen, pod, message, stuckGraceSeconds),
    ),
  ]);
  announceFences(attendant, seen, emergency);
  const offsetsSpreadAtMs = await spreadOffsets(attendant, groups, before.offsetsSpreadAtMs, nowMs);
  const troubles = diverged
    .filter(({ expendable }) => !expendable)
    .map(({ message }) => ({ reason: 'Diverged', message }) as const);
  const revived = new Set([...before.revived, ...still.found.map(({ key }) => key)]);
  return {
    failures,
    troubles,
    memory: { ...before, reattached, standing: still.standing, revived, offsetsSpreadAtMs },
  };
}

/** @returns when it was done last */
async function spreadOffsets(
  attendant: Attendant,
  groups: ClusterSnapshot['groups'],
  doneAtMs: number,
  nowMs: number,
): Promise<number> {
  if (nowMs - doneAtMs < spreadOffsetsEveryMs) return doneAtMs;
  await Promise.all(disinherited(groups).map((each) => bequeathOffsets(attendant, each)));
  return nowMs;
}

/** @returns the epochs of the suspects and their masters, and whom the masters replicate to */
function askOf(
  attendant: Attendant,
  suspected: readonly Suspect[],
): Promise<readonly [ReadonlyMap<string, EpochCache>, ReadonlyMap<string, ReadonlySet<string>>]> {
  const { rocketmq } = attendant;
  const masters = new Set(suspected.map(({ master }) => master.address));
  const brokers = [...masters, ...suspected.map(({ member }) => member.address)];
  return Promise.all([
    askEpochs(rocketmq, brokers, call(attendant)),
    askReplicas(rocketmq, [...masters], call(attendant)),
  ]);
}

/**
 * First the heir gets what it lacks. Then the old master is taken out of the name servers: replicas register when they
 * learn of another master, and who is answered with the old one's replication address stays with it (standstill.ts).
 *
 * @throws HeirBehindError when the heir does not have everything that the master keeps
 * @throws Error when a name server goes on listing it, or the controllers have no leader any more
 * @throws RocketmqError when somebody refuses or does not answer
 */
async function handOver(
  attendant: Attendant,
  seen: ClusterSnapshot,
  { group, from, to, why }: HandOver,
): Promise<void> {
  const master = seen.members.find(({ pod }) => pod === from);
  const heir = seen.members.find(({ pod }) => pod === to);
  if (master?.registers === undefined || heir?.facts?.brokerId === undefined) {
    throw new Error(`the controllers do not know ${from} and ${to} both`);
  }
  const { brokerId } = heir.facts;
  const { registers: brokerAddress } = master;
  const succession = { group, from: master, to: heir };
  await bequeath(attendant, succession);
  const cluster = attendant.cluster.metadata.name;
  await unlist(attendant, { cluster, brokerName: group, brokerAddress, brokerId: masterId });
  await bequeathOffsets(attendant, succession);
  const { changed, masterEpoch } = await controllers(attendant).electMaster(
    { cluster, brokerName: group, brokerId },
    call(attendant),
  );
  if (!changed) return;
  attendant.events.record(attendant.cluster, {
    type: 'Normal',
    reason: 'HandedOver',
    action: 'HandOver',
    note: `${group}: ${to} takes over from ${from}, ${why} (epoch ${masterEpoch})`,
  });
}

/** Name servers list a master under this id, whatever the controllers call it. */
const masterId = 0;
const unlistedWithinMs = 2_000;
const lookEveryMs = 50;

/** Name servers take an unregistration into a queue: it has happened when they list the broker no more. */
async function unlist(
  attendant: Attendant,
  broker: Parameters<ReturnType<Rocketmq['nameServer']>['unregisterBroker']>[0],
): Promise<void> {
  const { rocketmq, answers, clock, signal } = attendant;
  const untilMs = clock.monotonicMs() + unlistedWithinMs;
  await Promise.all(
    [...answers.nameServers.keys()].map(async (address) => {
      const nameServer = rocketmq.nameServer(address);
      await nameServer.unregisterBroker(broker, call(attendant));
      for (;;) {
        const { brokers } = await nameServer.clusterInfo(call(attendant));
        if (brokers.get(broker.brokerName)?.addresses.get(masterId) !== broker.brokerAddress) return;
        if (clock.monotonicMs() > untilMs)
          throw new Error(`${address} goes on listing ${broker.brokerAddress}`);
        await clock.sleep(lookEveryMs, signal);
      }
    }),
  );
}

/**
 * Makes replicas register in the name servers at once: setting the permission does, even to what it is.
 *
 * @param done keys of those that did under the present master
 * @returns the same for the next pass; who did not answer is asked again
 */
async function reattach(
  attendant: Attendant,
  replicas: readonly Reattachment[],
  done: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const keys = await Promise.all(
    replicas.map(async ({ address, key }) => {
      if (done.has(key)) return [key];
      try {
        await attendant.rocketmq.broker(address).updateConfig(readWrite, call(attendant));
        return [key];
      } catch {
        return [];
      }
    }),
  );
  return new Set(keys.flat());
}

/** PermName.PERM_READ | PERM_WRITE, which every broker of ours has. */
const readWrite: ReadonlyMap<string, string> = new Map([['brokerPermission', '6']]);

/** Housekeeping: what fails is tried again in the next pass, and nothing waits for it. */
async function forget(attendant: Attendant, gone: readonly Forgotten[]): Promise<void> {
  for (const { group: brokerName, brokerIds } of gone) {
    try {
      const cluster = attendant.cluster.metadata.name;
      await controllers(attendant).cleanBrokerData({ cluster, brokerName, brokerIds }, call(attendant));
    } catch (error) {
      attendant.log.warn({ err: error, group: brokerName, brokerIds }, 'ids of lost members stay for now');
    }
  }
}

/** The StatefulSets follow in the same pass (intents.ts). */
function announceFences(
  { events, cluster }: Attendant,
  { members }: ClusterSnapshot,
  { fenced, fencing }: Emergency,
): void {
  for (const pod of fencing) {
    const note = `Pod ${pod} is kept down by annotation; its volume stays`;
    events.record(cluster, { type: 'Warning', reason: 'Fenced', action: 'Fence', note });
  }
  for (const { pod } of members.filter((member) => member.fenced && !fenced.has(member.pod))) {
    const note = `Pod ${pod} comes back: no annotation names it any more`;
    events.record(cluster, { type: 'Normal', reason: 'Unfenced', action: 'Unfence', note });
  }
}

/** The claim first: a pod that came back before it was gone would get the same volume again. */
async function rebuild(
  attendant: Attendant,
  seen: ClusterSnapshot,
  name: string,
  why: string,
): Promise<void> {
  const claims = await claimsOf(attendant, [name]);
  if (claims === undefined) throw new Error(`the claim of ${name} could not be read`);
  for (const claim of claims) {
    if (claim.metadata.deletionTimestamp === undefined)
      await remove(attendant, PersistentVolumeClaims, claim);
  }
  attendant.events.record(attendant.cluster, {
    type: 'Warning',
    reason: 'Rebuilt',
    action: 'Rebuild',
    note: `The volume of pod ${name} is made anew: ${why}`,
  });
  await restartMember(attendant, seen, name, `its volume is made anew from its master: ${why}`);
}

/** Who hangs does not hear SIGTERM, and who was deposed has nothing to hand over. */
const stuckGraceSeconds = 2;

/** Does nothing when there is no pod. */
async function restartMember(
  attendant: Attendant,
  { members }: ClusterSnapshot,
  name: string,
  why: string,
  gracePeriodSeconds?: number,
): Promise<void> {
  const pod = members.find((member) => member.pod === name)?.object;
  if (pod !== undefined) await restartPod(attendant, pod, why, gracePeriodSeconds);
}

function controllers({ rocketmq, answers }: Attendant): ReturnType<Rocketmq['controller']> {
  const leader = leadingController(answers.controllers);
  if (leader === undefined) throw new Error('the controllers have no leader');
  return rocketmq.controller(leader);
}

function call({ signal }: Executor): { readonly signal: AbortSignal; readonly timeoutMs: number } {
  return { signal, timeoutMs: callTimeoutMs };
}
