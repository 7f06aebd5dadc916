import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { KubeClient, type KubeClientOptions } from './client.ts';
import { KubeError } from './errors.ts';
import { ConfigMaps, Leases, Pods, Secrets } from './resource-types.ts';
import { ManualClock } from './testing/manual-clock.ts';
import {
  endWatch,
  resetConnection,
  ScriptedServer,
  sendJson,
  sendStatus,
  startWatch,
  type Handler,
} from './testing/scripted-server.ts';
import { waitUntil } from './testing/wait-until.ts';

jest.setTimeout(30_000); // milliseconds on a free machine

const key = { namespace: 'ns', name: 'a' };
const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'ns', name: 'a' } };

const open: (KubeClient | ScriptedServer)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((resource) => resource.close()));
});

async function setUp(
  handler: Handler,
  options: Partial<KubeClientOptions> = {},
): Promise<{ server: ScriptedServer; client: KubeClient }> {
  const server = await ScriptedServer.start(handler);
  const client = new KubeClient({
    kubeConfig: server.kubeConfig({ token: 'sesame' }),
    fieldManager: 'gantry',
    ...options,
  });
  open.push(client, server);
  return { server, client };
}

async function collect<T>(stream: AsyncIterable<T>): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

async function failureOf(promise: Promise<unknown>): Promise<KubeError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof KubeError) return error;
  throw new Error('expected a KubeError', { cause: error });
}

