import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { KubeClient } from './client.ts';
import { systemClock, type Clock } from './clock.ts';
import { Informer } from './informer.ts';
import { silentLogger } from './logger.ts';
import { ConfigMaps, type ConfigMap } from './resource-types.ts';
import {
  endWatch,
  resetConnection,
  ScriptedServer,
  sendEvent,
  sendJson,
  sendStatus,
  startWatch,
  type SeenRequest,
} from './testing/scripted-server.ts';
import { waitUntil } from './testing/wait-until.ts';

/** What the stock client gets wrong, line by line, over real sockets. Only sleeps are shortened. */
jest.setTimeout(30_000); // milliseconds on a free machine

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

interface Script {
  readonly list?: (response: ServerResponse, request: SeenRequest, nth: number) => void;
  readonly watch?: (response: ServerResponse, request: SeenRequest, nth: number) => void;
}

function item(name: string, version: number, uid = `uid-${name}`) {
  return { metadata: { namespace: 'ns', name, uid, resourceVersion: String(version) } };
}

/** An async function passes where a void one is wanted. */
const rejecting: () => unknown = () => Promise.reject(new Error('rejected by a handler'));

const full = (name: string, version: number) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    ...item(name, version).metadata,
    creationTimestamp: '2026-01-01T00:00:00Z',
    managedFields: [{ manager: 'kubectl' }],
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', mine: 'x' },
  },
  data: { a: '1' },
});

const emptyList = (response: ServerResponse, version = '10'): void =>
  sendJson(response, 200, { metadata: { resourceVersion: version }, items: [] });

/** Sleeps pass at once and are noted; timers run in real time. */
function hastyClock(pauses: number[]): Clock {
  return {
    ...systemClock,
    sleep: (ms, signal) => {
      pauses.push(ms);
      return systemClock.sleep(0, signal);
    },
  };
}

async function start(script: Script, clock?: Clock, timeoutMs = 30_000) {
  const server = await ScriptedServer.start((request, response) => {
    if (request.query.get('watch') === '1') {
      const nth = server.watches().length;
      (script.watch ?? ((r) => startWatch(r)))(response, request, nth);
    } else {
      (script.list ?? ((r) => emptyList(r)))(response, request, server.lists().length);
    }
  });
  const pauses: number[] = [];
  const client = new KubeClient({ kubeConfig: server.kubeConfig(), fieldManager: 'gantry', timeoutMs });
  const informer = new Informer<ConfigMap>({
    client,
    type: ConfigMaps,
    namespace: 'ns',
    clock: clock ?? hastyClock(pauses),
    random: () => 0,
    log: silentLogger,
  });
  const changes: string[] = [];
  informer.onChange((change) => {
    const { name, resourceVersion, uid } = change.object.metadata;
    changes.push(`${change.type} ${name}@${resourceVersion} ${uid}`);
  });
  const abort = new AbortController();
  const running = informer.run(abort.signal);
  const stop = async (): Promise<void> => {
    abort.abort();
    await running;
  };
  stops.push(async () => {
    await stop();
    await client.close();
    await server.close();
  });
  return { server, informer, changes, pauses, stop };
}

