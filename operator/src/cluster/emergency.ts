/**
 * What a person may ask for in an emergency, as far as it is safe: a broker that is kept down, or whose volume is made
 * anew. Pure.
 */
import type { PersistentVolumeClaim } from '../kube/mod.ts';
import { invalid, type BreakGlass, type RebuildRequest, type Warning } from './break-glass.ts';
import { fencedAnnotation, rebuildAnnotation } from './labels.ts';
import { isFixedMaster, peersOf, type HandOver, type Rollout } from './rollout.ts';
import type { ClusterSnapshot, MemberView } from './view.ts';

export interface Emergency {
  /** Pods that are kept down from now on. */
  readonly fenced: ReadonlySet<string>;
  /** Pods among them that were not yet. */
  readonly fencing: readonly string[];
  /** Whose volume is made anew now. */
  readonly rebuild?: string;
  /** What has to come first. */
  readonly handOver?: HandOver;
  readonly warnings: readonly Warning[];
}

type Verdict =
  | { readonly kind: 'Go' }
  | { readonly kind: 'HandOver'; readonly handOver: HandOver }
  | { readonly kind: 'Refuse'; readonly why: string };

export function emergency(options: {
  readonly asked: BreakGlass;
  readonly seen: ClusterSnapshot;
  readonly minInSync: number;
  /** Of the broker that is to be rebuilt; undefined when it could not be read. */
  readonly claims: readonly PersistentVolumeClaim[] | undefined;
}): Emergency {
  const { asked, seen, minInSync, claims } = options;
  const fences = asked.fenced.map((pod) => decideFence(pod, asked.fenced, seen));
  const rebuild = asked.rebuild && decideRebuild(asked.rebuild, seen, { minInSync, claims });
  const handOver = [...fences, rebuild].find((each) => each?.handOver !== undefined)?.handOver;
  const named = fences.flatMap(({ fenced }) => (fenced === undefined ? [] : [fenced]));
  return {
    fenced: new Set(named.map(({ pod }) => pod)),
    fencing: named.filter(({ fenced }) => !fenced).map(({ pod }) => pod),
    ...(rebuild?.pod === undefined ? {} : { rebuild: rebuild.pod }),
    ...(handOver === undefined ? {} : { handOver }),
    warnings: [...fences, rebuild].flatMap((each) => (each?.warning === undefined ? [] : [each.warning])),
  };
}

/**
 * While somebody is stopped or hands over for another reason, no member begins to restart.
 *
 * @param leaving a hand-over of a master that goes anyway, which waits only for one of its heir
 */
export function giveWay(
  rollout: Rollout,
  { handOver, fencing, rebuild }: Emergency,
  leaving?: HandOver,
): Rollout {
  const first = handOver?.from ?? rebuild ?? fencing[0];
  if (first === undefined) return rollout;
  const message = `${first} comes first, by annotation`;
  const next = handOver ?? (leaving?.to === first ? undefined : leaving);
  return {
    restarts: [],
    waiting: [...rollout.restarts.map(({ pod }) => ({ pod, message })), ...rollout.waiting],
    ...(next === undefined ? {} : { handOver: next }),
  };
}

interface FenceDecision {
  readonly fenced?: MemberView;
  readonly handOver?: HandOver;
  readonly warning: Warning;
}

function decideFence(pod: string, asked: readonly string[], seen: ClusterSnapshot): FenceDecision {
  const member = brokerOf(pod, seen);
  if (member === undefined) {
    return { warning: invalid(fencedAnnotation, pod, 'names no broker of this cluster') };
  }
  const stops = isFixedMaster(member) ? ` Group ${member.group ?? ''} takes no writes until then.` : '';
  const fenced: Warning = {
    reason: 'Fenced',
    message: `${pod} is kept down, and its volume stays, until the annotation ${fencedAnnotation} does not name it.${stops}`,
  };
  // What may have changed since is no reason to start it again.
  if (member.fenced) return { fenced: member, warning: fenced };
  const others = peersOf(member, seen.members).filter((each) => !asked.includes(each.pod));
  // Where nobody else can become master, its group takes fewer writes meanwhile, or none, and loses nothing.
  const verdict: Verdict = member.fixed === true ? { kind: 'Go' } : mayStop(member, others);
  switch (verdict.kind) {
    case 'Go':
      return { fenced: member, warning: fenced };
    case 'HandOver':
      return { handOver: verdict.handOver, warning: fenced };
    case 'Refuse':
      return { warning: { reason: 'FenceRefused', message: `${pod} is not fenced: ${verdict.why}.` } };
    default:
      return verdict satisfies never;
  }
}

