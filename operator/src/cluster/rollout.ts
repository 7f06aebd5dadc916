/**
 * Which pods may be restarted now. Pure: everything known comes in, a decision goes out.
 *
 * Pods that are down are replaced at once, so that a corrected spec heals what a bad one broke. Pods that run but
 * take no part are next, one at a time. Neither gets a revision that somebody else fails to start with: so a member
 * that is evicted meanwhile comes back as it was. Healthy ones restart in order (name servers, controllers with the
 * leader last, groups one after the other with the master last), inside a maintenance window, and only while
 * everybody else is healthy: so a bad revision stops at its first member. A healthy master hands its group over before it stops: a broker that ends
 * closes its port first and its connection to the controllers last, so that an election would begin only after
 * seconds without a master. One that is master for good has nobody to hand over to: its group waits for it.
 */
import type { PodPhase } from './pods.ts';

export interface Member {
  readonly pod: string;
  readonly component: 'nameserver' | 'controller' | 'broker';
  /** Broker group; absent for the others. */
  readonly group?: string;
  readonly phase: PodPhase;
  /** Revision that the pod was made from; absent when there is no pod. */
  readonly revision?: string;
  /** Revision that it should be made from. */
  readonly target: string;
  /** A person wants it restarted, whatever it was made from. */
  readonly requested: boolean;
  /** It answers and takes part: in the sync-state set and registered, or following a leader. */
  readonly healthy: boolean | undefined;
  /** Broker in the sync-state set of its group. */
  readonly inSync?: boolean | undefined;
  /** Master of its group, or leader of the controllers. */
  readonly leads: boolean | undefined;
  /** Of a broker: nobody elects, so it leads, or follows, for good. */
  readonly fixed?: true;
  /** How long it has been ready without a break. */
  readonly readyForMs: number;
  /** How long its process has been up without a break, in sync or not. */
  readonly upForMs: number;
  /** How long a broker has been known to be out of the sync-state set without a break. */
  readonly apartForMs: number;
  /** Its node is about to be emptied. */
  readonly departing: boolean;
}

export type RestartReason = 'Down' | 'NotReady' | 'Changed';

export interface Restart {
  readonly pod: string;
  readonly reason: RestartReason;
}

/** A group gets another master, so that the old one can stop as a replica. */
export interface HandOver {
  readonly group: string;
  readonly from: string;
  readonly to: string;
  /** Of the old master, as part of a sentence: "which restarts next". */
  readonly why: string;
  /** The old master ends whether it comes to anything or not. */
  readonly urgent?: true;
}

export interface Rollout {
  readonly restarts: readonly Restart[];
  readonly handOver?: HandOver;
  /** Pods of an older revision that have to wait, with what they wait for. */
  readonly waiting: readonly { readonly pod: string; readonly message: string }[];
}

/** How long the last restarted pod has to be ready before the next one stops. */
export const holdMs = 5_000;
/** How long a replica may be apart before it counts as one that takes no part: to find a new master takes seconds. */
const apartMs = 15_000;
/**
 * The same while changes are held: one that came back as it was, and recovers its store or copies from its master, is not
 * to get the change for that.
 */
export const apartWhileHeldMs = 600_000;

/** Whether a healthy member may be restarted for a change of the spec at this time of day. */
export type Gate = { readonly open: true } | { readonly open: false; readonly why: string };

export const openGate: Gate = { open: true };

/** A change of it is kept until the gate opens, unless a person asks for its restart. */
export function isHeldBy(gate: Gate, { requested }: Pick<Member, 'requested'>): boolean {
  return !gate.open && !requested;
}

