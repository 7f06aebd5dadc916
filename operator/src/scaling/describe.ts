/** Reasons and findings as sentences, for events, conditions and the log. */
import { listed } from '../listed.ts';
import type { Finding, QueueName, Reason, WaitingFor } from './model.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const shown = 5;

export function describeReason(reason: Reason): string {
  switch (reason.kind) {
    case 'Backlog':
      return `${count(reason.lag, 'message waits', 'messages wait')}, the last for ${duration(reason.predictedWaitMs)} unless more replicas come (at most ${duration(reason.limitMs)}); one replica handles ${rate(reason.serviceRate)}`;
    case 'ArrivalRate':
      return `${rate(reason.arrivalRate)} come; one replica handles ${rate(reason.serviceRate)}`;
    case 'ServiceRateUnknown':
      return `${count(reason.lag, 'message waits', 'messages wait')} and their number grows; how much one replica handles is not known yet`;
    case 'Wake':
      return `${count(reason.lag, 'message waits', 'messages wait')}, and there is no replica`;
    case 'Fallback':
      return `the lag has been unknown for ${duration(reason.staleMs)}: ${listed(reason.silent, shown)} did not answer`;
    case 'BelowMinimum':
      return `there are to be at least ${reason.minReplicas}`;
    case 'Spare':
      return `fewer would have been enough for ${duration(reason.windowMs)}: ${rate(reason.arrivalRate)} come${
        reason.serviceRate === undefined ? '' : `, one replica handles ${rate(reason.serviceRate)}`
      }`;
    case 'Idle':
      return `nothing has come and nothing has waited for ${duration(reason.idleMs)}`;
    case 'Bottleneck':
      return `more than ${count(reason.replicas, 'replica does', 'replicas do')} not help, as it seems: what they all wait for is slow`;
    case 'AboveBound':
      return `there are to be at most ${reason.bound}`;
    case 'Enough':
      return 'they are enough';
    case 'Observing':
      return 'its rates are not known yet';
    case 'Refused':
      return reason.because === 'Broadcast'
        ? 'its consumers read it as a broadcast: each gets every message, and brokers do not know how far it has read'
        : `${listed(reason.rivals, shown)} scales the same target: remove one of them`;
    case 'Incomplete':
      return `the lag is unknown: ${listed(reason.silent, shown)} did not answer`;
    case 'OffsetsMoved':
      return `offsets of ${queueName(reason.queue)} went back, as after a reset or when a topic was made anew`;
    case 'Stopped':
      return 'somebody has set the target to 0 replicas; set it to 1 to have it scaled again';
    case 'ByHand':
      return `somebody has set the target to ${count(reason.replicas, 'replica', 'replicas')}, which is left so until ${new Date(reason.untilAtMs).toISOString()}`;
    case 'Waiting':
      return `${reason.wanted} are wanted, and wait ${waits[reason.until]}`;
    default:
      return reason satisfies never;
  }
}

const waits: Readonly<Record<WaitingFor, string>> = {
  PodsReady: 'for pods that start',
  Settled: 'for the last step to show',
  DownWindow: 'until fewer have been enough for the whole window',
  AfterUp: 'since there were just made more',
  Rollout: 'for the rollout',
  StuckQueues: 'for queues that are stuck',
  Cap: 'since more of them did not help',
  PodsJoin: 'for pods that do not become ready, or do not join the group',
  Consumption: 'since none of the consumers gets on',
};

export function describeFinding(finding: Finding): string {
  switch (finding.kind) {
    case 'QueueBound':
      return `${count(finding.bound, 'replica is', 'replicas are')} the most that are of use or allowed, and not enough: more queues, or a higher maximum`;
    case 'HotQueue':
      return `${queueName(finding.queue)} gets ${rate(finding.load)} and one replica handles ${rate(finding.serviceRate)}: spread its messages over more queues`;
    case 'StuckQueues':
      return `nothing is committed in ${listed(finding.queues.map(queueName), shown)}, while messages wait there: look for one that is never done`;
    case 'NothingConsumed':
      return `there are consumers, and nothing has been committed since ${new Date(finding.sinceAtMs).toISOString()}`;
    case 'ScalingIneffective':
      return `more than ${count(finding.cap.replicas, 'replica does', 'replicas do')} not help: what they all wait for is slow; tried again at ${new Date(finding.cap.untilAtMs).toISOString()}`;
    case 'SloUnreachable':
      return `a replica that is asked for reads after ${duration(finding.reactionMs)}, which is more than the SLO${
        finding.warmReplicas === undefined
          ? ''
          : `: for the bursts of late minReplicas would have to be ${finding.warmReplicas}`
      }`;
    case 'PodsNotJoining':
      return `${listed(finding.pods, shown)} should be ready and read by now: look at their logs`;
    default:
      return finding satisfies never;
  }
}

const queueName = ({ broker, topic, queueId }: QueueName): string => `${topic}/${broker}/${queueId}`;
const rate = (perSecond: number): string =>
  `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)} messages a second`;
const count = (number: number, one: string, many: string): string => `${number} ${number === 1 ? one : many}`;

function duration(ms: number): string {
  if (!Number.isFinite(ms)) return 'ever';
  return ms < 10 * MINUTE_MS ? `${Math.round(ms / SECOND_MS)} s` : `${Math.round(ms / MINUTE_MS)} min`;
}
