/** The cluster as it is: pods and RocketMQ's answers brought together, one entry a pod. */
import type { Pod } from '../kube/mod.ts';
import { registeredAddress, type ClusterIdentity } from './addresses.ts';
import type { Children } from './children.ts';
import { isElected, isFixedMaster, type BrokerInputs } from './inputs.ts';
import { leadingController, type Answers, type Targets } from './observe.ts';
import { inSyncGate, roleLabel } from './labels.ts';
import { isClosed } from './permission.ts';
import { containerStatus, heldForMs, isOlder, isReady, podPhase, podRevision, trueForMs } from './pods.ts';
import {
  controllerFacts,
  groupFacts,
  memberFacts,
  type GroupFacts,
  type MemberAddresses,
  type MemberFacts,
} from './roles.ts';
import type { Member } from './rollout.ts';
import { fixedGroupFacts, fixedMemberFacts, type FixedGroup, type FixedMaster } from './static-groups.ts';
import type { PodPlace, SetWorkload, Workloads } from './workloads.ts';

export interface MemberView extends Member {
  readonly workload: string;
  /** host:port at which it is asked. */
  readonly address: string;
  /** Brokers that have an IP only: as what they register. */
  readonly registers?: string;
  /** The pod's own Ready condition. */
  readonly ready: boolean;
  /** Its StatefulSet has no replica: a person keeps it down. */
  readonly fenced: boolean;
  readonly object: Pod | undefined;
  /** Brokers only. */
  readonly facts?: MemberFacts;
  /** Brokers only: what it runs, or ran last. */
  readonly version?: string;
}

export interface GroupView {
  readonly name: string;
  readonly facts: GroupFacts;
  readonly members: readonly MemberView[];
  /** Only where nobody elects. */
  readonly fixed?: FixedGroup;
}

export interface ClusterSnapshot {
  readonly members: readonly MemberView[];
  readonly groups: readonly GroupView[];
  /** RocketMQ's version, when it is known of every broker and the same. */
  readonly version: string | undefined;
}

/** Only processes that run are asked; a name without a process behind it would cost the whole deadline. */
export function questions(workloads: Workloads, children: Children, versions: boolean): Targets {
  const running = (
    isMeant: (set: SetWorkload) => boolean,
    runs: (pod: Pod | undefined) => boolean = isRunning,
  ): readonly string[] =>
    workloads.sets
      .filter((set) => isMeant(set))
      .flatMap((set) => set.pods)
      .filter(({ pod }) => runs(children.pods.get(pod)))
      .map(({ address }) => address);
  return {
    nameServers: running(({ component }) => component === 'nameserver'),
    controllers: running(({ component }) => component === 'controller'),
    brokers: [
      ...running(({ component }) => component === 'broker'),
      ...running((set) => set.component === 'broker' && isElected(set.inputs), isStoppingMaster),
    ],
    fixedMasters: running((set) => set.component === 'broker' && isFixedMaster(set.inputs)),
    groups: groupNames(workloads),
    versions,
  };
}

function isRunning(pod: Pod | undefined): boolean {
  return ['Up', 'Starting'].includes(podPhase(pod));
}

/** It goes on until it has handed over (resources/pre-stop.ts). */
function isStoppingMaster(pod: Pod | undefined): boolean {
  return (
    pod !== undefined &&
    podPhase(pod) === 'Terminating' &&
    pod.metadata.labels?.[roleLabel] === 'master' &&
    containerStatus(pod)?.state?.running !== undefined
  );
}

function groupNames(workloads: Workloads): readonly string[] {
  return [
    ...new Set(workloads.sets.flatMap((set) => (set.component === 'broker' ? [set.inputs.group] : []))),
  ];
}

export function snapshot(options: {
  readonly id: ClusterIdentity;
  readonly workloads: Workloads;
  readonly children: Children;
  readonly answers: Answers;
  /** By pod, of brokers: what it runs, or ran last. */
  readonly versions: ReadonlyMap<string, string>;
  /** Hash of the revision that a pod of a workload should be made from, given its own; nothing when there is none. */
  readonly targetOf: (workload: string, own: string | undefined) => string | undefined;
  /** Pods made before are asked to restart. */
  readonly restartBeforeMs: number | undefined;
  /** Whether the node of that name is about to be emptied. */
  readonly isDeparting: (node: string) => boolean;
  readonly nowMs: number;
}): ClusterSnapshot {
  const members = options.workloads.sets.flatMap((set) =>
    set.pods.map((place) => memberView(options, set, place)),
  );
  return {
    members,
    groups: groupNames(options.workloads).map((name) =>
      groupView(
        options,
        name,
        members.filter((member) => member.component === 'broker' && member.group === name),
      ),
    ),
    version: commonVersion(members),
  };
}

