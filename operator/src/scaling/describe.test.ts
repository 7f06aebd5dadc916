import { describe, expect, it } from '@jest/globals';
import { describeFinding, describeReason } from './describe.ts';
import type { Finding, Reason } from './model.ts';
import { START_MS } from './testing/feed.ts';

const queue = { broker: 'broker-a', topic: 'ORDERS', queueId: 3 };
const cap = { replicas: 6, untilAtMs: START_MS, holdMs: 300_000 };

describe('describeReason', () => {
  it.each<readonly [Reason, string]>([
    [
      { kind: 'Backlog', lag: 1_200, predictedWaitMs: 19_400, limitMs: 9_000, serviceRate: 50.1 },
      '1200 messages wait, the last for 19 s unless more replicas come (at most 9 s); one replica handles 50 messages a second',
    ],
    [
      { kind: 'Backlog', lag: 1, predictedWaitMs: Infinity, limitMs: 9_000, serviceRate: 2 },
      '1 message waits, the last for ever unless more replicas come (at most 9 s); one replica handles 2.0 messages a second',
    ],
    [
      { kind: 'Spare', arrivalRate: 0.25, windowMs: 120_000 },
      'fewer would have been enough for 120 s: 0.3 messages a second come',
    ],
    [{ kind: 'Idle', idleMs: 900_000 }, 'nothing has come and nothing has waited for 15 min'],
    [
      { kind: 'Incomplete', silent: ['broker-a', 'broker-b'] },
      'the lag is unknown: broker-a, broker-b did not answer',
    ],
    [
      { kind: 'Refused', because: 'Rival', rivals: ['HorizontalPodAutoscaler orders'] },
      'HorizontalPodAutoscaler orders scales the same target: remove one of them',
    ],
    [
      { kind: 'ByHand', replicas: 1, untilAtMs: START_MS },
      'somebody has set the target to 1 replica, which is left so until 2026-11-29T08:00:00.000Z',
    ],
    [{ kind: 'Waiting', wanted: 8, until: 'PodsReady' }, '8 are wanted, and wait for pods that start'],
    [
      { kind: 'OffsetsMoved', queue },
      'offsets of ORDERS/broker-a/3 went back, as after a reset or when a topic was made anew',
    ],
  ])('of %j', (reason, sentence) => {
    expect(describeReason(reason)).toBe(sentence);
  });
});

describe('describeFinding', () => {
  it.each<readonly [Finding, string]>([
    [
      { kind: 'HotQueue', queue, load: 62, serviceRate: 50 },
      'ORDERS/broker-a/3 gets 62 messages a second and one replica handles 50 messages a second: spread its messages over more queues',
    ],
    [
      { kind: 'ScalingIneffective', cap },
      'more than 6 replicas do not help: what they all wait for is slow; tried again at 2026-11-29T08:00:00.000Z',
    ],
    [
      { kind: 'SloUnreachable', reactionMs: 47_000, warmReplicas: 12 },
      'a replica that is asked for reads after 47 s, which is more than the SLO: for the bursts of late minReplicas would have to be 12',
    ],
    [
      { kind: 'PodsNotJoining', pods: ['a', 'b', 'c', 'd', 'e', 'f'] },
      'a, b, c, d, e and 1 more should be ready and read by now: look at their logs',
    ],
  ])('of %j', (finding, sentence) => {
    expect(describeFinding(finding)).toBe(sentence);
  });
});
