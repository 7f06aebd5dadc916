import { describe, expect, it } from '@jest/globals';
import type { Decision, Observation, Reason, ScalingSettings } from './model.ts';
import { Feed, last, type Flow } from './testing/feed.ts';

const MINUTE = 60;
/** One replica handles 50 a second, so that its share of what comes is known to be too much or not. */
const hinted: Partial<ScalingSettings> = { serviceRateHint: 50 };
const steady = (rate: number): Flow => ({ come: rate, done: rate });
const kinds = (decisions: readonly Decision[]): readonly Reason['kind'][] => [
  ...new Set(decisions.map(({ reason }) => reason.kind)),
];
const silent: Observation['queues'] = { kind: 'Partial', silent: ['broker-b'] };

describe('decide, when more are needed', () => {
  it('adds replicas for what has come for a minute, in counts that relieve the busiest', () => {
    const feed = new Feed({ replicas: 4, settings: hinted });
    const decisions = feed.run(2 * MINUTE, { come: 200, done: 200 });
    expect(kinds(decisions)).toEqual(['Observing', 'ArrivalRate', 'Enough']);
    // 5 leave one replica with 4 queues of 16, as 4 do.
    expect(last(decisions).replicas).toBe(6);
  });

  it('adds replicas for a backlog that would wait for too long', () => {
    const feed = new Feed({ replicas: 4, lag: 400, settings: hinted });
    const [, second] = feed.run(4, steady(100));
    expect(second).toMatchObject({
      replicas: 8,
      reason: { kind: 'Backlog', limitMs: 9_000, serviceRate: 50 },
    });
  });

  it('adds at most 8, or twice as many, in one step; and goes on while the need is larger still', () => {
    const feed = new Feed({ replicas: 1, lag: 2_000, settings: hinted });
    feed.startUpSeconds = 20;
    const steps = feed.run(8, steady(50)).map(({ replicas }) => replicas);
    expect(steps).toEqual([1, 9, 16, 16]);
  });

  it.each<readonly [string, Partial<ScalingSettings>, number]>([
    ['the queues', hinted, 16],
    ['the maximum', { ...hinted, maxReplicas: 6 }, 6],
    ['the maximum alone for gRPC groups', { ...hinted, groupType: 'Pop' }, 32],
    ['the queues for ordered gRPC groups', { ...hinted, groupType: 'PopFifo' }, 16],
  ])('stops at %s', (_what, settings, most) => {
    const feed = new Feed({ replicas: 4, lag: 20_000, settings });
    const { replicas, findings } = last(feed.run(MINUTE, steady(400)));
    expect(replicas).toBe(most);
    expect(findings).toContainEqual({ kind: 'QueueBound', bound: most });
  });

  it('waits for pods that start, unless the need has grown by a fifth', () => {
    const feed = new Feed({ replicas: 4, lag: 150, settings: hinted });
    feed.startUpSeconds = 60;
    const decisions = feed.run(10, { come: 220, done: 160 });
    expect(decisions.map(({ replicas }) => replicas)).toEqual([4, 8, 8, 8, 8]);
    feed.run(4, { come: 700, done: 160 });
    expect(feed.replicas).toBe(16);
  });

  it('doubles while a backlog grows and nobody knows what one replica handles', () => {
    const feed = new Feed({ replicas: 2 });
    feed.run(20, steady(80));
    const decisions = feed.run(14, { come: 400, done: 100 });
    const step = decisions.find(({ reason }) => reason.kind === 'ServiceRateUnknown');
    expect(step?.replicas).toBe(4);
  });

  it('measures what one replica handles when all have enough to do, and adds what that asks for', () => {
    const feed = new Feed({ replicas: 4, lag: 3_000 });
    feed.writes = false;
    const decision = last(feed.run(40, { come: 250, done: 200 }));
    expect(decision.figures.serviceRate).toBeCloseTo(50, 0);
    expect(decision.state.learned.serviceRate).toMatchObject({ templateHash: 'one' });
    expect(decision.reason.kind).toBe('Backlog');
  });

  it.each<readonly [string, (feed: Feed) => void, string]>([
    ['pods do not come', (feed) => void (feed.startUpSeconds = 3_600), 'PodsJoin'],
    ['nobody gets on', () => undefined, 'Consumption'],
  ])('adds none when %s', (_what, prepare, until) => {
    const feed = new Feed({ replicas: 2, lag: 200, settings: { ...hinted, groupType: 'Pop' } });
    prepare(feed);
    const done = until === 'Consumption' ? 0 : 60;
    const decisions = feed.run(5 * MINUTE, { come: 100, done });
    const { replicas, reason } = last(decisions);
    expect(reason).toMatchObject({ kind: 'Waiting', until });
    expect(last(feed.run(MINUTE, { come: 100, done })).replicas).toBe(replicas);
  });
});