describe('KubeClient', () => {
  it('sends 200 calls over a handful of connections, not one each', async () => {
    const { server, client } = await setUp((_, response) => sendJson(response, 200, configMap));
    for (let i = 0; i < 10; i += 1) {
      await Promise.all(Array.from({ length: 20 }, () => client.get(ConfigMaps, key)));
    }
    expect(server.requests).toHaveLength(200);
    expect(server.connections).toBeLessThanOrEqual(16);
  });

  it('uses no more than two connections for calls in a row', async () => {
    const { server, client } = await setUp((_, response) => sendJson(response, 200, configMap));
    for (let i = 0; i < 20; i += 1) await client.get(ConfigMaps, key);
    // Two, because the pool may see the first one as busy until its answer's last byte is processed.
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  it('renews a lease while every other call waits', async () => {
    const waiting: (() => void)[] = [];
    const { client } = await setUp((request, response) => {
      if (request.path.includes('/leases/')) sendJson(response, 200, configMap);
      else waiting.push(() => sendJson(response, 200, configMap));
    });
    const calls = Array.from({ length: 40 }, () => client.get(ConfigMaps, key));
    await waitUntil('every connection is taken', () => waiting.length === 16);
    await client.get(Leases, key);
    expect(waiting).toHaveLength(16);
    const pump = setInterval(() => {
      for (const answer of waiting.splice(0)) answer();
    }, 5);
    await Promise.all(calls);
    clearInterval(pump);
  });

  it('keeps working when more watches are open than calls may have connections', async () => {
    const { server, client } = await setUp((request, response) => {
      if (request.query.get('watch') === '1') startWatch(response);
      else sendJson(response, 200, configMap);
    });
    const abort = new AbortController();
    const options = { resourceVersion: '1', timeoutSeconds: 300, inactivityMs: 60_000 };
    const watches = Array.from({ length: 24 }, () =>
      failureOf(collect(client.watch(Pods, options, abort.signal))),
    );
    await waitUntil('24 watches are open', () => server.watches().length === 24);
    expect(await client.get(ConfigMaps, key)).toEqual(configMap);
    abort.abort();
    expect((await Promise.all(watches)).map((error) => error.code)).toEqual(Array(24).fill('Aborted'));
  });

  it('sends the token, its name and the field manager', async () => {
    const { server, client } = await setUp((_, response) => sendJson(response, 200, configMap));
    await client.apply(ConfigMaps, configMap, { force: true, subresource: 'status', dryRun: true });
    const [request] = server.requests;
    expect(request?.method).toBe('PATCH');
    expect(request?.path).toBe('/api/v1/namespaces/ns/configmaps/a/status');
    expect(Object.fromEntries(request?.query ?? [])).toEqual({
      fieldManager: 'gantry',
      force: 'true',
      dryRun: 'All',
    });
    expect(request?.headers).toMatchObject({
      authorization: 'Bearer sesame',
      'content-type': 'application/apply-patch+yaml',
      'user-agent': 'gantry',
    });
  });

  it('asks for a subresource where that is meant', async () => {
    const { server, client } = await setUp((_, response) => sendJson(response, 200, configMap));
    await client.get(ConfigMaps, key, { subresource: 'scale' });
    expect(server.requests[0]?.path).toMatch(/^[/]api[/]v1[/]namespaces[/].*[/]scale$/);
  });

  it('keeps fields that no model knows, both ways', async () => {
    const odd = { ...configMap, fieldOfTomorrow: { 'x-kubernetes-anything': [1] } };
    const { server, client } = await setUp((request, response) =>
      sendJson(response, 200, request.body === '' ? odd : JSON.parse(request.body)),
    );
    expect(await client.get(ConfigMaps, key)).toEqual(odd);
    expect(await client.replace(ConfigMaps, odd)).toEqual(odd);
    expect(JSON.parse(server.requests[1]?.body ?? '')).toEqual(odd);
  });

  it('keeps the case of names and escapes what a path cannot hold', async () => {
    const { server, client } = await setUp((_, response) => sendJson(response, 200, configMap));
    await client.get(ConfigMaps, { namespace: 'ns', name: 'System:My/Role' });
    expect(server.requests[0]?.path).toBe('/api/v1/namespaces/ns/configmaps/System%3AMy%2FRole');
  });

  it('fills apiVersion and kind of list items and pages on', async () => {
    const { server, client } = await setUp((_, response) =>
      sendJson(response, 200, {
        metadata: { resourceVersion: '7', continue: 'more' },
        items: [{ metadata: { name: 'a' } }],
      }),
    );
    const page = await client.list(Pods, { namespace: 'ns', limit: 1, labelSelector: 'a=b', continue: 'x' });
    expect(page).toEqual({
      items: [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } }],
      resourceVersion: '7',
      continue: 'more',
    });
    expect(Object.fromEntries(server.requests[0]?.query ?? [])).toEqual({
      limit: '1',
      continue: 'x',
      labelSelector: 'a=b',
    });
  });

  it.each([
    [400, 'BadRequest', 'BadRequest', false],
    [401, 'Unauthorized', 'Unauthorized', true],
    [403, 'Forbidden', 'Forbidden', false],
    [409, 'Conflict', 'Conflict', true],
    [409, 'AlreadyExists', 'AlreadyExists', false],
    [410, 'Expired', 'Gone', true],
    [422, 'Invalid', 'Invalid', false],
    [429, 'TooManyRequests', 'TooManyRequests', true],
    [500, 'InternalError', 'InternalError', true],
    [503, 'ServiceUnavailable', 'Unavailable', true],
    [504, 'Timeout', 'Timeout', true],
  ] as const)('maps %i %s to %s (retryable %s)', async (status, reason, code, retryable) => {
    const { client } = await setUp((_, response) => sendStatus(response, status, reason));
    const error = await failureOf(client.create(ConfigMaps, configMap));
    expect(error).toMatchObject({ code, retryable, status });
    expect(error.message).toContain('POST /api/v1/namespaces/ns/configmaps');
  });

  it('answers 404 with undefined on get and with false on delete', async () => {
    const { client } = await setUp((_, response) => sendStatus(response, 404, 'NotFound'));
    expect(await client.get(ConfigMaps, key)).toBeUndefined();
    expect(await client.delete(ConfigMaps, key)).toBe(false);
    expect((await failureOf(client.replace(ConfigMaps, configMap))).code).toBe('NotFound');
  });

  it('waits as long as Retry-After says and sends again', async () => {
    const { server, client } = await setUp(
      (_, response) => {
        if (server.requests.length < 3)
          sendStatus(response, 429, 'TooManyRequests', { 'retry-after': '0.02' });
        else sendJson(response, 200, configMap);
      },
      { random: () => 0 },
    );
    expect(await client.get(ConfigMaps, key)).toEqual(configMap);
    const [first, second, third] = server.requests.map((r) => r.atMs);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(19);
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(19);
  });

  it('hands Retry-After on when it outlasts the deadline', async () => {
    const { server, client } = await setUp((_, response) =>
      sendStatus(response, 503, 'ServiceUnavailable', { 'retry-after': '60' }),
    );
    const error = await failureOf(client.get(ConfigMaps, key));
    expect(error).toMatchObject({ code: 'Unavailable', retryAfterMs: 60_000 });
    expect(server.requests).toHaveLength(1);
  });

  it('gives up at the deadline when the server never answers', async () => {
    const { server, client } = await setUp(() => undefined);
    const error = await failureOf(client.get(ConfigMaps, key, { timeoutMs: 20 }));
    expect(error).toMatchObject({ code: 'Timeout', retryable: true });
    await waitUntil('the connection is closed', () => server.openSockets === 0);
  });

  it('gives up at the deadline when the body never ends', async () => {
    const { client } = await setUp((_, response) => {
      response.writeHead(200);
      response.write('{"half":');
    });
    expect((await failureOf(client.get(ConfigMaps, key, { timeoutMs: 20 }))).code).toBe('Timeout');
  });

  it('stops at once when the caller aborts, also while it waits for Retry-After', async () => {
    const { server, client } = await setUp((_, response) =>
      sendStatus(response, 429, 'TooManyRequests', { 'retry-after': '5' }),
    );
    const abort = new AbortController();
    const failure = failureOf(client.get(ConfigMaps, key, { signal: abort.signal }));
    await waitUntil('the first answer is out', () => server.requests.length === 1);
    abort.abort();
    expect(await failure).toMatchObject({ code: 'Aborted', retryable: false });
    expect(server.requests).toHaveLength(1);
  });

  it('reports a reset connection and a refused one as Network', async () => {
    const { server, client } = await setUp((_, response) => resetConnection(response));
    expect((await failureOf(client.get(ConfigMaps, key))).code).toBe('Network');
    await server.close();
    expect((await failureOf(client.get(ConfigMaps, key))).code).toBe('Network');
  });

  it('never shows tokens or the text of Secrets', async () => {
    const { client } = await setUp((_, response) =>
      sendJson(response, 422, {
        kind: 'Status',
        code: 422,
        reason: 'Invalid',
        message: 'Secret is invalid: data: "open-sesame"',
        details: { causes: [{ reason: 'FieldValueInvalid', field: 'data', message: '"open-sesame"' }] },
      }),
    );
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: key, data: { password: 'open-sesame' } };
    const error = await failureOf(client.apply(Secrets, secret));
    const everything = `${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.causes)}`;
    expect(everything).not.toContain('sesame');
    expect(error.causes).toEqual([{ reason: 'FieldValueInvalid', field: 'data' }]);
  });

  it.each(['<html>bad gateway</html>', '', '{"kind":"Pod"}'])(
    'copes with the failure body %j',
    async (body) => {
      const { client } = await setUp((_, response) => {
        response.writeHead(502);
        response.end(body);
      });
      expect(await failureOf(client.get(ConfigMaps, key))).toMatchObject({
        code: 'Unavailable',
        status: 502,
      });
    },
  );

  it('calls a good answer that is not JSON a Protocol error, and does not quote it', async () => {
    const { client } = await setUp((_, response) => response.end('{"password": sesame'));
    const error = await failureOf(client.get(Secrets, key));
    expect(error.code).toBe('Protocol');
    expect(error.message).not.toContain('sesame');
  });

  it('fails with Closed after close', async () => {
    const { client } = await setUp((_, response) => sendJson(response, 200, configMap));
    await client.get(ConfigMaps, key);
    await client.close();
    expect((await failureOf(client.get(ConfigMaps, key))).code).toBe('Closed');
  });

  it.each([
    { namespace: 'ns', name: '' },
    { namespace: '', name: 'app' },
    { namespace: 'ns', name: '..' },
  ])('sends nothing for %j: its path would be that of other objects', async (nobody) => {
    const { server, client } = await setUp((_, response) => sendJson(response, 200, {}));
    const calls = [
      client.get(ConfigMaps, nobody),
      client.delete(ConfigMaps, nobody),
      client.mergePatch(ConfigMaps, nobody, {}),
      client.apply(ConfigMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: nobody }),
    ];
    expect((await Promise.all(calls.map((call) => failureOf(call)))).map(({ code }) => code)).toEqual(
      Array(calls.length).fill('BadRequest'),
    );
    expect(server.requests).toEqual([]);
  });

  it('sends preconditions and propagation with a delete', async () => {
    const { server, client } = await setUp((_, response) => sendJson(response, 200, {}));
    expect(await client.delete(ConfigMaps, key, { uid: 'u1', propagationPolicy: 'Foreground' })).toBe(true);
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { uid: 'u1' },
      propagationPolicy: 'Foreground',
    });
  });
});

