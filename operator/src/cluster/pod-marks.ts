/** What the operator writes on the pods of brokers: their role, and whether they take part. Pure. */
import type { ApplyIntent, Pod } from '../kube/mod.ts';
import { toKubeTime } from '../kube/mod.ts';
import { inSyncGate, roleLabel } from './labels.ts';
import { podCondition } from './pods.ts';
import type { MemberView } from './view.ts';

export interface PodMark {
  readonly pod: Pod;
  readonly subresource?: 'status';
  readonly intent: ApplyIntent;
}

/** Nothing is written for what is unknown: the last mark stands. */
export function podMarks(members: readonly MemberView[], nowMs: number): readonly PodMark[] {
  return members.flatMap((member) => {
    const { object: pod, facts, phase } = member;
    if (pod === undefined || facts === undefined || phase === 'Terminating') return [];
    return [...roleMark(pod, member), ...gateMark(pod, member, nowMs)];
  });
}

/** With the uid, so that a pod made again under the same name is never marked with what its predecessor was. */
function identity(pod: Pod): ApplyIntent {
  const { name, namespace, uid } = pod.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
    },
  };
}

function roleMark(pod: Pod, { facts }: MemberView): readonly PodMark[] {
  if (facts?.role === undefined) return [];
  const role = facts.role === 'Master' ? 'master' : 'replica';
  if (pod.metadata.labels?.[roleLabel] === role) return [];
  const base = identity(pod);
  return [
    {
      pod,
      intent: { ...base, metadata: { ...base.metadata, labels: { [roleLabel]: role } } } as ApplyIntent,
    },
  ];
}

function gateMark(pod: Pod, member: MemberView, nowMs: number): readonly PodMark[] {
  const takesPart = partOf(member);
  const old = podCondition(pod, inSyncGate);
  const status = takesPart === undefined ? old?.status : takesPart ? 'True' : 'False';
  if (status === undefined || old?.status === status) return [];
  const where = member.fixed === undefined ? 'In the sync-state set' : 'In sync with its master';
  const condition = {
    type: inSyncGate,
    status,
    reason: status === 'True' ? 'TakesPart' : 'Apart',
    message:
      status === 'True'
        ? `${where} and registered in every name server.`
        : `Not ${where.toLowerCase()}, or not registered in every name server.`,
    lastTransitionTime: toKubeTime(nowMs),
  };
  return [
    {
      pod,
      subresource: 'status',
      intent: { ...identity(pod), status: { conditions: [condition] } } as ApplyIntent,
    },
  ];
}

function partOf({ facts, phase }: MemberView): boolean | undefined {
  if (phase !== 'Up' || facts?.inSync === false || facts?.registered === false) return false;
  return facts?.inSync === true && facts.registered === true ? true : undefined;
}