/** @param leaving a hand-over of a master that goes for another reason: no healthy pod stops beside it */
export function decideRollout(
  members: readonly Member[],
  gate: Gate = openGate,
  leaving?: HandOver,
): Rollout {
  const outdated = members.filter(isOutdated);
  const besides = leaving === undefined ? {} : { handOver: leaving };
  const down = outdated.filter(
    (member) => member.phase === 'Down' && !members.some(triesWith(member, ['Down'])),
  );
  if (down.length > 0) {
    return { ...result(outdated, down, 'Down', () => 'pods that are down are replaced first'), ...besides };
  }

  const running = outdated.filter((member) => member.phase === 'Starting' || member.phase === 'Up');
  const idle = running.find((member) => takesNoPart(member, members, gate));
  if (idle !== undefined) {
    return { ...result(outdated, [idle], 'NotReady', () => `${idle.pod} is replaced first`), ...besides };
  }
  if (leaving !== undefined) return handingOver(outdated, leaving);

  const staysFor = (member: Member): string | undefined =>
    gate.open || member.requested ? waitsForNode(member, members) : gate.why;
  const next = running.filter((member) => staysFor(member) === undefined).toSorted(byTurn(members))[0];
  const waiting = (why: (member: Member) => string): Rollout =>
    result(outdated, [], 'Changed', (member) => staysFor(member) ?? why(member));
  if (next === undefined) return waiting((member) => `${member.pod} is ${phaseWords[member.phase]}`);
  const obstacle = mayNotRestart(next, members);
  if (obstacle !== undefined) return waiting(() => obstacle);
  const handOver = handOverOf(next, members);
  if (handOver !== undefined) return handingOver(outdated, handOver);
  return result(outdated, [next], 'Changed', (member) => staysFor(member) ?? `${next.pod} restarts first`);
}

/** Made from another revision than it should be, or asked to restart. */
export function isOutdated(member: Member): boolean {
  const { revision, phase, target, requested } = member;
  return revision !== undefined && phase !== 'Terminating' && (requested || revision !== target);
}

/** Its group takes no writes while it is away. */
export function isFixedMaster({ fixed, leads }: Member): boolean {
  return fixed === true && leads === true;
}

/** It can hand its group over. */
export function isElectedLeader({ fixed, leads }: Member): boolean {
  return leads === true && fixed !== true;
}

/** Nothing restarts; everybody who should says why not. */
export function pausedRollout(members: readonly Member[]): Rollout {
  return {
    restarts: [],
    waiting: members.filter(isOutdated).map(({ pod }) => ({ pod, message: 'the cluster is paused' })),
  };
}

function handingOver(outdated: readonly Member[], handOver: HandOver): Rollout {
  const why = `${handOver.to} takes over ${handOver.group} first`;
  return { ...result(outdated, [], 'Changed', () => why), handOver };
}

function result(
  outdated: readonly Member[],
  chosen: readonly Member[],
  reason: RestartReason,
  why: (member: Member) => string,
): Rollout {
  return {
    restarts: chosen.map(({ pod }) => ({ pod, reason })),
    waiting: outdated
      .filter((member) => !chosen.includes(member))
      .map((member) => ({ pod: member.pod, message: why(member) })),
  };
}

/**
 * Of a broker: its volume might keep its pod from any other node, or its group be handed back as soon as its heir leads on
 * such a node (departure.ts).
 */
function waitsForNode(member: Member, members: readonly Member[]): string | undefined {
  const { group, departing, requested } = member;
  if (group === undefined) return undefined;
  if (departing) return requested ? undefined : `the node of ${member.pod} is about to be emptied`;
  const peers = peersOf(member, members);
  return isElectedLeader(member) && peers.length > 0 && peers.every((peer) => peer.departing)
    ? `the nodes of all who could take over ${group} are about to be emptied`
    : undefined;
}

/**
 * Nothing for who leads no group, or leads it for good, or is alone in it. The heir stays where it is if any does, or it would
 * have to hand the group back before the old master has restarted; and it keeps its revision, if one of those does.
 */
function handOverOf(member: Member, members: readonly Member[]): HandOver | undefined {
  if (member.group === undefined || !isElectedLeader(member)) return undefined;
  const [heir] = peersOf(member, members).toSorted(
    (a, b) => Number(a.departing) - Number(b.departing) || Number(isOutdated(a)) - Number(isOutdated(b)),
  );
  return heir && { group: member.group, from: member.pod, to: heir.pod, why: 'which restarts next' };
}

/** The others of its group, or of its component where there are no groups. */
export function peersOf<M extends Member>(member: M, members: readonly M[]): readonly M[] {
  return members.filter(
    (other) => other !== member && other.component === member.component && other.group === member.group,
  );
}

/**
 * Others that were made from what they should be, and are not up with it. Components that come earlier count too, as
 * one edit mostly changes them all; later ones may be waiting for this very member.
 */
function triesWith(member: Member, phases: readonly PodPhase[]): (other: Member) => boolean {
  return (other) =>
    turns[other.component] <= turns[member.component] &&
    other.revision !== undefined &&
    !isOutdated(other) &&
    phases.includes(other.phase);
}

