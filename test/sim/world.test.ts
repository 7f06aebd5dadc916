import { describe, expect, it } from '@jest/globals';
import type { Workload } from './workloads.ts';
import { usualWorld, World, type Mode } from './world.ts';

const workload = (over: Partial<Workload> = {}): Workload => ({
  name: 'test',
  seconds: 600,
  stepSeconds: 0.5,
  initialReplicas: 4,
  minReplicas: 1,
  noise: { deviation: 0, correlationSeconds: 10 },
  rateAt: () => 160,
  ...over,
});

function through(world: World, at?: { readonly second: number; readonly replicas: number }): World {
  while (!world.isOver) {
    if (at !== undefined && world.now === at.second) world.scaleTo(at.replicas);
    world.advance();
  }
  return world;
}

describe('a world', () => {
  it.each<readonly [string, Mode, Partial<Workload>, number, number]>([
    ['enough replicas', 'queue', {}, 0, 160 * 2.5],
    [
      'five replicas, one of which has 4 queues of 16 and the others 3',
      'queue',
      { initialReplicas: 5 },
      0,
      160 * 2.5,
    ],
    // 250 of 300 a second are done: what comes after 150 s waits for more than 30 s.
    [
      'too few by a sixth',
      'pop',
      { initialReplicas: 5, rateAt: () => 300 },
      1 - 150 / 600,
      50 * 600 + 250 * 2.5,
    ],
    [
      'a limit that they share',
      'pop',
      { initialReplicas: 8, rateAt: () => 300, limit: 250 },
      0.75,
      50 * 600 + 250 * 2.5,
    ],
  ])('with %s', (_what, mode, over, late, lag) => {
    const world = through(new World(workload(over), mode, 1));
    expect(world.outcome().late).toBeCloseTo(late, 1);
    expect(Math.abs(world.lag / lag - 1)).toBeLessThan(0.3);
  });

  it('takes a fifth of a minute and more until a new pod reads, and moves queues to it', () => {
    const world = through(new World(workload({ seconds: 40 }), 'queue', 1), { second: 10, replicas: 5 });
    const { events, movedQueues, replicaHours } = world.outcome();
    expect(events).toBe(1);
    expect(movedQueues).toBeGreaterThan(0);
    // From its making on, not from its being ready.
    expect(replicaHours * 3_600).toBeCloseTo(4 * 40 + 30, 5);
    expect(world.readers).toHaveLength(5);
  });

  it('keeps a queue at the message that is not done, and its client 2,000 messages further at most', () => {
    const world = new World(workload({ pin: { at: 60, seconds: 300 } }), 'queue', 1);
    const committed = () => world.offsets()[1]?.committed ?? 0;
    while (world.now < 70) world.advance();
    const pinned = committed();
    while (world.now < 350) world.advance();
    expect(committed()).toBe(pinned);
    while (world.now < 370) world.advance();
    expect(committed()).toBeGreaterThan(pinned + 2_000);
  });

  it('rolls its pods without losing more than a quarter of them', () => {
    const world = new World(workload({ rolloutAt: 60, initialReplicas: 8 }), 'queue', 1);
    let [least, most] = [8, 8];
    while (!world.isOver) {
      world.advance();
      const { pods } = world.deployment;
      least = Math.min(least, pods.filter((pod) => pod.readyAt <= world.now).length);
      most = Math.max(most, pods.length);
    }
    expect([least, most]).toEqual([6, 10]);
    expect(world.deployment.pods.every((pod) => pod.template === 1)).toBe(true);
    expect(world.deployment.pods).toHaveLength(8);
  });

  it('is the same for everybody, and at every run', () => {
    const noisy = workload({ noise: { deviation: 0.2, correlationSeconds: 10 } });
    const [one, other] = [through(new World(noisy, 'queue', 7)), through(new World(noisy, 'queue', 7))];
    expect(one.outcome()).toEqual(other.outcome());
    expect(through(new World(noisy, 'queue', 8)).lag).not.toBe(one.lag);
    expect(usualWorld.serviceRate).toBe(50);
  });
});
