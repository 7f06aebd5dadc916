import { afterEach, describe, expect, it } from '@jest/globals';
import { KubeError, silentLogger, systemClock, type ApplyApi, type ResourceType } from '../kube/mod.ts';
import type { DeclaredObject, DeclaredStatus } from './kind.ts';
import { StatusWriter } from './status-writer.ts';
import { ObjectServer } from './testing/object-server.ts';

const type: ResourceType<DeclaredObject> = {
  group: 'g',
  version: 'v1',
  kind: 'Thing',
  plural: 'things',
  namespaced: true,
};
const status = (observedGeneration: number): DeclaredStatus => ({ observedGeneration, conditions: [] });
let stop = new AbortController();
afterEach(() => stop.abort());

function setUp() {
  const server = new ObjectServer<DeclaredObject>();
  server.put({ apiVersion: 'g/v1', kind: 'Thing', metadata: { namespace: 'n', name: 'x' }, spec: {} });
  const lost: (readonly [string, number])[] = [];
  let inFlight = 0;
  let most = 0;
  const api: ApplyApi = {
    apply: async (kind, intent, options) => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      try {
        return await server.api.apply(kind, intent, options);
      } finally {
        inFlight -= 1;
      }
    },
  };
  const writer = new StatusWriter<DeclaredObject>(
    { type, nameField: 'topicName' },
    {
      api,
      clock: systemClock,
      log: silentLogger,
      lanes: 3,
      timeoutMs: 1_000,
      onLost: (key, times) => lost.push([key, times]),
    },
  );
  stop = new AbortController();
  return { server, writer, lost, mostInFlight: () => most };
}

describe('StatusWriter', () => {
  it('writes the latest status only, and remembers it until the informer shows it', async () => {
    const { server, writer } = setUp();
    writer.start(stop.signal);
    const before = server.get('n/x');
    for (const generation of [1, 2, 3]) writer.submit(before, status(generation));
    expect(writer.statusOf(before)).toEqual(status(3));
    await writer.idle();
    expect(server.get('n/x').status).toEqual(status(3));
    expect(server.writes).toBe(2);
    expect(writer.statusOf(before)).toEqual(status(3));
    writer.observed(server.get('n/x'));
    expect(writer.statusOf(before)).toBeUndefined();
  });

  it('keeps to its lanes', async () => {
    const { server, writer, mostInFlight } = setUp();
    writer.start(stop.signal);
    for (let index = 0; index < 20; index += 1) {
      server.put({
        apiVersion: 'g/v1',
        kind: 'Thing',
        metadata: { namespace: 'n', name: `y${index}` },
        spec: {},
      });
      writer.submit(server.get(`n/y${index}`), status(1));
    }
    await writer.idle();
    expect(server.writes).toBe(20);
    expect(mostInFlight()).toBe(3);
  });

  it('reports a lost write, and forgets what it believed', async () => {
    const { server, writer, lost } = setUp();
    writer.start(stop.signal);
    server.failures.push(new KubeError('Unavailable', 'down'));
    writer.submit(server.get('n/x'), status(1));
    await writer.idle();
    expect(lost).toEqual([['n/x', 1]]);
    expect(writer.statusOf(server.get('n/x'))).toBeUndefined();
  });

  it('counts what is refused again and again, until it gets through', async () => {
    const { server, writer, lost } = setUp();
    writer.start(stop.signal);
    const refused = new KubeError('Forbidden', 'no');
    server.failures.push(refused, refused);
    for (let round = 0; round < 3; round += 1) {
      writer.submit(server.get('n/x'), status(1));
      await writer.idle();
    }
    server.failures.push(refused);
    writer.submit(server.get('n/x'), status(2));
    await writer.idle();
    expect(lost.map(([, times]) => times)).toEqual([1, 2, 1]);
  });

  it('lets go of an object that is gone', async () => {
    const { server, writer, lost } = setUp();
    writer.start(stop.signal);
    const object = server.get('n/x');
    server.delete('n/x');
    writer.submit(object, status(1));
    await writer.idle();
    expect(lost).toEqual([]);
  });

  it('writes nothing before its start and nothing after the end', async () => {
    const { server, writer } = setUp();
    writer.submit(server.get('n/x'), status(1));
    writer.start(stop.signal);
    stop.abort();
    writer.submit(server.get('n/x'), status(1));
    await writer.idle();
    expect(server.writes).toBe(0);
  });
});
