/** What the answers of a cluster say about each of its members. Undefined means unknown, never no. */
import type { ClusterInfo, SyncState, SyncStateReplica } from '../rocketmq/mod.ts';
import { leadingController, type Answers } from './observe.ts';

export type Role = 'Master' | 'Replica';

export interface MemberFacts {
  /** It answered. */
  readonly answers: boolean;
  readonly role: Role | undefined;
  readonly inSync: boolean | undefined;
  /** Every name server that it registers with has it under its address, the master as id 0. */
  readonly registered: boolean | undefined;
  /** Those of them that answered do, and there are any: a silent one keeps nobody from anything. */
  readonly listed: boolean;
  /** What the controllers call it; absent when they do not know it as alive. */
  readonly brokerId?: number;
  /** By how much its log ends beyond that of its fixed master; absent when it does not. */
  readonly aheadBytes?: number;
}

export interface GroupFacts {
  /** Address of the master; of one that is fixed only while it serves. */
  readonly master: string | undefined;
  /** Undefined as well where nobody elects. */
  readonly epoch: number | undefined;
  /** How many members are in sync and alive, the master included. */
  readonly inSync: number | undefined;
  /** Everybody that the controllers ever gave an id to and were not told to forget. */
  readonly identities: readonly SyncStateReplica[] | undefined;
}

export function groupFacts(answers: Answers, group: string): GroupFacts {
  const state = syncState(answers, group);
  if (state === undefined) {
    return { master: undefined, epoch: undefined, inSync: undefined, identities: undefined };
  }
  if (state === 'None') return { master: undefined, epoch: undefined, inSync: 0, identities: [] };
  return {
    master: state.masterAddress,
    epoch: state.masterEpoch,
    inSync: state.inSync.filter((replica) => replica.alive).length,
    identities: [...state.inSync, ...state.notInSync],
  };
}

export interface MemberAddresses {
  readonly cluster: string;
  readonly group: string;
  /** Where it is asked. */
  readonly address: string;
  /** As what it registers; a pod without an IP yet registers as nothing. */
  readonly registers: string | undefined;
}

export function memberFacts(answers: Answers, member: MemberAddresses): MemberFacts {
  const state = syncState(answers, member.group);
  const role = roleOf(state, member.registers);
  const brokerId = idOf(state, member.registers);
  return {
    answers: answers.brokers.get(member.address)?.known === true,
    role,
    inSync: isInSync(state, member.registers),
    ...registration(answers, member, role),
    ...(brokerId === undefined ? {} : { brokerId }),
  };
}

/** `None`: the controllers answered and know no such group. */
function syncState(answers: Answers, group: string): SyncState | 'None' | undefined {
  return answers.syncStates.known ? (answers.syncStates.value.get(group) ?? 'None') : undefined;
}

function roleOf(state: SyncState | 'None' | undefined, address: string | undefined): Role | undefined {
  if (address === undefined || state === undefined || state === 'None') return undefined;
  if (state.masterAddress === undefined) return undefined;
  return state.masterAddress === address ? 'Master' : 'Replica';
}

/** A member that lost its volume has another id than before; the old one may still stand there with its address. */
function idOf(state: SyncState | 'None' | undefined, address: string | undefined): number | undefined {
  if (address === undefined || state === undefined || state === 'None') return undefined;
  return [...state.inSync, ...state.notInSync].find((each) => each.alive && each.address === address)
    ?.brokerId;
}

function isInSync(state: SyncState | 'None' | undefined, address: string | undefined): boolean | undefined {
  if (state === undefined) return undefined;
  if (state === 'None') return false;
  return state.inSync.some((replica) => replica.address === address && replica.alive);
}

export function registration(
  answers: Answers,
  member: MemberAddresses,
  role: Role | undefined,
): Pick<MemberFacts, 'registered' | 'listed'> {
  const { nameServers, settings } = answers;
  const own = settings.get(member.address);
  // One that started before there were others registers with those of its own settings alone.
  const addresses = own?.known === true ? own.value.get('namesrvAddr')?.split(';') : undefined;
  const lists = [...nameServers]
    .filter(([address]) => addresses?.includes(address) ?? true)
    .map(([, info]) => (info.known ? isListed(info.value, member, role) : undefined));
  if (lists.includes(false)) {
    const mayNotKnowAll = addresses === undefined && lists.includes(true);
    return { registered: mayNotKnowAll ? undefined : false, listed: false };
  }
  const listed = lists.includes(true);
  return { registered: listed && !lists.includes(undefined) ? true : undefined, listed };
}

/** A name server lists the master as id 0, whatever id the controllers gave it. */
function isListed({ brokers }: ClusterInfo, member: MemberAddresses, role: Role | undefined): boolean {
  const group = brokers.get(member.group);
  const ids = [...(group?.addresses ?? [])].filter(([, address]) => address === member.registers);
  if (group?.cluster !== member.cluster || ids.length === 0) return false;
  return role === undefined || ids.every(([id]) => (id === 0) === (role === 'Master'));
}

export interface ControllerFacts {
  /** It answered, and knows a leader. */
  readonly healthy: boolean;
  readonly leads: boolean;
}

export function controllerFacts(answers: Answers, address: string): ControllerFacts {
  const metadata = answers.controllers.get(address);
  return {
    healthy: metadata?.known === true && metadata.value.leaderAddress !== undefined,
    leads: leadingController(answers.controllers) === address,
  };
}