describe('a reflector', () => {
  it('resumes from the last version after a reset in mid-watch', async () => {
    const { server, pauses } = await start({
      watch: (response, _, nth) => {
        startWatch(response, [{ type: 'ADDED', object: item('a', 10 + nth) }]);
        if (nth === 1) setTimeout(() => resetConnection(response), 5);
      },
    });
    await waitUntil('there is a second watch', () => server.watches().length === 2);
    expect(server.watches().map((r) => r.query.get('resourceVersion'))).toEqual(['10', '11']);
    expect(server.lists()).toHaveLength(1);
    expect(pauses).toEqual([200]);
  });

  it('waits for Retry-After when a watch is refused with 429, and goes on', async () => {
    const { server, pauses } = await start({
      watch: (response, _, nth) =>
        nth === 1
          ? sendStatus(response, 429, 'TooManyRequests', { 'retry-after': '7' })
          : startWatch(response),
    });
    await waitUntil('there is a second watch', () => server.watches().length === 2);
    expect(pauses).toEqual([7_000]);
    expect(server.lists()).toHaveLength(1);
  });

  it('keeps trying a list that fails with 503, and is synced only afterwards', async () => {
    let isUp = false;
    const { server, informer, pauses } = await start({
      list: (response) => (isUp ? emptyList(response) : sendStatus(response, 503, 'ServiceUnavailable')),
    });
    await waitUntil('some lists failed', () => server.lists().length >= 3);
    expect(informer.hasSynced()).toBe(false);
    expect(informer.status()).toMatchObject({ synced: false, lastError: 'Unavailable' });
    isUp = true;
    await informer.synced;
    expect(informer.hasSynced()).toBe(true);
    expect(pauses.slice(0, 2)).toEqual([200, 400]);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(30_000);
  });

  it('lists again after repeated ERROR events that are not 410', async () => {
    const { server } = await start({
      watch: (response, _, nth) => {
        startWatch(response);
        if (nth <= 3) {
          sendEvent(response, {
            type: 'ERROR',
            object: { kind: 'Status', code: 500, reason: 'InternalError' },
          });
        }
      },
    });
    await waitUntil('there is a second list and a watch on it', () => server.watches().length === 4);
    expect(server.lists()).toHaveLength(2);
  });

  it.each(['as an event', 'as a status'])(
    'lists again at once after 410 %s, with deletes found',
    async (form) => {
      const { server, changes, pauses } = await start({
        list: (response, _, nth) =>
          sendJson(response, 200, {
            metadata: { resourceVersion: String(nth * 10) },
            items: nth === 1 ? [item('a', 1), item('b', 2)] : [item('b', 2), item('c', 13)],
          }),
        watch: (response, _, nth) => {
          if (nth > 1) startWatch(response);
          else if (form === 'as a status') sendStatus(response, 410, 'Expired');
          else
            startWatch(response, [
              { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } },
            ]);
        },
      });
      await waitUntil('it watches again', () => server.watches().length === 2);
      expect(changes).toEqual([
        'Added a@1 uid-a',
        'Added b@2 uid-b',
        'Added c@13 uid-c',
        'Deleted a@1 uid-a',
      ]);
      expect(server.watches()[1]?.query.get('resourceVersion')).toBe('20');
      expect(pauses).toEqual([]);
    },
  );

  it('backs off when 410 comes back after every list', async () => {
    const { pauses } = await start({ watch: (response) => sendStatus(response, 410, 'Expired') });
    await waitUntil('it has paused a few times', () => pauses.length >= 3);
    expect(pauses.slice(0, 3)).toEqual([400, 800, 1_600]);
  });

  it('never stays blind for longer than a second when a quiet watch ends cleanly', async () => {
    const { server, pauses } = await start({
      watch: (response) => {
        startWatch(response);
        endWatch(response);
      },
    });
    await waitUntil('there were ten watches', () => server.watches().length >= 10);
    expect(server.lists()).toHaveLength(1);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(1_000);
  });

  it('moves on by bookmarks, so that a quiet resource does not run into 410', async () => {
    const { server } = await start({
      watch: (response, _, nth) => {
        startWatch(response, [{ type: 'BOOKMARK', object: { metadata: { resourceVersion: `${nth}00` } } }]);
        if (nth < 3) endWatch(response);
      },
    });
    await waitUntil('there is a third watch', () => server.watches().length === 3);
    expect(server.watches().map((r) => r.query.get('resourceVersion'))).toEqual(['10', '100', '200']);
    expect(server.watches().every((r) => r.query.get('allowWatchBookmarks') === 'true')).toBe(true);
    const seconds = Number(server.watches()[0]?.query.get('timeoutSeconds'));
    expect(seconds).toBeGreaterThanOrEqual(240);
    expect(seconds).toBeLessThanOrEqual(350);
  });

  it('lists in pages of 500, and is synced after the last', async () => {
    const { server, informer } = await start({
      list: (response, request) => {
        const from = Number(request.query.get('continue') ?? '0');
        sendJson(response, 200, {
          metadata: { resourceVersion: '10', ...(from < 1000 ? { continue: String(from + 500) } : {}) },
          items: Array.from({ length: from < 1000 ? 500 : 7 }, (_, i) => item(`n${from + i}`, from + i)),
        });
      },
    });
    await informer.synced;
    expect(informer.store.size).toBe(1007);
    expect(server.lists().map((r) => r.query.get('limit'))).toEqual(['500', '500', '500']);
  });

  it('starts a listing over when its history expires between two pages, then without pages', async () => {
    const { server, informer, changes } = await start({
      list: (response, request, nth) => {
        if (request.query.has('continue')) sendStatus(response, 410, 'Expired');
        else {
          sendJson(response, 200, {
            metadata: { resourceVersion: '10', ...(nth === 1 ? { continue: 'x' } : {}) },
            items: nth === 1 ? [item('gone', 1), item('a', 2)] : [item('a', 2)],
          });
        }
      },
    });
    await informer.synced;
    expect(server.lists().map((r) => r.query.get('limit'))).toEqual(['500', '500', null]);
    expect(informer.store.list().map((o) => o.metadata.name)).toEqual(['a']);
    expect(changes).toEqual(['Added gone@1 uid-gone', 'Added a@2 uid-a', 'Deleted gone@1 uid-gone']);
  });

  it('survives handlers that throw or reject, and still tells the others', async () => {
    const { informer, changes } = await start({
      watch: (response) =>
        startWatch(response, [
          { type: 'ADDED', object: item('a', 11) },
          { type: 'MODIFIED', object: item('a', 12) },
        ]),
    });
    informer.onChange(() => {
      throw new Error('thrown by a handler');
    });
    informer.onChange(rejecting);
    const late: string[] = [];
    informer.onChange((change) => late.push(change.object.metadata.resourceVersion ?? ''));
    await waitUntil('the last handler heard all', () => late.at(-1) === '12');
    expect(changes).toEqual(['Added a@11 uid-a', 'Updated a@12 uid-a']);
  });

  it('opens nothing after stop, also when stopped while waiting to reconnect', async () => {
    const { server, informer, stop } = await start(
      { watch: (response) => resetConnection(response) },
      { ...systemClock, sleep: (_, signal) => systemClock.sleep(3_600_000, signal) },
    );
    await waitUntil('the first watch broke', () => informer.status().failures > 0);
    const before = server.requests.length;
    await stop(); // within the test's timeout, not after the hour
    await systemClock.sleep(5);
    expect(server.requests.length).toBe(before);
    await waitUntil('every connection is closed', () => server.openSockets <= 1);
  });

  it('raises nothing when stopped in the middle of a watch', async () => {
    const { server, informer, stop } = await start({});
    await waitUntil('it watches', () => server.watches().length === 1);
    await stop();
    expect(informer.status()).toMatchObject({ failures: 0 });
    await expect(informer.synced).resolves.toBeUndefined();
  });

  it('rejects synced when stopped before the first list', async () => {
    const { informer, stop } = await start({
      list: (response) => sendStatus(response, 500, 'InternalError'),
    });
    await stop();
    await expect(informer.synced).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('tells deletion and creation of one name in a gap apart, by uid', async () => {
    const { server, changes } = await start({
      list: (response, _, nth) =>
        sendJson(response, 200, {
          metadata: { resourceVersion: '10' },
          items: [nth === 1 ? item('a', 1, 'old') : item('a', 9, 'new')],
        }),
      watch: (response, _, nth) => (nth === 1 ? sendStatus(response, 410, 'Gone') : startWatch(response)),
    });
    await waitUntil('it watches again', () => server.watches().length === 2);
    expect(changes).toEqual(['Added a@1 old', 'Deleted a@1 old', 'Added a@9 new']);
  });

  it('gives up on a list that is never answered, and tries again', async () => {
    const { server, informer } = await start(
      {
        list: (response, _, nth) => {
          if (nth > 2) emptyList(response);
        },
      },
      undefined,
      50, // twice this for a list
    );
    await informer.synced;
    expect(server.lists().length).toBeGreaterThanOrEqual(3);
  });

  it.each(['garbage\n', '{"type":"ADDED","object":{"metadata":{}}}\n', 'x'.repeat(9 * 1024 * 1024)])(
    'backs off from a stream of nonsense and goes on (%#)',
    async (text) => {
      const { server, informer } = await start({
        watch: (response, _, nth) => {
          startWatch(response);
          if (nth === 1) response.write(text);
          else sendEvent(response, { type: 'ADDED', object: item('a', 11) });
        },
      });
      await waitUntil('the second watch brought the object', () => informer.store.size === 1);
      expect(server.watches()).toHaveLength(2);
    },
  );

  it('hands out the same shape from lists and from watches: frozen plain JSON, pruned', async () => {
    const { informer } = await start({
      list: (response) =>
        sendJson(response, 200, { metadata: { resourceVersion: '10' }, items: [full('listed', 1)] }),
      watch: (response) => startWatch(response, [{ type: 'ADDED', object: full('watched', 11) }]),
    });
    await waitUntil('both are there', () => informer.store.size === 2);
    for (const object of informer.store.list()) {
      expect(object).toEqual({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          namespace: 'ns',
          name: object.metadata.name,
          uid: object.metadata.uid,
          resourceVersion: object.metadata.resourceVersion,
          creationTimestamp: '2026-01-01T00:00:00Z',
          annotations: { mine: 'x' },
        },
        data: { a: '1' },
      });
      expect(Object.isFrozen(object) && Object.isFrozen(object.data)).toBe(true);
    }
  });
});