describe('decide, when fewer would do', () => {
  const spare = () => new Feed({ replicas: 8, settings: hinted });

  it('takes away what was not needed for the whole window, a step a minute', () => {
    const feed = spare();
    const decisions = feed.run(4 * MINUTE, steady(60));
    expect(kinds(decisions)).toEqual(['Observing', 'Waiting', 'Spare', 'Enough']);
    expect(feed.replicas).toBe(2);
    const first = decisions.findIndex(({ reason }) => reason.kind === 'Spare');
    expect(first * 2).toBeGreaterThanOrEqual(118);
  });

  it.each<readonly [string, (feed: Feed) => void, string]>([
    ['a rollout', (feed) => void (feed.rollout = 'Rolling'), 'Rollout'],
    ['a paused rollout', (feed) => void (feed.rollout = 'Paused'), 'Rollout'],
    [
      'pods that start',
      (feed) => {
        feed.replicas = 9;
        feed.startUpSeconds = 3_600;
      },
      'PodsReady',
    ],
  ])('waits for %s', (_what, prepare, until) => {
    const feed = spare();
    feed.look();
    feed.settings.actuator satisfies string;
    prepare(feed);
    const { reason } = last(feed.run(5 * MINUTE, steady(60)));
    expect(reason).toMatchObject({ kind: 'Waiting', until });
    expect(feed.replicas).toBeGreaterThanOrEqual(8);
  });

  it('keeps them while a queue is stuck, whose new owner would begin at the same message', () => {
    const feed = spare();
    const done = Array.from({ length: 16 }, (_value, index) => (index === 3 ? 0 : 10));
    const { findings, reason } = last(feed.run(5 * MINUTE, { come: 60, done }));
    expect(reason).toMatchObject({ kind: 'Waiting', until: 'StuckQueues' });
    expect(findings).toContainEqual({
      kind: 'StuckQueues',
      queues: [{ broker: 'broker-b', topic: 'ORDERS', queueId: 1 }],
    });
    expect(feed.replicas).toBe(8);
  });

  it('takes a third away without a service rate, as long as nothing waits', () => {
    const feed = new Feed({ replicas: 8 });
    feed.run(130, steady(60));
    // 5 leave one with 4 queues of 16, as 4 do.
    expect(feed.replicas).toBe(4);
  });
});

describe('decide, when not everything is known', () => {
  it('needs two looks', () => {
    expect(new Feed().look()).toMatchObject({ replicas: 4, reason: { kind: 'Observing' } });
  });

  it('holds while somebody does not answer, and never takes away', () => {
    const feed = new Feed({ replicas: 8, settings: hinted });
    feed.run(3 * MINUTE, steady(300));
    feed.over = { queues: silent };
    const decisions = feed.run(10 * MINUTE, steady(0));
    expect(kinds(decisions)).toEqual(['Incomplete']);
    expect(feed.replicas).toBe(8);
    feed.over = {};
    // What was known before the silence is not known now.
    expect(kinds(feed.run(110, steady(0)))).toEqual(['Observing', 'Waiting']);
  });

  it('asks for the fallback after a while, and only if that is more', () => {
    const feed = new Feed({ replicas: 4, settings: { fallbackReplicas: 10 } });
    feed.run(10, steady(100));
    feed.over = { queues: silent };
    feed.run(58, steady(100));
    expect(feed.replicas).toBe(4);
    const { replicas, reason } = last(feed.run(4, steady(100)));
    expect(replicas).toBe(10);
    expect(reason.kind).toBe('Incomplete');
    const more = new Feed({ replicas: 12, settings: { fallbackReplicas: 10 } });
    more.over = { queues: silent };
    more.run(5 * MINUTE, steady(100));
    expect(more.replicas).toBe(12);
  });

  it('ignores half a minute after offsets went back', () => {
    const feed = new Feed({ replicas: 4, settings: hinted });
    feed.run(20, steady(100));
    feed.committed = feed.committed.map((offset) => offset - 50_000);
    expect(kinds(feed.run(28, steady(100)))).toEqual(['OffsetsMoved']);
    const { replicas } = last(feed.run(6, steady(100)));
    expect(replicas).toBeGreaterThan(4);
  });

  it('keeps the bound while the queues of a broker are away', () => {
    const feed = new Feed({ replicas: 16, settings: hinted });
    feed.run(20, steady(700));
    const { queues } = feed.observation();
    if (queues.kind !== 'Complete') throw new Error('it is complete');
    feed.pass(2, steady(700));
    feed.over = { queues: { kind: 'Complete', queues: queues.queues.slice(0, 8) } };
    expect(feed.look().figures.bound).toBe(16);
    expect(feed.replicas).toBe(16);
  });

  it('says nothing of a group that reads nothing', () => {
    const feed = new Feed({ queues: 0, replicas: 3 });
    expect(last(feed.run(5 * MINUTE, steady(0)))).toMatchObject({
      replicas: 3,
      reason: { kind: 'Observing' },
    });
  });
});

