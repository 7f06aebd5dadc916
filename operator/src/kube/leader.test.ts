import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { KubeApi } from './api.ts';
import type { Clock } from './clock.ts';
import { toMicroTime } from './conditions.ts';
import { LeadershipLostError } from './controller.ts';
import { KubeError } from './errors.ts';
import { fenced } from './fence.ts';
import { LeaderElector, type LeaderCallbacks } from './leader.ts';
import { silentLogger } from './logger.ts';
import { ConfigMaps, Leases, type Lease } from './resource-types.ts';
import { FakeApi, type FakeCall } from './testing/fake-api.ts';
import { ManualClock } from './testing/manual-clock.ts';

function newElector(client: KubeApi, clock: Clock, identity: string, predecessors?: string): LeaderElector {
  return new LeaderElector({
    client,
    namespace: 'ns',
    name: 'lock',
    identity,
    ...(predecessors === undefined ? {} : { predecessors }),
    clock,
    random: () => 0,
    log: silentLogger,
  });
}

/** Work that lasts until its signal, and then for a while. */
function workUntilStopped(clock: Clock, events: string[], name: string, drainMs = 0): LeaderCallbacks {
  return {
    onStarted: async (signal) => {
      events.push(`${name} starts`);
      const { promise, resolve } = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (!signal.aborted) await promise;
      const reason = signal.reason instanceof LeadershipLostError ? 'lost' : 'stopped';
      if (drainMs > 0) await clock.sleep(drainMs);
      events.push(`${name} ends (${reason})`);
    },
    onLost: () => events.push(`${name} lost`),
  };
}

const leaseOf = (api: FakeApi): Lease | undefined => api.stored(Leases)[0];

