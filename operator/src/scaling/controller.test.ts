import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { ConsumerGroups } from '../api/mod.ts';
import { Deployments, HorizontalPodAutoscalers, KubeError } from '../kube/mod.ts';
import { decide } from './decide.ts';
import type { Decision, Observation, ScalingSettings, ScalingState } from './model.ts';
import { ScalingWorld } from './testing/world.ts';

// Real sockets on a machine that may be busy with other tests.
jest.setTimeout(60_000);

/** A replica for each hundred messages instead of what takes minutes to be known; all else is decided as it is. */
function eager(settings: ScalingSettings, state: ScalingState, observation: Observation): Decision {
  const told = decide(settings, state, observation);
  const { target, queues } = observation;
  const isHeld = ['Refused', 'Incomplete', 'ByHand'].includes(told.reason.kind);
  if (isHeld || queues.kind === 'Partial') return told;
  const lag = queues.queues.reduce((sum, each) => sum + each.newestOffset - (each.committedOffset ?? 0), 0);
  const replicas = Math.min(settings.maxReplicas, Math.max(settings.minReplicas, Math.ceil(lag / 100)));
  const { memory, learned } = told.state;
  const wanted = [...memory.wanted, { atMs: observation.atMs, replicas }];
  const rest = { findings: [], figures: told.figures };
  if (replicas === target.replicas) return { ...told, ...rest, replicas, reason: { kind: 'Enough' } };
  const reason = { kind: 'Backlog', predictedWaitMs: 1, limitMs: 1, lag, serviceRate: 1 } as const;
  return { ...rest, replicas, reason, state: { learned, memory: { ...memory, wanted } } };
}
const brain = { decide: eager };

let world: ScalingWorld;
afterEach(async () => world.stop());

async function start(scaling: object = {}): Promise<ScalingWorld> {
  world = await ScalingWorld.start(brain);
  await world.declare(scaling);
  await world.run();
  return world;
}
const scaleWrites = () =>
  world.api
    .writes()
    .filter(
      ({ verb, resource, body }) =>
        verb === 'patch' && resource === 'deployments' && JSON.stringify(body).includes('replicas'),
    );

