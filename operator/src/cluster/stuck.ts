/**
 * Members that run and will not take part again by themselves. Pure.
 *
 * A process that is stopped, or deadlocked, holds its port, so that the kubelet's probes go on to pass (the kernel
 * takes connections for it), and never answers again. A master that is cut off from the controllers while they elect
 * another goes on as before. Either keeps its connections to the replicas, which read from it on and so never join
 * the new master (standstill.ts): until it is restarted, the group may refuse every send.
 *
 * A deposed master does worse: it acknowledges, and what it acknowledges is lost. It takes a replica whose connection
 * ends out of its own sync-state set without asking the controllers (AutoSwitchHAService.removeConnection), the new
 * master among them, and is content with those that are left.
 *
 * Silence alone may be the network between the operator and one pod. So somebody else has to say the same, or the
 * restart has to be one that takes nothing away. Operator and controllers may be on the same side of a cut, with every
 * broker on the other, which all serve: so another broker has to answer, and where nobody else leads a group its members
 * restart one after the other.
 */
import type { Pod } from '../kube/mod.ts';
import { leadingController, type Answer, type Answers } from './observe.ts';
import { isElectedMaster } from './own-role.ts';
import { processOf } from './pods.ts';
import type { ClusterSnapshot, GroupView, MemberView } from './view.ts';

/** Who was deposed answers, and takes sends that are lost. */
type How = 'Hangs' | 'Deposed';

export interface Stuck {
  readonly how: How;
  /** In epoch milliseconds. */
  readonly sinceMs: number;
}

/** By process. */
export type StuckProcesses = ReadonlyMap<string, Stuck>;

/** Longer than a full collection of a heap. */
const hungAfterMs = 30_000;
/** How long the next hung member of a group waits for the one that was restarted before it. */
const returnsWithinMs = 120_000;

export interface Revival {
  readonly pod: Pod;
  readonly address: string;
  readonly how: How;
  readonly message: string;
}

/** @param before from the look before; a process that was well in between is not in it */
export function stuckProcesses(
  seen: ClusterSnapshot,
  answers: Answers,
  before: StuckProcesses,
  nowMs: number,
): StuckProcesses {
  return new Map(
    seen.members.flatMap((member): readonly [string, Stuck][] => {
      const how = howStuck(member, seen, answers);
      if (member.object === undefined || how === undefined) return [];
      const process = processOf(member.object);
      const last = before.get(process);
      const sinceMs = last?.how === how ? Math.min(last.sinceMs, nowMs) : nowMs;
      return [[process, { how, sinceMs }]];
    }),
  );
}

/**
 * @param minInSync below it a group refuses sends: then nobody waits for what may come back by itself. A process that has
 * only just come up is waited for: on a busy machine a broker takes seconds from its port to its first answer.
 */
export function revivals(
  { members, groups }: ClusterSnapshot,
  stuck: StuckProcesses,
  minInSync: number,
  nowMs: number,
): readonly Revival[] {
  return members.flatMap(({ component, group, address, object: pod, upForMs }): readonly Revival[] => {
    const found = pod === undefined ? undefined : stuck.get(processOf(pod));
    if (pod === undefined || found === undefined) return [];
    const own = component === 'broker' ? groups.find(({ name }) => name === group) : undefined;
    const { how } = found;
    switch (how) {
      case 'Hangs': {
        const refuses =
          own !== undefined && elected(own) !== undefined && (own.facts.inSync ?? 0) < minInSync;
        const isUrgent = refuses && upForMs >= hungAfterMs;
        if (!isUrgent && nowMs - found.sinceMs < hungAfterMs) return [];
        if (own !== undefined && elected(own) === undefined && !isNext(own, pod, stuck, nowMs)) return [];
        const witness = own === undefined ? '' : witnessOf(own);
        return [{ pod, address, how, message: `it hangs: no answer${witness}` }];
      }
      case 'Deposed': {
        const master = elected(own)?.pod ?? 'another';
        return [{ pod, address, how, message: `it goes on as master, although ${master} is` }];
      }
      default:
        return how satisfies never;
    }
  });
}

