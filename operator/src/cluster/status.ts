/** The status of a cluster, from what was observed and decided. */
import type { Condition, ConditionReason, RocketMQCluster, RocketMQClusterStatus } from '../api/mod.ts';
import { setCondition, toKubeTime } from '../kube/mod.ts';
import { listed } from '../listed.ts';
import type { Endpoints } from './addresses.ts';
import type { Warning } from './break-glass.ts';
import type { ConfigProblem } from './config/key-table.ts';
import type { Diagnosis } from './diagnose.ts';
import { restartBeforeAnnotation } from './labels.ts';
import type { Obstacle } from './obstacles.ts';
import type { RestartReason } from './restart-reasons.ts';
import { rolloutStatus } from './rollout-status.ts';
import { isFixedMaster, type Rollout } from './rollout.ts';
import type { ClusterSnapshot, GroupView } from './view.ts';

/** Something that only a person can change. */
export interface Trouble {
  readonly reason: ConditionReason;
  readonly message: string;
}

export interface Findings {
  readonly obstacles: readonly Obstacle[];
  readonly diagnoses: readonly Diagnosis[];
  readonly problems: readonly ConfigProblem[];
  readonly troubles: readonly Trouble[];
  readonly warnings: readonly Warning[];
}

type Draft = Omit<Condition, 'lastTransitionTime' | 'observedGeneration'>;

const shown = 5;

function list(messages: readonly string[]): string {
  return listed(messages, shown, '; ');
}

/** The five conditions; pure, so that every combination can stand in a table. */
export function conditionDrafts(findings: Findings): readonly Draft[] {
  const { obstacles, diagnoses, problems, troubles } = findings;
  const [problem] = problems;
  const refused = list(problems.map(({ field, message }) => `${field} ${message}`));
  const stalls: readonly Trouble[] = [
    ...troubles,
    ...(problem === undefined ? [] : [{ reason: problem.reason, message: refused }]),
    ...diagnoses,
  ];
  const [stall] = stalls;
  const [obstacle] = obstacles;
  const ready = stall === undefined && obstacle === undefined;
  return [
    readyDraft(
      obstacles,
      merged([...troubles, ...diagnoses]),
      problem === undefined ? undefined : { reason: problem.reason, message: refused },
    ),
    {
      type: 'Reconciling',
      status: ready || stall !== undefined ? 'False' : 'True',
      reason: ready ? 'Reconciled' : (stall?.reason ?? obstacle?.reason ?? 'Progressing'),
      message: ready
        ? 'Nothing is left to do.'
        : stall === undefined
          ? list(obstacles.map(({ message }) => message))
          : 'The operator waits for the cause in the condition Stalled to be removed.',
    },
    stall === undefined
      ? { type: 'Stalled', status: 'False', reason: 'Progressing', message: 'Nothing is in the way.' }
      : {
          type: 'Stalled',
          status: 'True',
          reason: stall.reason,
          message: list([...new Set(stalls.map(({ message }) => message))]),
        },
    problem === undefined
      ? { type: 'ConfigValid', status: 'True', reason: 'ConfigAccepted', message: 'All settings are valid.' }
      : { type: 'ConfigValid', status: 'False', reason: problem.reason, message: refused },
    warningsDraft(findings.warnings),
  ];
}

function warningsDraft(warnings: readonly Warning[]): Draft {
  const [first] = warnings;
  return first === undefined
    ? { type: 'Warnings', status: 'False', reason: 'NoWarnings', message: 'There is nothing to warn of.' }
    : {
        type: 'Warnings',
        status: 'True',
        reason: first.reason,
        message: list(warnings.map(({ message }) => message)),
      };
}

/**
 * A wrong setting alone leaves everything serving with the last valid ones; it is the reason only when nothing else
 * is, and `clusterView` tells these cases apart by it.
 */
function readyDraft(
  obstacles: readonly Obstacle[],
  stall: Trouble | undefined,
  problem: Trouble | undefined,
): Draft {
  const [first] = obstacles;
  const cause = stall ?? first ?? problem;
  if (cause === undefined) {
    return {
      type: 'Ready',
      status: 'True',
      reason: 'Reconciled',
      message:
        'Every group has a master, every member is in sync and registered in every name server, every proxy is ready.',
    };
  }
  const unknown =
    stall === undefined && first !== undefined && obstacles.every((each) => each.unknown === true);
  return {
    type: 'Ready',
    status: unknown ? 'Unknown' : 'False',
    reason: cause.reason,
    message: readyMessage(obstacles, stall, problem),
  };
}

function readyMessage(
  obstacles: readonly Obstacle[],
  stall: Trouble | undefined,
  problem: Trouble | undefined,
): string {
  const outages = obstacles.filter(({ outage }) => outage === true).map(({ message }) => message);
  if (stall !== undefined) return list([stall.message, ...outages]);
  if (obstacles.length > 0) return list(obstacles.map(({ message }) => message));
  return `What ran before goes on: ${problem?.message ?? ''}`;
}

/** The reason of the first, the messages of all. */
function merged(troubles: readonly Trouble[]): Trouble | undefined {
  const [first] = troubles;
  return (
    first && { reason: first.reason, message: list([...new Set(troubles.map(({ message }) => message))]) }
  );
}

