import { afterEach, describe, expect, it } from '@jest/globals';
import { KubeError } from './errors.ts';
import type { EventInput } from './event-series.ts';
import { EventRecorder } from './events.ts';
import { silentLogger } from './logger.ts';
import { Events } from './resource-types.ts';
import { FakeApi, type FakeApiOptions } from './testing/fake-api.ts';
import { ManualClock } from './testing/manual-clock.ts';
import type { KubeObject } from './types.ts';

const topic: KubeObject = {
  apiVersion: 'example.dev/v1',
  kind: 'Topic',
  metadata: { namespace: 'ns', name: 'orders', uid: 'u1', resourceVersion: '7' },
};
const repaired: EventInput = {
  type: 'Normal',
  reason: 'DriftRepaired',
  action: 'Repair',
  note: 'queuesPerBroker was 4',
};

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function start(options: FakeApiOptions = {}) {
  const clock = new ManualClock();
  const api = new FakeApi(options);
  let nth = 0;
  const recorder = new EventRecorder({
    client: api,
    source: { controller: 'example.dev/operator', instance: 'pod-1' },
    clock,
    random: () => 0,
    log: silentLogger,
    uniqueSuffix: () => String((nth += 1)),
  });
  const abort = new AbortController();
  const running = recorder.run(abort.signal);
  const stop = async (): Promise<void> => {
    abort.abort();
    await clock.advance(2_000);
    await running;
  };
  stops.push(stop);
  return { clock, api, recorder, stop };
}

describe('the event recorder', () => {
  it('writes an events.k8s.io/v1 Event', async () => {
    const { clock, api, recorder } = start();
    recorder.record(topic, repaired);
    await clock.advance(0);
    expect(api.writes().map(({ body }) => body)).toEqual([
      {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { namespace: 'ns', name: 'orders.1' },
        eventTime: '2026-01-01T00:00:00.000000Z',
        reportingController: 'example.dev/operator',
        reportingInstance: 'pod-1',
        type: 'Normal',
        reason: 'DriftRepaired',
        action: 'Repair',
        note: 'queuesPerBroker was 4',
        regarding: {
          apiVersion: 'example.dev/v1',
          kind: 'Topic',
          namespace: 'ns',
          name: 'orders',
          uid: 'u1',
          resourceVersion: '7',
        },
      },
    ]);
  });

  it('counts repetitions as a series, written once a minute at most', async () => {
    const { clock, api, recorder } = start();
    recorder.record(topic, repaired);
    await clock.advance(0);
    for (let i = 0; i < 99; i += 1) recorder.record(topic, repaired);
    await clock.advance(59_999);
    expect(api.writes()).toHaveLength(1);
    await clock.advance(1);
    const [event] = api.stored(Events);
    expect(event?.series).toEqual({ count: 100, lastObservedTime: '2026-01-01T00:00:00.000000Z' });
    expect(api.writes()).toHaveLength(2);
    await clock.advance(600_000);
    expect(api.writes()).toHaveLength(2); // idle: no more writes
  });

  it('starts a new event when the old one has been quiet for long', async () => {
    const { clock, api, recorder } = start();
    recorder.record(topic, repaired);
    await clock.advance(360_000);
    recorder.record(topic, repaired);
    await clock.advance(0);
    expect(api.stored(Events).map((event) => event.metadata.name)).toEqual(['orders.1', 'orders.2']);
  });

  it('writes anew when the server has forgotten the event', async () => {
    const { clock, api, recorder } = start();
    recorder.record(topic, repaired);
    await clock.advance(0);
    await api.delete(Events, { namespace: 'ns', name: 'orders.1' });
    recorder.record(topic, repaired);
    await clock.advance(60_000);
    expect(api.stored(Events)[0]?.series?.count).toBe(2);
  });

  it('limits what one object may cause for one reason: 25 at once, then one in five minutes', async () => {
    const { clock, api, recorder } = start();
    const burst = (): void => {
      for (let i = 0; i < 200; i += 1) recorder.record(topic, { ...repaired, note: `${clock.now()} ${i}` });
    };
    burst();
    await clock.advance(0);
    expect(api.writes()).toHaveLength(25);
    await clock.advance(299_999);
    burst();
    await clock.advance(1);
    burst();
    await clock.advance(0);
    expect(api.writes()).toHaveLength(26);
    recorder.record({ ...topic, metadata: { ...topic.metadata, uid: 'u2' } }, repaired);
    await clock.advance(0);
    recorder.record(topic, { ...repaired, reason: 'HandedOver' });
    await clock.advance(0);
    expect(api.writes()).toHaveLength(28); // other objects, and other reasons, are not held up
  });

  it('stays within its memory while the server is away', async () => {
    const { recorder } = start({ before: () => new Promise(() => undefined) });
    for (let i = 0; i < 10_000; i += 1) {
      recorder.record({ ...topic, metadata: { ...topic.metadata, uid: `u${i}` } }, repaired);
    }
    const { pending, series, dropped } = recorder.status();
    expect(pending).toBeLessThanOrEqual(1_000);
    expect(series).toBeLessThanOrEqual(2_000);
    expect(dropped).toBeGreaterThanOrEqual(8_000);
    stops.length = 0; // its call never ends
  });

  it('tries again when the server has a bad moment, and gives up on a refusal', async () => {
    const errors = [new KubeError('Unavailable', 'busy'), new KubeError('TooManyRequests', 'busy')];
    const { clock, api, recorder } = start({
      before: () => {
        const error = errors.shift();
        return error === undefined ? Promise.resolve() : Promise.reject(error);
      },
    });
    recorder.record(topic, repaired);
    await clock.advance(5_000);
    expect(api.stored(Events)).toHaveLength(1);
    errors.push(new KubeError('Forbidden', 'namespace is terminating'));
    recorder.record(topic, { ...repaired, note: 'another' });
    await clock.advance(60_000);
    expect(api.stored(Events)).toHaveLength(1);
    expect(recorder.status()).toMatchObject({ pending: 0, dropped: 1 });
  });

  it('says its last words when stopped', async () => {
    const { api, recorder, stop } = start();
    recorder.record(topic, repaired);
    await stop();
    expect(api.stored(Events)).toHaveLength(1);
  });

  it('fits what is too long: names, notes in whole characters', async () => {
    const { clock, api, recorder } = start();
    const long = { ...topic, metadata: { ...topic.metadata, name: 'n'.repeat(253) } };
    recorder.record(long, { ...repaired, note: '€'.repeat(1_000), reason: 'R'.repeat(300) });
    await clock.advance(0);
    const [event] = api.stored(Events);
    expect(event?.metadata.name).toHaveLength(253);
    expect(Buffer.byteLength(event?.note ?? '')).toBeLessThanOrEqual(1_024);
    expect(event?.note).toMatch(/^€+…$/);
    expect(event?.reason).toHaveLength(128);
  });

  it('puts events of cluster-scoped objects into default', async () => {
    const { clock, api, recorder } = start();
    recorder.record({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', uid: 'u' } }, repaired);
    await clock.advance(0);
    expect(api.stored(Events)[0]?.metadata.namespace).toBe('default');
  });
});