/** Of the hung members of a group the one that has been so for longest, while none is on its way back. */
function isNext({ members }: GroupView, pod: Pod, stuck: StuckProcesses, nowMs: number): boolean {
  const [longest] = members
    .flatMap(({ object }) => {
      const found = object === undefined ? undefined : stuck.get(processOf(object));
      return found?.how === 'Hangs' ? [{ object, sinceMs: found.sinceMs }] : [];
    })
    .toSorted((a, b) => a.sinceMs - b.sinceMs);
  return longest?.object === pod && !members.some((member) => isReturning(member, nowMs));
}

/** Not for ever: its node may be gone, or its disk. */
function isReturning({ phase, object }: MemberView, nowMs: number): boolean {
  if (object === undefined || phase === 'Up' || phase === 'Down') return false;
  const { deletionTimestamp, creationTimestamp } = object.metadata;
  return nowMs - Date.parse(deletionTimestamp ?? creationTimestamp ?? '') < returnsWithinMs;
}

function witnessOf({ fixed }: GroupView): string {
  return fixed === undefined
    ? ', and the controllers do not count it as alive'
    : ', and name servers do not list it any more';
}

/** The master, when the controllers count it as alive. */
function elected(group: GroupView | undefined): MemberView | undefined {
  return group?.members.find(({ leads, facts }) => leads === true && facts?.brokerId !== undefined);
}

function howStuck(member: MemberView, seen: ClusterSnapshot, answers: Answers): How | undefined {
  if (member.phase !== 'Up') return undefined;
  const word = wordOf(member, answers);
  if (word === undefined) return undefined;
  const others = seen.members.filter(
    (other) => other.component === member.component && other.pod !== member.pod,
  );
  const asked = others.filter((other) => wordOf(other, answers) !== undefined);
  const answered = (other: MemberView): boolean => wordOf(other, answers)?.known === true;
  switch (member.component) {
    case 'nameserver':
      // They keep nothing: brokers register again within seconds, and clients have the others meanwhile.
      return isSilent(word) && others.some(answered) ? 'Hangs' : undefined;
    case 'controller':
      // The majority is without it, and stays when it goes.
      return isSilent(word) && leadingController(answers.controllers) !== undefined && others.every(answered)
        ? 'Hangs'
        : undefined;
    case 'broker':
      if (!isMissed(member, seen, answers)) return undefined;
      if (isSilent(word)) return asked.length === 0 || asked.some(answered) ? 'Hangs' : undefined;
      return isDeposed(member, seen, answers) ? 'Deposed' : undefined;
    default:
      return member.component satisfies never;
  }
}

/**
 * A process that ended is nothing to restart: the kubelet starts it again at once, and tells of its end a second or two later.
 * Until then its pod seems to be up.
 */
function isSilent(word: Answer<unknown>): boolean {
  return !word.known && word.ended !== true;
}

/** By those who hear from brokers: the controllers, or where there are none the name servers. */
function isMissed({ group, facts }: MemberView, { groups }: ClusterSnapshot, answers: Answers): boolean {
  const isFixed = groups.find(({ name }) => name === group)?.fixed !== undefined;
  if (isFixed) return facts?.registered === false;
  return answers.syncStates.known && facts?.brokerId === undefined;
}

/** It was told by an election that it leads, and has not been told of the next one. */
function isDeposed(member: MemberView, { groups }: ClusterSnapshot, answers: Answers): boolean {
  const master = elected(groups.find(({ name }) => name === member.group));
  if (master === undefined || master.pod === member.pod) return false;
  return isElectedMaster(answers.settings.get(member.address));
}

function wordOf({ component, address }: MemberView, answers: Answers): Answer<unknown> | undefined {
  switch (component) {
    case 'nameserver':
      return answers.nameServers.get(address);
    case 'controller':
      return answers.controllers.get(address);
    case 'broker':
      return answers.brokers.get(address);
    default:
      return component satisfies never;
  }
}