export function withConditions(
  cluster: RocketMQCluster,
  drafts: readonly Draft[],
  nowMs: number,
): readonly Condition[] {
  const { generation } = cluster.metadata;
  return drafts.reduce<readonly Condition[]>(
    (conditions, draft) =>
      setCondition(
        conditions,
        { ...draft, ...(generation === undefined ? {} : { observedGeneration: generation }) },
        toKubeTime(nowMs),
      ),
    cluster.status?.conditions ?? [],
  );
}

/** Of a spec that breaks a rule. Nobody looked at anything else: what was said of it last stands. */
export function refusedStatus(
  cluster: RocketMQCluster,
  trouble: Trouble,
  nowMs: number,
): RocketMQClusterStatus {
  const drafts = conditionDrafts({
    obstacles: [],
    diagnoses: [],
    problems: [],
    troubles: [trouble],
    warnings: [],
  }).filter(({ type }) => ['Ready', 'Reconciling', 'Stalled'].includes(type));
  const { generation } = cluster.metadata;
  return {
    ...cluster.status,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    conditions: withConditions(cluster, drafts, nowMs),
  };
}

export function clusterStatus(options: {
  readonly cluster: RocketMQCluster;
  readonly endpoints: Endpoints;
  readonly snapshot: ClusterSnapshot;
  readonly findings: Findings;
  readonly rollout: Rollout;
  /** By pod, of those that run an older revision. */
  readonly reasons: ReadonlyMap<string, readonly RestartReason[]>;
  /** Pods whose template a newer operator would render differently. */
  readonly operatorUpgrade: readonly string[];
  readonly nowMs: number;
}): RocketMQClusterStatus {
  const { cluster, snapshot, endpoints } = options;
  const { generation } = cluster.metadata;
  const pending = pendingRestarts(options);
  const progress = rolloutStatus({
    ...options,
    members: snapshot.members,
    before: cluster.status?.rollout,
  });
  const version = snapshot.version ?? cluster.status?.version;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    conditions: withConditions(cluster, conditionDrafts(options.findings), options.nowMs),
    ...(version === undefined ? {} : { version }),
    endpoints: {
      ...endpoints,
      nameServers: [...endpoints.nameServers],
      controllers: [...endpoints.controllers],
    },
    groups: snapshot.groups.map(groupStatus),
    ...mastersOf(snapshot.groups),
    ...(progress === undefined ? {} : { rollout: progress }),
    ...(pending.length === 0 ? {} : { pendingRestart: pending }),
  };
}

/** Not a word when the controllers say nothing of some group. */
function mastersOf(groups: readonly GroupView[]): Pick<RocketMQClusterStatus, 'masters'> {
  if (groups.some(({ facts }) => facts.inSync === undefined)) return {};
  const mastered = groups.filter(({ facts }) => facts.master !== undefined);
  return { masters: `${mastered.length}/${groups.length}` };
}

type GroupStatus = NonNullable<RocketMQClusterStatus['groups']>[number];

function groupStatus(group: GroupView): GroupStatus {
  const { epoch, inSync } = group.facts;
  const masterPod = group.members.find(({ facts }) => facts?.role === 'Master')?.pod;
  return {
    name: group.name,
    ...(masterPod === undefined ? {} : { master: masterPod }),
    ...(epoch === undefined ? {} : { epoch }),
    ...(inSync === undefined ? {} : { inSync }),
    members: group.members.map(({ pod, facts, ready, fenced, version }) => ({
      name: pod,
      ...(facts?.role === undefined ? {} : { role: facts.role }),
      ...(facts?.inSync === undefined ? {} : { inSync: facts.inSync }),
      ready,
      ...(fenced ? { fenced } : {}),
      ...(version === undefined ? {} : { version }),
    })),
  };
}

type PendingRestart = NonNullable<RocketMQClusterStatus['pendingRestart']>[number];

function pendingRestarts({
  snapshot,
  rollout,
  reasons,
  operatorUpgrade,
}: Pick<
  Parameters<typeof clusterStatus>[0],
  'snapshot' | 'rollout' | 'reasons' | 'operatorUpgrade'
>): readonly PendingRestart[] {
  const stopping = new Set(snapshot.members.filter((member) => isFixedMaster(member)).map(({ pod }) => pod));
  const now = (pod: string): string =>
    stopping.has(pod)
      ? 'It restarts now, and its group takes no writes until it is back.'
      : 'It restarts now.';
  const because = (pod: string, next: string): PendingRestart => {
    const own = reasons.get(pod) ?? [];
    const what = own.map((each) => each.what).join(', ');
    return {
      pod,
      reason: own[0]?.cause ?? 'TemplateChanged',
      message: `For ${what}. ${next}`.slice(0, 1024),
    };
  };
  return [
    ...rollout.restarts.map(({ pod }) => because(pod, now(pod))),
    ...rollout.waiting.map(({ pod, message }) => because(pod, `It waits: ${message}.`)),
    ...operatorUpgrade.map((pod) => ({
      pod,
      reason: 'OperatorUpgrade',
      message: `A newer operator would start it differently; that comes with the next change that restarts it, or with the annotation ${restartBeforeAnnotation}.`,
    })),
  ];
}