describe('leader election', () => {
  it('takes a lease that is not there, with micro-time strings, and renews it', async () => {
    const [clock, api, events] = [new ManualClock(), new FakeApi(), [] as string[]];
    const elector = newElector(api, clock, 'a');
    const stop = new AbortController();
    const running = elector.run(workUntilStopped(clock, events, 'a'), stop.signal);
    await clock.advance(0);
    expect(elector.isLeader()).toBe(true);
    expect(leaseOf(api)?.spec).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
    await clock.advance(60_000);
    expect(leaseOf(api)?.spec).toMatchObject({
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:01:00.000000Z',
    });
    expect(api.writes()).toHaveLength(31); // one in two seconds, nothing else
    stop.abort();
    await clock.advance(0);
    expect(await running).toBe('Stopped');
  });

  it('gives the lease back after the work has drained, and renews it until then', async () => {
    const [clock, api, events] = [new ManualClock(), new FakeApi(), [] as string[]];
    const a = newElector(api, clock, 'a');
    const b = newElector(api, clock, 'b');
    const [stopA, stopB] = [new AbortController(), new AbortController()];
    const runningA = a.run(workUntilStopped(clock, events, 'a', 20_000), stopA.signal);
    await clock.advance(1_000);
    const runningB = b.run(workUntilStopped(clock, events, 'b'), stopB.signal);
    await clock.advance(60_000);
    stopA.abort();
    await clock.advance(19_999);
    expect(a.isLeader()).toBe(true);
    await clock.advance(3_000);
    expect(await runningA).toBe('Stopped');
    expect(events).toEqual(['a starts', 'a ends (stopped)', 'b starts']);
    expect(leaseOf(api)?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
    stopB.abort();
    await clock.advance(0);
    await runningB;
    expect(leaseOf(api)?.spec?.holderIdentity).toBe('');
  });

  it.each([
    ['gives the lease back although a last renewal got through whose answer nobody waited for', 'a', ''],
    ['leaves the lease alone that another holds meanwhile', 'thief', 'thief'],
  ])('%s', async (_what, holderIdentity, left) => {
    const [clock, api] = [new ManualClock(), new FakeApi()];
    const stop = new AbortController();
    const running = newElector(api, clock, 'a').run(workUntilStopped(clock, [], 'a'), stop.signal);
    await clock.advance(2_000);
    const renewTime = toMicroTime(clock.now() + 1);
    await api.mergePatch(Leases, { namespace: 'ns', name: 'lock' }, { spec: { holderIdentity, renewTime } });
    stop.abort();
    await clock.advance(0);
    expect(await running).toBe('Stopped');
    expect(leaseOf(api)?.spec?.holderIdentity).toBe(left);
  });

  it('waits out a holder that died, by its own clock, however wrong the clocks are', async () => {
    const api = new FakeApi();
    const past = new ManualClock(Date.UTC(1999, 0, 1));
    const dead = newElector(api, past, 'dead').run(
      workUntilStopped(past, [], 'dead'),
      new AbortController().signal,
    );
    await past.advance(0); // and never again: its process is gone
    const [clock, events] = [new ManualClock(Date.UTC(2031, 0, 1)), [] as string[]];
    const stop = new AbortController();
    const running = newElector(api, clock, 'b').run(workUntilStopped(clock, events, 'b'), stop.signal);
    await clock.advance(14_999);
    expect(events).toEqual([]);
    await clock.advance(3_000);
    expect(events).toEqual(['b starts']);
    stop.abort();
    await clock.advance(0);
    await running;
    void dead;
  });

  it('takes over at once from a process that ran in its place before, and waits out any other', async () => {
    const [clock, api, events] = [new ManualClock(), new FakeApi(), [] as string[]];
    const stop = new AbortController();
    const before = newElector(api, clock, 'pod_uid-1_first', 'pod_uid-1_');
    const running = before.run(workUntilStopped(clock, events, 'before'), stop.signal);
    await clock.advance(0);
    // It is killed: nobody gives the lease back.
    const [elsewhere, after] = [
      newElector(api, clock, 'pod_uid-2_other', 'pod_uid-2_'),
      newElector(api, clock, 'pod_uid-1_second', 'pod_uid-1_'),
    ];
    const others = [
      elsewhere.run(workUntilStopped(clock, events, 'elsewhere'), stop.signal),
      after.run(workUntilStopped(clock, events, 'after'), stop.signal),
    ];
    await clock.advance(1);
    expect([elsewhere.isLeader(), after.isLeader()]).toEqual([false, true]);
    stop.abort();
    await clock.advance(60_000);
    await Promise.all([running, ...others]);
  });

  it('loses leadership at the renew deadline when the server is away, before anybody else may lead', async () => {
    const [clock, events] = [new ManualClock(), [] as string[]];
    let isAway = false;
    const api = new FakeApi({
      before: () => (isAway ? Promise.reject(new KubeError('Network', 'away')) : Promise.resolve()),
    });
    const elector = newElector(api, clock, 'a');
    const running = elector.run(workUntilStopped(clock, events, 'a'), new AbortController().signal);
    await clock.advance(4_000);
    isAway = true;
    await clock.advance(9_999);
    expect(elector.isLeader()).toBe(true);
    await clock.advance(1);
    expect(elector.isLeader()).toBe(false);
    expect(await running).toBe('Lost');
    expect(events).toEqual(['a starts', 'a lost', 'a ends (lost)']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('loses leadership also when the server hangs', async () => {
    const [clock, events] = [new ManualClock(), [] as string[]];
    let hangs = false;
    const api = new FakeApi({ before: () => (hangs ? new Promise(() => undefined) : Promise.resolve()) });
    const running = newElector(api, clock, 'a').run(
      workUntilStopped(clock, events, 'a'),
      new AbortController().signal,
    );
    await clock.advance(0);
    hangs = true;
    await clock.advance(10_000);
    expect(await running).toBe('Lost');
  });

  it('steps down at once when it sees another holder', async () => {
    const [clock, api, events] = [new ManualClock(), new FakeApi(), [] as string[]];
    const running = newElector(api, clock, 'a').run(
      workUntilStopped(clock, events, 'a'),
      new AbortController().signal,
    );
    await clock.advance(0);
    await api.mergePatch(Leases, { namespace: 'ns', name: 'lock' }, { spec: { holderIdentity: 'thief' } });
    await clock.advance(2_000);
    expect(await running).toBe('Lost');
  });

  it('goes on when others touch the lease without taking it, or delete it', async () => {
    const [clock, api, events] = [new ManualClock(), new FakeApi(), [] as string[]];
    const stop = new AbortController();
    const elector = newElector(api, clock, 'a');
    const running = elector.run(workUntilStopped(clock, events, 'a'), stop.signal);
    const key = { namespace: 'ns', name: 'lock' };
    await clock.advance(0);
    await api.mergePatch(Leases, key, { metadata: { annotations: { touched: 'yes' } } });
    await clock.advance(20_000);
    expect(elector.isLeader()).toBe(true);
    expect(leaseOf(api)?.metadata.annotations).toEqual({ touched: 'yes' });
    await api.delete(Leases, key);
    await clock.advance(20_000);
    expect(elector.isLeader()).toBe(true);
    expect(leaseOf(api)?.spec?.holderIdentity).toBe('a');
    stop.abort();
    await clock.advance(0);
    await running;
  });

  it('stops while it is still waiting for the lease', async () => {
    const [clock, api] = [new ManualClock(), new FakeApi()];
    const taken = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace: 'ns', name: 'lock' },
      spec: { holderIdentity: 'other', leaseDurationSeconds: 15 },
    };
    await api.create(Leases, taken);
    const stop = new AbortController();
    const running = newElector(api, clock, 'a').run(workUntilStopped(clock, [], 'a'), stop.signal);
    await clock.advance(5_000);
    stop.abort();
    expect(await running).toBe('Stopped');
    expect(leaseOf(api)?.spec?.holderIdentity).toBe('other');
  });

  it('gives the lease back and hands the error on when the work fails', async () => {
    const [clock, api] = [new ManualClock(), new FakeApi()];
    const running = newElector(api, clock, 'a').run(
      {
        onStarted: () => {
          throw new Error('work failed');
        },
        onLost: () => undefined,
      },
      new AbortController().signal,
    );
    const outcome = running.catch((error: unknown) => error);
    await clock.advance(0);
    expect(await outcome).toEqual(new Error('work failed'));
    expect(leaseOf(api)?.spec?.holderIdentity).toBe('');
  });

  it('refuses durations that cannot be safe', () => {
    const options = { client: new FakeApi(), namespace: 'n', name: 'l', identity: 'i' };
    const common = { ...options, clock: new ManualClock(), random: () => 0, log: silentLogger };
    expect(() => new LeaderElector({ ...common, renewDeadlineMs: 15_000 })).toThrow(RangeError);
    expect(() => new LeaderElector({ ...common, retryPeriodMs: 10_000 })).toThrow(RangeError);
  });

  it('stops a write after a pause of the whole process, before any timer has fired', async () => {
    const clock = new ManualClock();
    let hangs = false;
    const api = new FakeApi({ before: () => (hangs ? new Promise(() => undefined) : Promise.resolve()) });
    const elector = newElector(api, clock, 'a');
    const running = elector.run(workUntilStopped(clock, [], 'a'), new AbortController().signal);
    await clock.advance(0);
    const writer = fenced(api, () => elector.isLeader());
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'ns', name: 'x' } };
    await writer.apply(ConfigMaps, object);
    clock.jump(10_000);
    await expect(writer.apply(ConfigMaps, object)).rejects.toMatchObject({ code: 'Aborted' });
    await expect(writer.delete(ConfigMaps, { namespace: 'ns', name: 'x' })).rejects.toThrow('not the leader');
    expect(await writer.get(ConfigMaps, { namespace: 'ns', name: 'x' })).toBeDefined();
    hangs = true; // else it could still renew: nobody else has taken the lease meanwhile
    await clock.advance(0);
    expect(await running).toBe('Lost');
  });
});