describe('the controller of scaling', () => {
  it('writes more replicas when messages wait, once, and says why', async () => {
    await start();
    await world.until('it is looked at', () => world.active() === 'True Scaling');
    expect(scaleWrites()).toEqual([]);
    world.messages(50, 10);
    await world.until('it is scaled', () => world.replicas() === 7);
    await world.until('the status tells it', () => world.status()?.currentReplicas === 7);
    await world.polls(3);
    expect(scaleWrites()).toHaveLength(1);
    expect(world.status()).toMatchObject({
      desiredReplicas: 7,
      lastScale: { from: 1, to: 7, reason: 'Backlog' },
    });
    expect(world.events).toEqual([
      expect.objectContaining({ reason: 'ScaledUp', note: expect.stringContaining('640 messages wait') }),
    ]);
    const metrics = await world.registry.metrics();
    expect(metrics).toContain('gantry_scaling_current_replicas{cluster="n/c",group="g"} 7');
    expect(metrics).toContain('gantry_scaling_scales_total{cluster="n/c",group="g",direction="up"} 1');
  });

  it('writes nothing while it only recommends', async () => {
    await start({ actuator: 'Recommend' });
    world.messages(50, 10);
    await world.until('it is recommended', () => world.status()?.desiredReplicas === 7);
    await world.polls(2);
    expect(world.active()).toBe('True Recommending');
    expect(scaleWrites()).toEqual([]);
    expect(world.replicas()).toBe(1);
    expect(await world.registry.metrics()).toContain(
      'gantry_scaling_desired_replicas{cluster="n/c",group="g"} 7',
    );
  });

  it.each([
    ['hangs', async () => Promise.resolve((world.cluster.master('b').server.fault = 'Hang'))],
    ['is gone', async () => world.cluster.kill(world.cluster.master('b'))],
  ])('holds while a master %s, and goes on when it answers', async (_what, silence) => {
    await start();
    await world.until('it is looked at', () => world.active() === 'True Scaling');
    await silence();
    await world.until('it is held', () => world.active() === 'Unknown DataIncomplete');
    world.messages(50, 10);
    await world.polls(3);
    expect(world.replicas()).toBe(1);
    const broker = world.cluster.brokers('b')[0];
    if (broker?.server.isListening === true) broker.server.fault = 'None';
    else if (broker !== undefined) await world.cluster.restart(broker);
    await world.until('it is scaled', () => world.replicas() === 7);
    expect(world.reasons()).toEqual(['ScalingHeld', 'ScaledUp', 'ScalingResumed']);
  });

  it('makes no words about a silence as short as a failover', async () => {
    await start();
    await world.until('it is looked at', () => world.active() === 'True Scaling');
    world.cluster.master('b').server.fault = 'Hang';
    await world.polls(2);
    expect(await world.registry.metrics()).toContain('gantry_scaling_active{cluster="n/c",group="g"} 0');
    world.cluster.master('b').server.fault = 'None';
    world.messages(50, 10);
    await world.until('it is scaled', () => world.replicas() === 7);
    await world.polls(1);
    expect(world.reasons()).toEqual(['ScaledUp']);
  });

  it('writes nothing beside a HorizontalPodAutoscaler, and says so', async () => {
    world = await ScalingWorld.start(brain);
    const theirs = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { namespace: 'n', name: 'theirs' },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'order' } },
    };
    await world.api.create(HorizontalPodAutoscalers, theirs);
    await world.declare();
    world.messages(50, 10);
    await world.run();
    await world.until('it is refused', () => world.active() === 'False Rival');
    await world.polls(2);
    expect(scaleWrites()).toEqual([]);
    expect(world.events[0]?.note).toContain('HorizontalPodAutoscaler theirs');
  });

  it('refuses a group that is read as a broadcast', async () => {
    await start();
    world.proxy.clients.broadcasting.add('g');
    await world.until('it is refused', () => world.active() === 'False Broadcast');
    world.messages(50, 10);
    await world.polls(3);
    expect(scaleWrites()).toEqual([]);
  });

  it('scales nothing for a group whose name another one owns, until it is its own', async () => {
    await start();
    await world.until('it is looked at', () => world.active() === 'True Scaling');
    const judged = (reason: string): Promise<unknown> =>
      world.api.mergePatch(
        ConsumerGroups,
        { namespace: 'n', name: 'g' },
        { status: { conditions: [{ type: 'Ready', status: 'False', reason, message: 'why' }] } },
        { subresource: 'status' },
      );
    await judged('Conflict');
    await world.until('it is held', () => world.active() === 'Unknown GroupNotReady');
    world.messages(50, 10);
    expect(world.status()?.message).toBe('why');
    expect(scaleWrites()).toEqual([]);
    await judged('Reconciled');
    await world.until('it is scaled', () => world.replicas() === 7);
  });

  it('respects what somebody sets by hand', async () => {
    await start();
    world.messages(50, 10);
    await world.until('it is scaled', () => world.status()?.currentReplicas === 7);
    await world.polls(2);
    await world.scaleByHand(3);
    await world.until('it is seen', () => world.status()?.lastScale?.reason === 'ByHand');
    expect(world.status()?.lastScale).toMatchObject({ from: 7, to: 3 });
    expect(world.reasons()).toContain('ScaledByHand');
  });

  it('observes again when the target was changed meanwhile', async () => {
    await start();
    await world.until('it is looked at', () => world.active() === 'True Scaling');
    world.failures.push(new KubeError('Conflict', 'the object has been modified', { status: 409 }));
    world.messages(50, 10);
    await world.until('it is scaled', () => world.replicas() === 7);
    expect(world.reasons()).toEqual(['ScaledUp']);
  });

  it('says which right it lacks', async () => {
    await start();
    await world.until('it is looked at', () => world.active() === 'True Scaling');
    world.failures.push(
      ...Array.from(
        { length: 3 },
        () => new KubeError('Forbidden', 'cannot patch deployments/scale', { status: 403 }),
      ),
    );
    world.messages(50, 10);
    await world.until('it is told', () => world.active() === 'False TargetForbidden');
    await world.until('it is scaled', () => world.replicas() === 7);
    await world.until('it is told again', () => world.active() === 'True Scaling');
    expect(world.events[0]).toMatchObject({
      type: 'Warning',
      note: expect.stringContaining('deployments/scale'),
    });
  });

  it('waits for a target that is not there', async () => {
    await start();
    await world.until('it is looked at', () => world.active() === 'True Scaling');
    await world.api.delete(Deployments, { namespace: 'n', name: 'order' });
    await world.until('it is told', () => world.active() === 'False TargetNotFound');
    expect(await world.registry.metrics()).not.toContain('gantry_scaling_desired_replicas{');
  });

  it('takes up what it had done before a restart', async () => {
    await start();
    world.messages(50, 10);
    await world.until('it is scaled', () => world.status()?.currentReplicas === 7);
    await world.end();
    world.events.length = 0;
    await world.run();
    await world.polls(3);
    expect(world.events).toEqual([]);
    expect(world.status()?.lastScale).toMatchObject({ from: 1, to: 7, reason: 'Backlog' });
    world.messages(100, 10);
    await world.until('it is scaled further', () => world.replicas() === 15);
  });

  it('gives a target of two groups what the larger one wants', async () => {
    world = await ScalingWorld.start(brain);
    await world.declare();
    await world.declare({ minReplicas: 5 }, 'h', 'h');
    for (const { store } of world.cluster.masters()) store.offsets.set('t@h', new Map([['0', 10]]));
    await world.run();
    await world.until('the smaller one was heard', () => world.active() === 'True Scaling');
    await world.until('both are told', () => world.status('h')?.currentReplicas !== undefined);
    await world.until('it has the larger number', () => world.replicas() === 5);
    await world.polls(4);
    expect(world.replicas()).toBe(5);
    expect(scaleWrites()).toHaveLength(1);
    expect(world.reasons()).not.toContain('ScaledByHand');
  });

  it('clears the status when scaling is taken out of the spec', async () => {
    await start();
    await world.until('it is looked at', () => world.active() === 'True Scaling');
    await world.api.mergePatch(
      ConsumerGroups,
      { namespace: 'n', name: 'g' },
      { metadata: { generation: 2 }, spec: { scaling: null } },
    );
    await world.until('it is gone', () => world.status() === undefined);
    expect(await world.registry.metrics()).not.toContain('group="g"');
  });

  it('writes nothing while nothing moves', async () => {
    await start();
    await world.until('it is looked at', () => world.active() === 'True Scaling');
    const before = world.api.writes().length;
    await world.polls(5);
    expect(world.api.writes()).toHaveLength(before);
  });
});