/**
 * On the way down or up: another stop beside it could take away a majority. A start from an older revision does not
 * count: it is itself what has to be replaced, and may never end.
 */
function isInTransit(member: Member): boolean {
  return (
    member.phase === 'Missing' ||
    member.phase === 'Terminating' ||
    member.phase === 'Pending' ||
    (member.phase === 'Starting' && !isOutdated(member))
  );
}

/** Stopping it takes nothing away, because it is known to contribute nothing. */
function takesNoPart(member: Member, members: readonly Member[], gate: Gate): boolean {
  if (member.healthy !== false) return false;
  const peers = peersOf(member, members);
  if (peers.some(isInTransit) || members.some(triesWith(member, ['Down', 'Pending', 'Starting'])))
    return false;
  // Of one without a group that starts nothing else is known than that it does.
  if (member.group === undefined && member.phase !== 'Up' && isHeldBy(gate, member)) return false;
  switch (member.component) {
    case 'nameserver':
      return true;
    case 'controller':
      // Without a leader there is nothing to lose; with one, a majority has to stay.
      return member.leads !== true && hasMajority(peers);
    case 'broker': {
      const isApart = member.inSync === false && isApartForLong(member, gate);
      // One that is master for good can be known to serve nobody, as while it starts. One that is elected has what
      // nobody else may have, also when no replica of the new revision can join it.
      return member.leads === true ? isFixedMaster(member) && isApart : member.leads === false && isApart;
    }
    default:
      return member.component satisfies never;
  }
}

/** It is known to be apart while it starts, too: from when it is up it has as long again to find its master. */
function isApartForLong(member: Member, gate: Gate): boolean {
  const { phase, apartForMs, upForMs } = member;
  const forMs = phase === 'Up' ? Math.min(apartForMs, upForMs) : apartForMs;
  return forMs >= (isHeldBy(gate, member) ? apartWhileHeldMs : apartMs);
}

/** Or it is known that nobody follows anybody: who is silent may be the leader. */
function hasMajority(peers: readonly Member[]): boolean {
  const following = peers.filter((peer) => peer.healthy === true).length;
  return peers.every((peer) => peer.healthy === false) || following > (peers.length + 1) / 2;
}

const turns: Readonly<Record<Member['component'], number>> = { nameserver: 0, controller: 1, broker: 2 };

function byTurn(members: readonly Member[]): (a: Member, b: Member) => number {
  const position = new Map(members.map((member, index) => [member, index]));
  const groups = [...new Set(members.map((member) => member.group))];
  return (a, b) =>
    turns[a.component] - turns[b.component] ||
    groups.indexOf(a.group) - groups.indexOf(b.group) ||
    Number(a.leads !== false) - Number(b.leads !== false) ||
    (position.get(a) ?? 0) - (position.get(b) ?? 0);
}

type Checker = (member: Member, others: readonly Member[]) => string | undefined;

/** Each gives a reason against stopping a healthy member, or nothing. */
const checkers: readonly Checker[] = [
  (member) => (member.healthy === true ? undefined : `it is not known whether ${member.pod} is healthy`),
  (member) =>
    member.component === 'nameserver' || member.leads !== undefined
      ? undefined
      : `it is not known whether ${member.pod} leads`,
  (_member, others) => {
    const absent = others.find((other) => other.phase !== 'Up');
    return absent === undefined ? undefined : `${absent.pod} is ${phaseWords[absent.phase]}`;
  },
  (_member, others) => {
    const sick = others.find((other) => other.healthy !== true);
    if (sick === undefined) return undefined;
    return sick.healthy === false ? `${sick.pod} is not healthy` : `${sick.pod} does not answer`;
  },
  (_member, others) => {
    const fresh = others.find((other) => other.readyForMs < holdMs);
    return fresh === undefined ? undefined : `${fresh.pod} has only just become ready`;
  },
];

const phaseWords: Readonly<Record<PodPhase, string>> = {
  Missing: 'missing',
  Terminating: 'stopping',
  Pending: 'about to start',
  Down: 'down',
  Starting: 'starting',
  Up: 'up',
};

function mayNotRestart(member: Member, members: readonly Member[]): string | undefined {
  const others = members.filter((other) => other !== member);
  for (const check of checkers) {
    const reason = check(member, others);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
