/** Carries out what was decided about RocketMQ itself: who is master, who follows, who is forgotten. */
import { PersistentVolumeClaims } from '../kube/mod.ts';
import type { EpochCache } from '../rocketmq/mod.ts';
import type { Absences } from './absence.ts';
import { call, controllers, type Attendant } from './attendant.ts';
import { bequeathOffsets, disinherited } from './bequeath.ts';
import { attempt, type Decisions } from './carry-out.ts';
import { divergences, rebuilds, suspects, type Suspect } from './divergence.ts';
import type { Emergency } from './emergency.ts';
import { claimsOf, remove, restartPod, type Failure } from './execute.ts';
import type { Failovers } from './failover.ts';
import { handOver } from './hand-over.ts';
import type { SettledSettings } from './live-settings.ts';
import { goneIdentities, reattachments, type Forgotten, type Reattachment } from './membership.ts';
import { askEpochs, askReplicas } from './observe.ts';
import { permissionOf } from './permission.ts';
import type { HandOver } from './rollout.ts';
import { standstills, stillKnown, type Standing } from './standstill.ts';
import type { Revival, StuckProcesses } from './stuck.ts';
import type { Trouble } from './status.ts';
import type { ClusterSnapshot } from './view.ts';

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
  readonly watched: Failovers['watched'];
  /** By group: the epoch of the last hand-over that was asked for, which is no failover. */
  readonly handedOver: ReadonlyMap<string, number>;
  /** The group whose hand-over failed in the pass before. */
  readonly failedHandOver: string | undefined;
  /** Uids of pods that were told to end, while an informer still shows them. */
  readonly ending: ReadonlySet<string>;
}

export const noMemory: MemberMemory = {
  reattached: new Set(),
  standing: new Map(),
  revived: new Set(),
  settled: new Map(),
  absent: new Map(),
  stuck: new Map(),
  offsetsSpreadAtMs: 0,
  watched: new Map(),
  handedOver: new Map(),
  failedHandOver: undefined,
  ending: new Set(),
};

/** What was committed for longer than this is not consumed again after a failover. */
const spreadOffsetsEveryMs = 20_000;

export interface Attended {
  readonly failures: readonly Failure[];
  readonly troubles: readonly Trouble[];
  readonly memory: Omit<MemberMemory, 'settled' | 'ending'>;
}

/** Comes early in a pass, since a group may be refusing sends until it is done. */
export async function attendMembers(
  attendant: Attendant,
  {
    seen,
    rollout,
    stopping,
    emergency,
    revivals,
    nowMs,
  }: Pick<Decisions, 'seen' | 'rollout' | 'stopping' | 'emergency' | 'revivals' | 'nowMs'>,
  before: MemberMemory,
): Promise<Attended> {
  const { groups } = seen;
  const reattached = await reattach(
    attendant,
    reattachments(groups, attendant.answers.settings),
    before.reattached,
  );
  await forget(attendant, goneIdentities(groups));
  const suspected = suspects(groups);
  const [epochs, replicas] = await askOf(attendant, suspected);
  const diverged = divergences(suspected, epochs);
  const still = standstills(suspected, epochs, replicas, before.standing, before.revived, nowMs);
  const requested = emergency.rebuild;
  const handedOver = new Map(before.handedOver);
  let failedHandOver: string | undefined;
  const revived = stillKnown(before.revived, groups);
  const failures = await attempt([
    ...handOversNow(rollout.handOver, stopping, emergency).map((next) => async () => {
      try {
        handedOver.set(next.group, await handOver(attendant, seen, next));
      } catch (error) {
        failedHandOver = next.group;
        throw error;
      }
    }),
    ...rebuilds(groups, diverged).map(
      ({ pod, message }) =>
        () =>
          rebuild(attendant, seen, pod, message),
    ),
    ...(requested === undefined ? [] : [() => rebuild(attendant, seen, requested, 'by annotation')]),
    ...still.found.map(({ pod, key, message }) => async () => {
      await restartMember(attendant, seen, pod, message);
      revived.add(key);
    }),
    ...revivals.map((revival) => () => revive(attendant, revival)),
  ]);
  announceFences(attendant, seen, emergency);
  const offsetsSpreadAtMs = await spreadOffsets(attendant, groups, before.offsetsSpreadAtMs, nowMs);
  const troubles = diverged
    .filter(({ expendable }) => !expendable)
    .map(({ message }) => ({ reason: 'Diverged', message }) as const);
  return {
    failures,
    troubles,
    memory: {
      ...before,
      reattached,
      standing: still.standing,
      revived,
      offsetsSpreadAtMs,
      handedOver,
      failedHandOver,
    },
  };
}

/**
 * Groups have nothing to do with each other, and a master that ends has less time than any other. Who is kept down or made
 * anew cannot take over.
 */
function handOversNow(
  next: HandOver | undefined,
  stopping: readonly HandOver[],
  { fenced, rebuild: rebuilt }: Emergency,
): readonly HandOver[] {
  const ending = stopping.filter(({ to }) => to !== rebuilt && !fenced.has(to));
  return next === undefined || ending.some(({ group }) => group === next.group) ? ending : [next, ...ending];
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
        await attendant.rocketmq.broker(address).updateConfig(permissionOf('ReadWrite'), call(attendant));
        return [key];
      } catch {
        return [];
      }
    }),
  );
  return new Set(keys.flat());
}

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

/**
 * Who hangs does not hear SIGTERM, and who was deposed has nothing to hand over. A pre-stop hook has as long, and the
 * process two seconds more (the kubelet's minimumGracePeriodInSeconds).
 */
const stuckGraceSeconds = 1;

/** The end of a process takes seconds, in which a deposed master would go on to acknowledge what is lost. */
async function revive(attendant: Attendant, { pod, address, how, message }: Revival): Promise<void> {
  if (how === 'Deposed') {
    try {
      await attendant.rocketmq.broker(address).updateConfig(permissionOf('Read'), call(attendant));
    } catch (error) {
      const { name } = pod.metadata;
      attendant.log.warn({ err: error, pod: name }, 'a deposed master was not closed before its restart');
    }
  }
  await restartPod(attendant, pod, message, stuckGraceSeconds);
}

/** Does nothing when there is no pod. */
async function restartMember(
  attendant: Attendant,
  { members }: ClusterSnapshot,
  name: string,
  why: string,
): Promise<void> {
  const pod = members.find((member) => member.pod === name)?.object;
  if (pod !== undefined) await restartPod(attendant, pod, why);
}