describe('scaling as it is decided', () => {
  async function startReal(scaling: object = {}): Promise<void> {
    world = await ScalingWorld.start({ statusPeriodMs: 0 });
    await world.declare(scaling);
    await world.run();
  }

  it('scales up on a burst', async () => {
    await startReal({ clients: 'Grpc', replicaMessagesPerMinute: 3_000 });
    world.flow(20, 20);
    await world.until('it knows the rates', () => world.status()?.reason === 'Enough');
    expect(world.replicas()).toBe(1);
    world.flow(400, 50);
    await world.until('it is scaled', () => (world.replicas() ?? 0) >= 8);
    expect(world.reasons()).toContain('ScaledUp');
    expect(world.status()?.lastScale?.reason).toMatch(/^(Backlog|ArrivalRate)$/);
  });

  it('holds through a burst that it hears of from half of the brokers', async () => {
    await startReal({ clients: 'Grpc', replicaMessagesPerMinute: 3_000 });
    world.flow(20, 20);
    await world.until('it knows the rates', () => world.status()?.reason === 'Enough');
    world.cluster.master('b').server.fault = 'Hang';
    await world.until('it is held', () => world.active() === 'Unknown DataIncomplete');
    world.flow(400, 50);
    await world.polls(5);
    expect(world.replicas()).toBe(1);
    world.cluster.master('b').server.fault = 'None';
    await world.until('it is scaled', () => (world.replicas() ?? 0) >= 8);
  });

  it('leaves what somebody sets by hand, and goes on after a restart', async () => {
    await startReal({ clients: 'Grpc', replicaMessagesPerMinute: 3_000 });
    world.flow(400, 50);
    await world.until('it is scaled', () => (world.status()?.currentReplicas ?? 0) >= 8);
    await world.polls(2);
    await world.scaleByHand(3);
    await world.until('it is seen', () => world.status()?.reason === 'ByHand');
    await world.polls(3);
    expect(world.replicas()).toBe(3);
    await world.end();
    await world.run();
    await world.until('it is scaled again', () => (world.replicas() ?? 0) > 3);
  });
});
