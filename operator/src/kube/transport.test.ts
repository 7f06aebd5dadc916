import { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import { KubeClient } from './client.ts';
import { ConfigMaps, Pods } from './resource-types.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { ScriptedServer, sendJson, startWatch, type Handler } from './testing/scripted-server.ts';
import { selfSigned } from './testing/self-signed.ts';
import { waitUntil } from './testing/wait-until.ts';

jest.setTimeout(30_000); // milliseconds on a free machine

const key = { namespace: 'ns', name: 'a' };
const answer: Handler = (_, response) => sendJson(response, 200, {});

const open: { close: () => Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((resource) => resource.close()));
});

function clientFor(kubeConfig: KubeConfig, clock = new ManualClock()): KubeClient {
  const client = new KubeClient({ kubeConfig, fieldManager: 'gantry', clock });
  open.push(client);
  return client;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('the transport', () => {
  it('speaks TLS with the authority of the kubeconfig, over few connections, watches apart', async () => {
    const server = await ScriptedServer.start((request, response) => {
      if (request.query.get('watch') === '1') startWatch(response);
      else sendJson(response, 200, {});
    }, selfSigned('api'));
    open.push(server);
    const client = clientFor(server.kubeConfig());
    const watch = client
      .watch(Pods, { resourceVersion: '1', timeoutSeconds: 300, inactivityMs: 1_000 })
      .next();
    watch.catch(() => undefined);
    for (let i = 0; i < 100; i += 1) await client.get(ConfigMaps, key);
    await waitUntil('the watch is open', () => server.watches().length === 1);
    expect(server.requests).toHaveLength(101);
    expect(server.connections).toBeLessThanOrEqual(3);
    expect(server.requests.every(({ headers }) => headers[':path'] === undefined)).toBe(true); // HTTP/1.1
  });

  it('refuses a server of another authority', async () => {
    const server = await ScriptedServer.start(answer, selfSigned('api'));
    open.push(server);
    const config = server.kubeConfig();
    const [cluster] = config.clusters;
    if (cluster === undefined) throw new Error('no cluster');
    config.clusters = [{ ...cluster, caData: base64(selfSigned('somebody else').cert) }];
    await expect(clientFor(config).get(ConfigMaps, key)).rejects.toMatchObject({ code: 'Network' });
    expect(server.requests).toHaveLength(0);
  });

  it('presents the client certificate, and a rotated one on new connections', async () => {
    const subjects: string[] = [];
    const server = await ScriptedServer.start(
      (_, response) => {
        const { socket } = response;
        if (socket instanceof TLSSocket) subjects.push(String(socket.getPeerCertificate().subject.CN));
        sendJson(response, 200, {});
      },
      { ...selfSigned('api'), requestCert: true },
    );
    open.push(server);
    const clock = new ManualClock();
    const [first, second] = [selfSigned('first'), selfSigned('second')];
    const config = server.kubeConfig({ certData: base64(first.cert), keyData: base64(first.key) });
    const client = clientFor(config, clock);
    await client.get(ConfigMaps, key);
    config.users = [{ name: 'tester', certData: base64(second.cert), keyData: base64(second.key) }];
    await client.get(ConfigMaps, key); // within ten seconds nobody looks
    clock.jump(10_001);
    await client.get(ConfigMaps, key);
    expect(subjects).toEqual(['first', 'first', 'second']);
  });

  it('asks for credentials anew after a 401', async () => {
    const server = await ScriptedServer.start((request, response) =>
      sendJson(response, request.headers.authorization === 'Bearer two' ? 200 : 401, {}),
    );
    open.push(server);
    const config = server.kubeConfig({ token: 'one' });
    const client = clientFor(config);
    await expect(client.get(ConfigMaps, key)).rejects.toMatchObject({
      code: 'Unauthorized',
      retryable: true,
    });
    config.users = [{ name: 'tester', token: 'two' }];
    expect(await client.get(ConfigMaps, key)).toEqual({});
  });

  it('keeps the path under which a gateway publishes the API', async () => {
    const server = await ScriptedServer.start(answer);
    open.push(server);
    const config = server.kubeConfig();
    const [cluster] = config.clusters;
    if (cluster === undefined) throw new Error('no cluster');
    config.clusters = [{ ...cluster, server: `${server.url}/k8s/clusters/c1/` }];
    await clientFor(config).get(ConfigMaps, key);
    expect(server.requests[0]?.path).toBe('/k8s/clusters/c1/api/v1/namespaces/ns/configmaps/a');
  });

  it('says what is wrong with a configuration, never what is in it', async () => {
    const none = new KubeConfig();
    none.loadFromOptions({ clusters: [], users: [], contexts: [], currentContext: 'none' });
    expect(() => clientFor(none)).toThrow('no current cluster');
    const socks = new KubeConfig();
    socks.loadFromClusterAndUser(
      { name: 'c', server: 'https://127.0.0.1:1', skipTLSVerify: true, proxyUrl: 'socks5://127.0.0.1:2' },
      { name: 'u' },
    );
    expect(() => clientFor(socks)).toThrow('SOCKS');
    const failing = new KubeConfig();
    failing.loadFromClusterAndUser(
      { name: 'c', server: 'https://127.0.0.1:1', skipTLSVerify: true },
      { name: 'u', authProvider: { name: 'tokenFile', config: { tokenFile: '/no/such/sesame' } } },
    );
    const error: unknown = await clientFor(failing)
      .get(ConfigMaps, key)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'Unauthorized' });
    expect(String(error)).not.toContain('sesame');
  });
});