/** One candidate's view of shared time: its wall clock is off, and once its process is killed it never wakes. */
function ownClock(clock: ManualClock, skewMs: number, isDead: () => boolean): Clock {
  const alive =
    (callback: () => void): (() => void) =>
    () => {
      if (!isDead()) callback();
    };
  return {
    now: () => clock.now() + skewMs,
    monotonicMs: () => clock.monotonicMs() + Math.abs(skewMs),
    sleep: (ms, signal) => (isDead() ? new Promise(() => undefined) : clock.sleep(ms, signal)),
    setTimeout: (callback, ms) => clock.setTimeout(alive(callback), ms),
  };
}

interface Fault {
  readonly requestMs: number;
  readonly answerMs: number;
  readonly loss: 'none' | 'request' | 'answer';
}

/** Three candidates, one API behind a network that delays and loses requests and answers. */
class Storm {
  readonly clock = new ManualClock();
  readonly violations: string[] = [];
  isStormy = true;
  elections = 0;
  readonly #faults: readonly Fault[];
  readonly #electors: { readonly elector: LeaderElector; readonly isDead: () => boolean }[] = [];
  #calls = 0;
  readonly #api = new FakeApi({
    before: (call, signal) => this.#suffer(call, 'request', signal),
    after: (call, signal) => this.#suffer(call, 'answer', signal),
  });

  constructor(faults: readonly Fault[]) {
    this.#faults = faults;
  }

  leaders(): number {
    return this.#electors.filter(({ elector, isDead }) => !isDead() && elector.isLeader()).length;
  }

  launch(who: number, skewMs: number): { stop: () => void; kill: () => void } {
    const process = { dead: false };
    const isDead = (): boolean => process.dead;
    const clock = ownClock(this.clock, skewMs, isDead);
    const elector = newElector(this.#api, clock, `${who}-${this.#electors.length}`);
    this.#electors.push({ elector, isDead });
    const abort = new AbortController();
    const lead = async (): Promise<void> => {
      while (!abort.signal.aborted && !isDead()) await elector.run(this.#work(clock), abort.signal);
    };
    void lead();
    return {
      stop: () => abort.abort(),
      kill: () => {
        process.dead = true;
      },
    };
  }

  #work(clock: Clock): LeaderCallbacks {
    return {
      onStarted: async (signal) => {
        this.elections += 1;
        this.#check('at the start of a leader');
        const { promise, resolve } = Promise.withResolvers<void>();
        signal.addEventListener('abort', () => resolve(), { once: true });
        if (!signal.aborted) await promise;
        await clock.sleep(500); // drains
      },
      onLost: () => this.#check('at a loss'),
    };
  }

  /** Validity is only ever extended by an answered call, so looking at each of them misses nothing. */
  #check(when: string): void {
    const leaders = this.leaders();
    if (leaders > 1) this.violations.push(`${leaders} leaders ${when}, ${this.clock.monotonicMs()} ms`);
  }

  async #suffer(_call: FakeCall, part: 'request' | 'answer', signal?: AbortSignal): Promise<void> {
    this.#check(`at a ${part}`);
    if (!this.isStormy) return;
    this.#calls += 1;
    const fault = this.#faults[this.#calls % this.#faults.length];
    if (fault === undefined) return;
    const timeout = this.clock.sleep(3_000).then(() => Promise.reject(new KubeError('Timeout', 'too slow')));
    timeout.catch(() => undefined);
    const travel = this.clock.sleep(part === 'request' ? fault.requestMs : fault.answerMs, signal);
    await Promise.race([travel, timeout]);
    if (fault.loss === part) throw new KubeError('Network', `${part} lost`);
  }
}