describe('KubeClient.watch', () => {
  const options = { resourceVersion: '5', timeoutSeconds: 300, inactivityMs: 60_000 };

  it('asks for bookmarks and a server-side end, and yields what comes', async () => {
    const { server, client } = await setUp((_, response) => {
      startWatch(response, [
        { type: 'ADDED', object: { kind: 'Pod', metadata: { name: 'a', resourceVersion: '6' } } },
        { type: 'BOOKMARK', object: { kind: 'Pod', metadata: { resourceVersion: '9' } } },
        { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } },
      ]);
      endWatch(response);
    });
    expect(await collect(client.watch(Pods, options))).toEqual([
      { type: 'ADDED', object: { kind: 'Pod', metadata: { name: 'a', resourceVersion: '6' } } },
      { type: 'BOOKMARK', resourceVersion: '9' },
      { type: 'ERROR', status: { kind: 'Status', code: 410, reason: 'Expired' } },
    ]);
    expect(Object.fromEntries(server.requests[0]?.query ?? [])).toEqual({
      watch: '1',
      allowWatchBookmarks: 'true',
      resourceVersion: '5',
      timeoutSeconds: '300',
    });
  });

  it('times out when nothing at all comes, and any byte counts as something', async () => {
    const clock = new ManualClock();
    const { server, client } = await setUp((_, response) => startWatch(response), { clock });
    const events: unknown[] = [];
    const failure = failureOf(
      (async () => {
        for await (const event of client.watch(Pods, options)) events.push(event);
      })(),
    );
    await waitUntil('the watch is open', () => clock.pendingTimers === 1 && server.watches().length === 1);
    await clock.advance(15_000); // the head's own deadline has become the inactivity limit
    await clock.advance(60_000);
    expect((await failure).code).toBe('Timeout');
    await waitUntil('the connection is closed', () => server.openSockets === 0);
  });

  it.each([
    ['not JSON', 'nonsense\n'],
    ['no event', '{"type":"ADDED"}\n'],
    ['null', 'null\n'],
    ['an unknown type', '{"type":"RENAMED","object":{"metadata":{"name":"a"}}}\n'],
    ['an object without a name', '{"type":"ADDED","object":{"metadata":{}}}\n'],
    ['a bookmark without a version', '{"type":"BOOKMARK","object":{"metadata":{}}}\n'],
    ['cut inside an event', '{"type":"ADDED","obj'],
  ])('reports a stream that is %s as Protocol', async (_, text) => {
    const { client } = await setUp((__, response) => {
      response.writeHead(200);
      response.end(text);
    });
    expect((await failureOf(collect(client.watch(Pods, options)))).code).toBe('Protocol');
  });

  it('frees the connection when the reader walks away', async () => {
    const { server, client } = await setUp((_, response) =>
      startWatch(response, [{ type: 'ADDED', object: { metadata: { name: 'a', resourceVersion: '6' } } }]),
    );
    for await (const event of client.watch(Pods, options)) {
      expect(event.type).toBe('ADDED');
      break;
    }
    await waitUntil('the connection is closed', () => server.openSockets === 0);
  });
});