function groupView(
  options: Parameters<typeof snapshot>[0],
  name: string,
  members: readonly MemberView[],
): GroupView {
  const { answers } = options;
  const fixed = fixedMasterOf(options, name);
  if (fixed === undefined) return { name, facts: groupFacts(answers, name), members };
  const replicas = members.filter(({ leads }) => leads !== true).map(({ registers }) => registers);
  const closed = isClosed(answers.settings.get(fixed.address));
  return {
    name,
    facts: fixedGroupFacts(fixed.master, replicas),
    members,
    fixed: { minInSync: fixed.minInSync, closed },
  };
}

/** Nothing for a group whose master is elected. */
function fixedMasterOf(
  { workloads, children, answers }: Parameters<typeof snapshot>[0],
  group: string,
): { readonly master: FixedMaster; readonly address: string; readonly minInSync: number } | undefined {
  for (const set of workloads.sets) {
    const [place] = set.pods;
    if (set.component !== 'broker' || set.inputs.group !== group || place === undefined) continue;
    if (!isFixedMaster(set.inputs)) continue;
    const pod = children.pods.get(place.pod);
    return {
      master: {
        phase: podPhase(pod),
        registers: registeredBy(pod),
        says: answers.replications.get(place.address),
      },
      address: place.address,
      minInSync: set.inputs.minInSyncReplicas,
    };
  }
  return undefined;
}

/** As what the broker in a pod registers; a pod without an IP yet registers as nothing. */
function registeredBy(pod: Pod | undefined): string | undefined {
  const podIp = pod?.status?.podIP;
  return podIp === undefined ? undefined : registeredAddress(podIp);
}

function memberView(
  options: Parameters<typeof snapshot>[0],
  set: SetWorkload,
  { pod: name, address }: PodPlace,
): MemberView {
  const pod = options.children.pods.get(name);
  const phase = podPhase(pod);
  const revision = podRevision(pod);
  const base = {
    pod: name,
    address,
    workload: set.name,
    component: set.component,
    object: pod,
    phase,
    ready: isReady(pod),
    fenced: options.children.statefulSets.get(set.name)?.spec?.replicas === 0,
    ...(revision === undefined ? {} : { revision }),
    target: options.targetOf(set.name, revision) ?? revision ?? '',
    requested: isOlder(pod, options.restartBeforeMs),
    readyForMs: trueForMs(pod, 'Ready', options.nowMs),
    upForMs: trueForMs(pod, 'ContainersReady', options.nowMs),
    apartForMs: heldForMs(pod, inSyncGate, 'False', options.nowMs),
    departing: pod?.spec?.nodeName !== undefined && options.isDeparting(pod.spec.nodeName),
  };
  const { answers } = options;
  switch (set.component) {
    case 'nameserver': {
      const answered = answers.nameServers.get(address)?.known === true;
      return { ...base, leads: undefined, healthy: phase === 'Up' ? (answered ? true : undefined) : false };
    }
    case 'controller':
      return { ...base, ...controllerHealth(answers, address, phase === 'Up') };
    case 'broker': {
      const { group } = set.inputs;
      const registers = registeredBy(pod);
      const version = options.versions.get(name);
      const role = brokerRole(options, set.inputs, { cluster: options.id.name, group, address, registers });
      return {
        ...base,
        ...(registers === undefined ? {} : { registers }),
        group,
        ...role,
        ...(version === undefined ? {} : { version }),
        inSync: role.facts.inSync,
        healthy: phase === 'Up' ? brokerHealth(role.facts) : false,
      };
    }
    default:
      return set satisfies never;
  }
}

function brokerRole(
  options: Parameters<typeof snapshot>[0],
  inputs: BrokerInputs,
  member: MemberAddresses,
): Pick<MemberView, 'leads' | 'fixed'> & { readonly facts: MemberFacts } {
  const { answers } = options;
  const fixed = fixedMasterOf(options, inputs.group);
  if (fixed !== undefined) {
    const leads = isFixedMaster(inputs);
    return { fixed: true, leads, facts: fixedMemberFacts(answers, member, leads, fixed.master) };
  }
  const facts = memberFacts(answers, member);
  const known = groupFacts(answers, inputs.group).inSync !== undefined;
  return { leads: known ? facts.role === 'Master' : undefined, facts };
}

function controllerHealth(answers: Answers, address: string, up: boolean): Pick<Member, 'healthy' | 'leads'> {
  const metadata = answers.controllers.get(address);
  const facts = controllerFacts(answers, address);
  const leads = leadingController(answers.controllers) === undefined ? undefined : facts.leads;
  if (!up) return { healthy: false, leads };
  return { healthy: metadata?.known === true ? facts.healthy : undefined, leads };
}

function brokerHealth(facts: MemberFacts): boolean | undefined {
  if (facts.inSync === false || facts.registered === false) return false;
  return facts.answers && facts.inSync === true && facts.registered === true ? true : undefined;
}

function commonVersion(members: readonly MemberView[]): string | undefined {
  const [only, ...others] = new Set(
    members.filter(({ component }) => component === 'broker').map(({ version }) => version),
  );
  return others.length === 0 ? only : undefined;
}
