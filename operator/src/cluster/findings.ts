/** What is left to do, what is wrong, and what should be known, after everything possible was done. Pure. */
import { minInSyncReplicas, type ConditionReason } from '../api/mod.ts';
import { absenceTroubles } from './absence.ts';
import { accessObstacles, accessWarnings } from './access.ts';
import type { Attended } from './attend.ts';
import { HeirBehindError } from './bequeath.ts';
import { warnings } from './break-glass.ts';
import { crowdedNodes } from './crowding.ts';
import type { Plan } from './decide.ts';
import { strandedMasters } from './departure.ts';
import { driftWarnings } from './drift.ts';
import type { Failure } from './execute.ts';
import { fencedAnnotation } from './labels.ts';
import type { Observation } from './observation.ts';
import { obstacles } from './obstacles.ts';
import { keptRevision } from './plan.ts';
import { rotationObstacles } from './rotation.ts';
import { lossesOfMasters } from './static-groups.ts';
import type { Findings } from './status.ts';
import type { ClusterSnapshot } from './view.ts';
import { closedMasters } from './write-permission.ts';

export function findingsOf(
  observation: Observation,
  plan: Plan,
  outcome: {
    readonly failures: readonly Failure[];
    readonly troubles: Attended['troubles'];
    /** Of the volumes. */
    readonly problems: Findings['problems'];
    readonly diagnoses: Findings['diagnoses'];
    /** Brokers that keep up a rotation of the inner credentials. */
    readonly rotationWaitsFor: readonly string[];
  },
): Findings {
  const { cluster, children, answers, desired, seen, asked, nowMs } = observation;
  const { windows, proxy, live, absent, emergency } = plan;
  const findings: Findings = {
    obstacles: withFailures(
      [
        ...closedMasters(seen.groups, answers),
        ...delays(outcome.failures),
        ...obstacles(seen, proxy, live.pushes, windows.gate),
        ...accessObstacles(observation.access),
        ...rotationObstacles(observation.rotation, outcome.rotationWaitsFor),
      ],
      outcome.failures,
    ),
    diagnoses: outcome.diagnoses,
    problems: [...observation.problems, ...windows.problems, ...outcome.problems],
    troubles: [
      ...outcome.failures.flatMap(({ trouble }) => (trouble === undefined ? [] : [trouble])),
      ...outcome.troubles,
      ...lossesOfMasters(seen.groups),
      ...fencedTroubles(seen),
      ...absenceTroubles(seen.members, absent, children, nowMs),
    ],
    warnings: [
      ...warnings(cluster, nowMs),
      ...accessWarnings(cluster.spec),
      ...emergency.warnings,
      ...strandedMasters(seen.groups).map((message) => ({ reason: 'DrainBlocked', message }) as const),
      ...driftWarnings(seen.members, answers.settings, (workload, revision) =>
        keptRevision(desired, workload, revision),
      ),
      // Last: it is so for as long as there are no other nodes.
      ...crowdedNodes(seen, minInSyncReplicas(cluster.spec.brokers)).map(
        (message) => ({ reason: 'MembersTogether', message }) as const,
      ),
    ],
  };
  return asked.paused ? withPause(findings) : findings;
}

const heldBy: ReadonlySet<string> = new Set<ConditionReason>(['WaitingForWindow', 'WaitingForUsers']);

/** Everything works, and nothing is left to do before a maintenance window opens, or users are there. */
export function isHeld({ obstacles: found, troubles, diagnoses }: Findings): boolean {
  const nothingElse = found.every(({ reason }) => heldBy.has(reason));
  return found.length > 0 && nothingElse && troubles.length === 0 && diagnoses.length === 0;
}

export interface Verdict {
  readonly ready: boolean;
  /** Nothing is known to be wrong; it is only that somebody did not answer. */
  readonly unknownOnly: boolean;
  readonly reason: string;
  readonly message: string;
}

export function verdictOf(findings: Findings): Verdict {
  const { obstacles: found } = findings;
  const [stall] = [...findings.troubles, ...findings.diagnoses, ...findings.problems];
  const cause = stall ?? found[0];
  return {
    ready: cause === undefined,
    unknownOnly: stall === undefined && found.length > 0 && found.every(({ unknown }) => unknown === true),
    reason: cause?.reason ?? 'Reconciled',
    message: cause?.message ?? '',
  };
}

/** A hand-over that could not begin: it is tried again, and nothing else waits for it. */
function delays(failures: readonly Failure[]): Findings['obstacles'] {
  return failures.flatMap(({ error }) =>
    error instanceof HeirBehindError ? [{ reason: 'HandOverWaits', message: error.message } as const] : [],
  );
}

/**
 * A step that failed is tried again, so that it matters to people when something is left to do. Right after the first
 * obstacle, which gives the reason: a message names only a few. It says nothing about the state of the cluster.
 */
function withFailures(
  [first, ...others]: Findings['obstacles'],
  failures: readonly Failure[],
): Findings['obstacles'] {
  if (first === undefined) return [];
  const words = failures.flatMap(({ error, trouble }) =>
    trouble === undefined && error instanceof Error && !(error instanceof HeirBehindError)
      ? [error.message]
      : [],
  );
  const failed = [...new Set(words)].map((message): Findings['obstacles'][number] => ({
    reason: 'Progressing',
    message: `this failed and is tried again: ${message}`,
    unknown: true,
  }));
  return [first, ...failed, ...others];
}

/** Silence alone is nothing that the pause keeps from being mended. */
function withPause(findings: Findings): Findings {
  const left = findings.obstacles.filter(({ unknown }) => unknown !== true).map(({ message }) => message);
  if (left.length === 0) return findings;
  const message = `The cluster is paused, and this is left to do: ${left.join('; ')}`;
  return { ...findings, troubles: [...findings.troubles, { reason: 'Paused', message }] };
}

function fencedTroubles({ members }: ClusterSnapshot): Findings['troubles'] {
  return members
    .filter(({ fenced }) => fenced)
    .map(({ pod }) => ({
      reason: 'Fenced',
      message: `${pod} is kept down until the annotation ${fencedAnnotation} does not name it`,
    }));
}
