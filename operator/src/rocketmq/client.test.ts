import { afterEach, describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { ScriptedServer } from './testing/scripted-server.ts';
import { RocketmqClient } from './client.ts';
import { hasEnded } from './errors.ts';

let server: ScriptedServer;
let client: RocketmqClient;

afterEach(async () => {
  await client.close();
  await server.close();
});

describe('RocketmqClient', () => {
  it('asks any kind of server over one connection each', async () => {
    server = await ScriptedServer.listen(({ request: { code }, reply }) => {
      const group = { group: 'g', isLeader: 'true', peers: '' };
      if (code === 1005) reply({ extFields: group });
      else if (code === 206) reply({ body: Buffer.from('{"topicList":["t"]}') });
      else reply({ code: 17 });
    });
    client = new RocketmqClient();
    const { address } = server;
    await expect(client.nameServer(address).topicNames()).resolves.toEqual(new Set(['t']));
    await expect(client.broker(address).topicConfig('t')).resolves.toBeUndefined();
    await expect(client.controller(address).metadata()).resolves.toMatchObject({ isLeader: true });
    expect(server.connections).toBe(1);
    expect(client.pendingCount).toBe(0);
  });

  it('signs with its credentials and shows them to nobody', async () => {
    server = await ScriptedServer.listen(({ reply }) =>
      reply({ code: 16, remark: 'check signature failed.' }),
    );
    client = new RocketmqClient({ credentials: { accessKey: 'ak', secretKey: 's3cret' } });
    const broker = client.broker(server.address);
    await expect(broker.runtimeInfo()).rejects.toMatchObject({ code: 'NotPermitted' });
    expect(server.exchanges[0]?.request.extFields['AccessKey']).toBe('ak');
    expect(inspect([client, broker], { depth: 10, showHidden: true })).not.toContain('s3cret');
  });

  it('signs for others over the same connections, which stay its own', async () => {
    server = await ScriptedServer.listen(({ reply }) => reply({ code: 17 }));
    const credentials = { accessKey: 'ak', secretKey: 's3cret' };
    client = new RocketmqClient({ credentials });
    const { address } = server;
    const others = [client.as({ accessKey: 'other', secretKey: 'oth3r' }), client.as(undefined)];
    for (const admins of [client, ...others, client]) await admins.broker(address).topicConfig('t');
    expect(server.exchanges.map(({ request }) => request.extFields['AccessKey'])).toEqual([
      'ak',
      'other',
      undefined,
      'ak',
    ]);
    expect(server.connections).toBe(1);
    expect(inspect(others, { depth: 10, showHidden: true })).not.toContain('oth3r');
    await client.close();
    for (const admins of others) {
      await expect(admins.broker(address).runtimeInfo()).rejects.toMatchObject({ code: 'Closed' });
    }
  });

  it('stops writes that others sign, too', async () => {
    server = await ScriptedServer.listen();
    client = new RocketmqClient({ mayWrite: () => false });
    const broker = client.as(undefined).broker(server.address);
    await expect(broker.deleteUser('app')).rejects.toMatchObject({ code: 'Aborted' });
  });

  it('fails with Closed after close', async () => {
    server = await ScriptedServer.listen();
    client = new RocketmqClient();
    const waiting = client.nameServer(server.address).topicNames();
    await server.received(1);
    await client.close();
    await expect(waiting).rejects.toMatchObject({ code: 'Closed' });
    await expect(client.nameServer(server.address).topicNames()).rejects.toMatchObject({ code: 'Closed' });
  });
});

describe('hasEnded', () => {
  const endOf = async (timeoutMs: number, meanwhile: () => unknown): Promise<boolean> => {
    client = new RocketmqClient();
    const asked = client.broker(server.address).runtimeInfo({ timeoutMs });
    const [answer] = await Promise.allSettled([asked, meanwhile()]);
    return answer.status === 'rejected' && hasEnded(answer.reason);
  };

  it('is so of whoever ends the connection, and of whoever does not listen any more', async () => {
    server = await ScriptedServer.listen();
    const dropped = async (): Promise<void> => {
      await server.received(1);
      server.dropConnections();
    };
    expect(await endOf(30_000, dropped)).toBe(true);
    const { address } = server;
    await client.close();
    await server.close();
    client = new RocketmqClient();
    for (const why of ['ECONNREFUSED', 'not tried again yet']) {
      const error = await client
        .broker(address)
        .runtimeInfo()
        .catch((thrown: unknown) => thrown);
      expect(String(error)).toContain(why);
      expect(hasEnded(error)).toBe(true);
    }
  });

  it('is not so of whoever is silent, or refuses', async () => {
    server = await ScriptedServer.listen();
    expect(await endOf(50, () => undefined)).toBe(false);
    await client.close();
    await server.close();
    server = await ScriptedServer.listen(({ reply }) => reply({ code: 16, remark: 'no' }));
    expect(await endOf(30_000, () => undefined)).toBe(false);
  });
});
