/** What can be done to a cluster, and how much of it each fault may take away. Pure. */

export interface PlanShape {
  readonly groups: readonly string[];
  readonly members: number;
  readonly minInSync: number;
  readonly controllers: number;
  readonly workers: number;
  /** The group of the member whose volume is size-limited. */
  readonly limitedGroup: string;
}

export const singleRoles = [
  'NameServer',
  'ControllerLeader',
  'ControllerFollower',
  'Proxy',
  'Operator',
] as const;
export const brokerRoles = ['BrokerMaster', 'BrokerReplica'] as const;

type SingleRole = (typeof singleRoles)[number];
type BrokerRole = (typeof brokerRoles)[number];

/** Who is hit. Which pod that is, is found when the fault comes: roles move. */
export type Target =
  | { readonly [R in SingleRole]: { readonly role: R } }[SingleRole]
  | { readonly [R in BrokerRole]: { readonly role: R; readonly group: string } }[BrokerRole];

export type Fault =
  /** SIGKILL to the process, or a graceful deletion of the pod. */
  | { readonly kind: 'Kill' | 'Stop'; readonly target: Target }
  /** SIGSTOP and later SIGCONT, or no packet in and out. */
  | { readonly kind: 'Hang' | 'PodCut'; readonly target: Target; readonly holdMs: number }
  /** The node's container stopped and started, or its interface cut. */
  | { readonly kind: 'NodeStop' | 'NodeCut'; readonly worker: number; readonly holdMs: number }
  | { readonly kind: 'FullDisk'; readonly holdMs: number }
  | { readonly kind: 'ApiServerRestart' };

/** Faults that last are begun after those that only strike, so that nothing has to be struck on a dead node. */
export function lasts(fault: Fault): boolean {
  return fault.kind !== 'Kill' && fault.kind !== 'Stop';
}

interface Toll {
  readonly members: ReadonlyMap<string, number>;
  readonly controllers: number;
}

/** At most so many members of each group, and controllers, does a fault take: nobody promises where pods are. */
function tollOf(fault: Fault, shape: PlanShape): Toll {
  const none: Toll = { members: new Map(), controllers: 0 };
  switch (fault.kind) {
    case 'Kill':
    case 'Stop':
    case 'Hang':
    case 'PodCut':
      return tollOfTarget(fault.target);
    case 'NodeStop':
    case 'NodeCut': {
      const share = (count: number): number => Math.ceil(count / shape.workers);
      return {
        members: new Map(shape.groups.map((group) => [group, share(shape.members)])),
        controllers: share(shape.controllers),
      };
    }
    case 'FullDisk':
      return { ...none, members: new Map([[shape.limitedGroup, 1]]) };
    case 'ApiServerRestart':
      return none;
    default:
      return fault satisfies never;
  }
}

function tollOfTarget(target: Target): Toll {
  const controllers = target.role === 'ControllerLeader' || target.role === 'ControllerFollower' ? 1 : 0;
  return { members: new Map('group' in target ? [[target.group, 1]] : []), controllers };
}

/** Whether every group keeps `minInSync` members, and the controllers their majority, with all of the faults at once. */
export function keepsPromise(faults: readonly Fault[], shape: PlanShape): boolean {
  const tolls = faults.map((fault) => tollOf(fault, shape));
  const sum = (of: (toll: Toll) => number): number => tolls.reduce((total, toll) => total + of(toll), 0);
  const groups = shape.groups.every(
    (group) => sum(({ members }) => members.get(group) ?? 0) <= shape.members - shape.minInSync,
  );
  return groups && sum(({ controllers }) => controllers) <= Math.floor((shape.controllers - 1) / 2);
}

/** `Kill BrokerMaster broker-a`: the same words in progress, report and tests. */
export function nameOf(fault: Fault): string {
  const group = 'target' in fault && 'group' in fault.target ? ` ${fault.target.group}` : '';
  return `${kindOf(fault)}${group}`;
}

/** What figures are collected under: a fault without the group or node that it happens to hit. */
export function kindOf(fault: Fault): string {
  return 'target' in fault ? `${fault.kind} ${fault.target.role}` : fault.kind;
}