interface RebuildDecision {
  readonly pod?: string;
  readonly handOver?: HandOver;
  readonly warning?: Warning;
}

function decideRebuild(
  { pod, beforeMs }: RebuildRequest,
  seen: ClusterSnapshot,
  known: { readonly minInSync: number; readonly claims: readonly PersistentVolumeClaim[] | undefined },
): RebuildDecision {
  const member = brokerOf(pod, seen);
  if (member === undefined) {
    return { warning: invalid(rebuildAnnotation, pod, 'names no broker of this cluster') };
  }
  const refused = (why: string): RebuildDecision => ({
    warning: { reason: 'RebuildRefused', message: `The volume of ${pod} is not made anew: ${why}.` },
  });
  if (isFixedMaster(member)) return refused('it is the master of its group for good, and copies from nobody');
  if (member.facts?.aheadBytes !== undefined) {
    return refused(
      'it has what its master lacks; where that can be lost, delete its claim and its pod by hand',
    );
  }
  if (known.claims === undefined) return refused('its claim could not be read');
  if (!known.claims.some((claim) => isFrom(claim, beforeMs))) return {};
  const others = peersOf(member, seen.members);
  const healthy = others.filter((each) => each.healthy === true);
  if (member.inSync !== false && healthy.length < known.minInSync && healthy.length > 0) {
    return refused(
      `only ${healthy.length} of the other members take part, and ${known.minInSync} have to for a send to be accepted`,
    );
  }
  const verdict = member.inSync === false ? mayBeCopied(others) : mayStop(member, others);
  const partly = member.fixed === true ? ` ${lastFileOnly}` : '';
  const message = `The volume of ${pod} is made anew from its master, because the annotation ${rebuildAnnotation} asks for it.${partly}`;
  const warning: Warning = { reason: 'Rebuilding', message };
  switch (verdict.kind) {
    case 'Go':
      return { pod, warning };
    case 'HandOver':
      return { handOver: verdict.handOver, warning };
    case 'Refuse':
      return refused(verdict.why);
    default:
      return verdict satisfies never;
  }
}

/** DefaultHAConnection begins there for a replica whose log is empty; where masters are elected all of it is copied. */
const lastFileOnly =
  'It gets the last file of the commit log and what follows; what is older stays with the others alone.';

function isFrom({ metadata }: PersistentVolumeClaim, beforeMs: number): boolean {
  return metadata.creationTimestamp !== undefined && Date.parse(metadata.creationTimestamp) < beforeMs;
}

function brokerOf(pod: string, { members }: ClusterSnapshot): MemberView | undefined {
  return members.find((member) => member.pod === pod && member.component === 'broker');
}

/** Whether the group goes on, with everything that was acknowledged, when this member stops. */
function mayStop(member: MemberView, others: readonly MemberView[]): Verdict {
  if (member.inSync === false && member.leads === false) return { kind: 'Go' };
  const heir = others.find(({ healthy }) => healthy === true);
  if (heir === undefined) return { kind: 'Refuse', why: noCopy(others) };
  if (member.leads === undefined)
    return { kind: 'Refuse', why: `it is not known whether ${member.pod} leads` };
  return member.leads
    ? {
        kind: 'HandOver',
        handOver: { group: member.group ?? '', from: member.pod, to: heir.pod, why: 'which stops next' },
      }
    : { kind: 'Go' };
}

/** What is not in sync takes nothing with it; but there has to be a master to copy from. */
function mayBeCopied(others: readonly MemberView[]): Verdict {
  return others.some(({ leads, healthy }) => leads === true && healthy === true)
    ? { kind: 'Go' }
    : { kind: 'Refuse', why: noCopy(others) };
}

function noCopy(others: readonly MemberView[]): string {
  return others.some(({ healthy }) => healthy === undefined)
    ? 'it is not known whether another member of its group is in sync'
    : 'no other member of its group is in sync';
}
