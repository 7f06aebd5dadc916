/**
 * Members that hang: a process that is stopped, or deadlocked, holds its port, so that the kubelet's probes go on to
 * pass (the kernel takes connections for it), and never answers again. Pure.
 *
 * Silence alone may be the network between the operator and one pod. So somebody else has to say the same, or the
 * restart has to be one that takes nothing away.
 */
import { leadingController, type Answer, type Answers } from './observe.ts';
import { processOf } from './pods.ts';
import type { ClusterSnapshot, MemberView } from './view.ts';

/** By process: since when it has hung, in epoch milliseconds. */
export type Silences = ReadonlyMap<string, number>;

/** Longer than a full collection of a heap, and than the controllers take to see that a broker is gone. */
const hungAfterMs = 30_000;

export interface Hung {
  readonly pod: string;
  readonly message: string;
}

/** @param before from the look before; a process that answered in between is not in it */
export function silences(seen: ClusterSnapshot, answers: Answers, before: Silences, nowMs: number): Silences {
  return new Map(
    seen.members.flatMap((member): readonly [string, number][] => {
      if (member.object === undefined || !seemsHung(member, seen, answers)) return [];
      const process = processOf(member.object);
      return [[process, Math.min(before.get(process) ?? nowMs, nowMs)]];
    }),
  );
}

export function hungMembers({ members }: ClusterSnapshot, silent: Silences, nowMs: number): readonly Hung[] {
  return members.flatMap(({ pod, component, object }): readonly Hung[] => {
    const sinceMs = object === undefined ? undefined : silent.get(processOf(object));
    if (sinceMs === undefined || nowMs - sinceMs < hungAfterMs) return [];
    const forSeconds = Math.round((nowMs - sinceMs) / 1_000);
    const witness = component === 'broker' ? ', and the controllers do not count it as alive' : '';
    return [{ pod, message: `it hangs: no answer for ${forSeconds} s${witness}` }];
  });
}

function seemsHung(member: MemberView, seen: ClusterSnapshot, answers: Answers): boolean {
  if (member.phase !== 'Up' || wordOf(member, answers)?.known !== false) return false;
  const others = seen.members.filter(
    (other) => other.component === member.component && other.pod !== member.pod,
  );
  const answered = (other: MemberView): boolean => wordOf(other, answers)?.known === true;
  switch (member.component) {
    case 'nameserver':
      // They keep nothing: brokers register again within seconds, and clients have the others meanwhile.
      return others.some(answered);
    case 'controller':
      // The majority is without it, and stays when it goes.
      return leadingController(answers.controllers) !== undefined && others.every(answered);
    case 'broker':
      return answers.syncStates.known && member.facts?.brokerId === undefined;
    default:
      return member.component satisfies never;
  }
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