describe('decide, when somebody else has a say', () => {
  it('leaves what was set by hand for one window, and then goes on from there', () => {
    const feed = new Feed({ replicas: 4, settings: hinted });
    feed.run(30, steady(140));
    feed.replicas = 10;
    const held = feed.run(118, steady(140));
    expect(kinds(held)).toEqual(['ByHand']);
    expect(feed.replicas).toBe(10);
    feed.run(5 * MINUTE, steady(140));
    expect(feed.replicas).toBe(4);
  });

  it('knows its own steps, also when they show late', () => {
    const feed = new Feed({ replicas: 1, lag: 2_000, settings: hinted });
    feed.writes = false;
    feed.run(4, steady(50));
    const decisions = [9, 9, 16, 16].flatMap((replicas) => {
      feed.replicas = replicas;
      return [...feed.run(2, steady(50))];
    });
    expect(kinds(decisions)).not.toContain('ByHand');
  });

  it.each<readonly [string, Partial<Observation>, Partial<ScalingSettings>, Reason['kind']]>([
    ['a broadcast is refused', { broadcast: true }, {}, 'Refused'],
    [
      'a target that somebody else scales is refused',
      { rivals: ['HorizontalPodAutoscaler a'] },
      {},
      'Refused',
    ],
    [
      'a recommendation is given nevertheless',
      { rivals: ['HorizontalPodAutoscaler a'] },
      { actuator: 'Recommend' },
      'Observing',
    ],
  ])('%s', (_what, over, settings, kind) => {
    const feed = new Feed({ settings });
    feed.over = over;
    expect(feed.look()).toMatchObject({ replicas: 4, reason: { kind } });
  });

  it.each<readonly [string, number, Partial<ScalingSettings>, number, Reason['kind']]>([
    ['there are fewer than the minimum', 1, { minReplicas: 3 }, 3, 'BelowMinimum'],
    ['there are more than the maximum', 9, { maxReplicas: 5 }, 5, 'AboveBound'],
    ['somebody has stopped it', 0, {}, 0, 'Stopped'],
  ])('%s', (_what, replicas, settings, wanted, kind) => {
    expect(new Feed({ replicas, settings }).look()).toMatchObject({ replicas: wanted, reason: { kind } });
  });
});

describe('decide, at zero', () => {
  const zero: Partial<ScalingSettings> = { minReplicas: 0, serviceRateHint: 50 };

  it('goes there when nothing has come and nothing has waited for long enough', () => {
    const feed = new Feed({ replicas: 1, settings: zero });
    feed.run(298, steady(0));
    expect(feed.replicas).toBe(1);
    const decisions = feed.run(8, steady(0));
    expect(kinds(decisions)).toContain('Idle');
    expect(feed.replicas).toBe(0);
  });

  it.each<readonly [string, Partial<Observation>, Partial<ScalingSettings>]>([
    ['zero is not asked for', {}, { minReplicas: 1 }],
    ['messages are with clients', { inFlight: 3 }, { ...zero, groupType: 'Pop' }],
    ['nobody knows what is with clients', {}, { ...zero, groupType: 'Pop' }],
    ['somebody does not answer', { queues: silent }, zero],
  ])('stays above it when %s', (what, over, settings) => {
    const feed = new Feed({ replicas: 1, settings });
    const observation = feed.observation.bind(feed);
    if (what.startsWith('nobody')) {
      feed.observation = () => {
        const { inFlight: _, ...rest } = observation();
        return rest;
      };
    }
    feed.over = over;
    feed.run(10 * MINUTE, steady(0));
    expect(feed.replicas).toBe(1);
  });

  it('is left in one step to what the backlog asks for', () => {
    const feed = new Feed({ replicas: 0, settings: zero });
    feed.run(10, steady(0));
    const { replicas, reason } = last(feed.run(2, { come: 2_000, done: 0 }));
    expect(reason.kind).toBe('Wake');
    expect(replicas).toBe(8);
  });

  it('is left for what is to be tried again, too', () => {
    const feed = new Feed({ replicas: 0, queues: 2, settings: zero });
    const observation = feed.observation.bind(feed);
    feed.observation = () => {
      const seen = observation();
      if (seen.queues.kind !== 'Complete') return seen;
      const queues = seen.queues.queues.map((queue) => ({ ...queue, topic: '%RETRY%g', retry: true }));
      return { ...seen, queues: { kind: 'Complete', queues } };
    };
    feed.run(10, steady(0));
    expect(last(feed.run(4, { come: 1, done: 0 })).replicas).toBe(1);
  });
});

describe('decide, when replicas share a bottleneck', () => {
  it('takes back what did not help, and tries again later', () => {
    const feed = new Feed({ replicas: 4, lag: 3_000, settings: { groupType: 'Pop' } });
    const decisions = feed.run(400, steady(200));
    expect(kinds(decisions)).toContain('Bottleneck');
    const { findings, figures, state } = last(decisions);
    expect(findings).toContainEqual({ kind: 'ScalingIneffective', cap: state.learned.cap });
    // 200 a second through replicas that could do 50 each.
    expect(figures.serviceRate).toBeCloseTo(50, 0);
    expect(feed.replicas).toBe(state.learned.cap?.replicas);
    expect(feed.replicas).toBeLessThan(8);
  });
});
