/**
 * Groups whose master is fixed: member 0, for good. Nobody elects, so only the master knows who is in sync with it,
 * and nobody does while it is away. Pure.
 */
import { hostOf, type Answer, type Answers, type Replication } from './observe.ts';
import type { Obstacle } from './obstacles.ts';
import type { PodPhase } from './pods.ts';
import { registration, type GroupFacts, type MemberAddresses, type MemberFacts } from './roles.ts';
import type { Trouble } from './status.ts';
import type { GroupView, MemberView } from './view.ts';

export interface FixedMaster {
  readonly phase: PodPhase;
  /** As what it registers. */
  readonly registers: string | undefined;
  /** Absent: it does not run, and was not asked. */
  readonly says: Answer<Replication> | undefined;
}

/** What there is to know beside the facts of a group whose master is fixed. */
export interface FixedGroup {
  readonly minInSync: number;
  /** The master takes no sends, whoever is in sync; undefined: unknown. */
  readonly closed: boolean | undefined;
}

/** @param replicas as what each of them registers */
export function fixedGroupFacts(master: FixedMaster, replicas: readonly (string | undefined)[]): GroupFacts {
  const serves = doesServe(master);
  const following = replicas.filter((registers) => follows(master, registers).inSync === true);
  return {
    master: serves === true ? master.registers : undefined,
    epoch: undefined,
    inSync: serves === undefined ? undefined : serves ? 1 + following.length : 0,
    identities: undefined,
  };
}

/** @param leads whether it is the master itself */
export function fixedMemberFacts(
  answers: Answers,
  member: MemberAddresses,
  leads: boolean,
  master: FixedMaster,
): MemberFacts {
  const role = leads ? 'Master' : 'Replica';
  return {
    answers: answers.brokers.get(member.address)?.known === true,
    role,
    ...(leads ? { inSync: doesServe(master) } : follows(master, member.registers)),
    ...registration(answers, member, role),
  };
}

function doesServe({ phase, says }: FixedMaster): boolean | undefined {
  if (phase !== 'Up') return false;
  return says?.known === true ? true : undefined;
}

/**
 * In sync is what the master counts as such. One with a log beyond the master's is none: RocketMQ takes each of its
 * acknowledgements for one of messages that it does not have (GroupTransferService compares offsets alone).
 */
function follows(
  { phase, says }: FixedMaster,
  registers: string | undefined,
): Pick<MemberFacts, 'inSync' | 'aheadBytes'> {
  if (phase !== 'Up' || says?.known !== true) return { inSync: undefined };
  const own = says.value.connections.filter(({ address }) => isOf(address, registers));
  const aheadBytes = Math.max(...own.map(({ slaveAckOffset }) => slaveAckOffset - says.value.maxOffset));
  if (aheadBytes > 0) return { inSync: false, aheadBytes };
  // -1 until it has said once how far it is.
  return { inSync: own.some(({ inSync, slaveAckOffset }) => inSync && slaveAckOffset >= 0) };
}

/** The master tells connections by the address from which they come: the pod's own, and a port of no meaning. */
function isOf(connection: string, registers: string | undefined): boolean {
  return registers !== undefined && hostOf(connection) === hostOf(registers);
}

/** Why a group takes no sends, in the words of somebody who knows elected masters. */
export function refusals(group: GroupView): readonly Obstacle[] {
  const { name, fixed, facts } = group;
  const master = masterOf(group);
  if (fixed === undefined || master === undefined) return [];
  const never = 'with failover Static no other member is ever elected';
  if (master.phase !== 'Up') {
    const message = `group ${name} takes no writes until its master ${master.pod} is up: ${never}`;
    return [{ reason: 'NoMaster', message, outage: true }];
  }
  if (facts.inSync === undefined) {
    const message = `it is not known whether group ${name} takes writes: its master ${master.pod} does not answer, and ${never}`;
    return [{ reason: 'NoMaster', message, unknown: true }];
  }
  const closed = `group ${name} refuses every send: its master ${master.pod} is closed to writes`;
  const few =
    `group ${name} refuses every send: ${facts.inSync} of ${group.members.length} members in sync, ` +
    `the master included, and minInSyncReplicas is ${fixed.minInSync}`;
  return [...(fixed.closed === true ? [closed] : []), ...(facts.inSync < fixed.minInSync ? [few] : [])].map(
    (message): Obstacle => ({ reason: 'WritesRefused', message, outage: true }),
  );
}

/** Replicas that have what their master lacks: it has lost its volume, or got an older one. */
export function lossesOfMasters(groups: readonly GroupView[]): readonly Trouble[] {
  return groups.flatMap((group) =>
    aheadOf(group).map(({ pod, facts }) => {
      const master = masterOf(group)?.pod ?? '';
      const message =
        `${pod} has what its master ${master} lacks: its log ends ${facts?.aheadBytes ?? 0} bytes beyond the master's. ` +
        `Group ${group.name} takes no writes until the master has its volume back, or, where that can be lost, the claim and the pod of ${pod} are deleted.`;
      return { reason: 'Diverged', message } as const;
    }),
  );
}

export interface PermissionChange {
  readonly group: string;
  readonly pod: string;
  readonly address: string;
  readonly closes: boolean;
}

/**
 * A master that has lost messages is closed to writes while a replica has them: sends would count as replicated that
 * are not, and the replica would go on in the middle of them once the master's log is as long as its own. It is opened
 * again when everybody follows it.
 */
export function permissionChanges(groups: readonly GroupView[]): readonly PermissionChange[] {
  return groups.flatMap((group) => {
    const master = masterOf(group);
    const closed = group.fixed?.closed;
    if (master === undefined || closed === undefined) return [];
    const lost = aheadOf(group).length > 0;
    const whole = group.members.every(({ healthy }) => healthy === true);
    const closes = lost && !closed ? true : whole && closed ? false : undefined;
    const { pod, address } = master;
    return closes === undefined ? [] : [{ group: group.name, pod, address, closes }];
  });
}

function aheadOf({ members }: GroupView): readonly MemberView[] {
  return members.filter(({ facts }) => facts?.aheadBytes !== undefined);
}

function masterOf({ members }: GroupView): MemberView | undefined {
  return members.find(({ leads }) => leads === true);
}