describe('several electors on a bad network', () => {
  const fault = fc.record<Fault>({
    requestMs: fc.integer({ min: 0, max: 4_000 }),
    answerMs: fc.integer({ min: 0, max: 4_000 }),
    loss: fc.constantFrom('none', 'none', 'none', 'none', 'request', 'answer'),
  });
  const restart = fc.record({
    who: fc.nat(2),
    afterMs: fc.integer({ min: 0, max: 20_000 }),
    how: fc.constantFrom('stop' as const, 'kill' as const),
  });
  const skew = fc.integer({ min: -86_400_000, max: 86_400_000 });

  it('let only one lead at any time, and find one once the network is good', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(skew, skew, skew),
        fc.array(fault, { minLength: 1, maxLength: 60 }),
        fc.array(restart, { maxLength: 8 }),
        async (skews, faults, restarts) => {
          const storm = new Storm(faults);
          const candidates = skews.map((skewMs, who) => storm.launch(who, skewMs));
          for (const { who, afterMs, how } of restarts) {
            await storm.clock.advance(afterMs);
            candidates[who]?.[how]();
            candidates[who] = storm.launch(who, skews[who] ?? 0);
          }
          await storm.clock.advance(20_000);
          storm.isStormy = false;
          await storm.clock.advance(60_000);
          expect(storm.violations).toEqual([]);
          expect(storm.leaders()).toBe(1);
          expect(storm.elections).toBeGreaterThan(0);
          for (const { stop } of candidates) stop();
          await storm.clock.advance(20_000);
          expect(storm.leaders()).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);
});
