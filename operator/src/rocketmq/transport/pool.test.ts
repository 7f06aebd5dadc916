import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.ts';
import { ScriptedServer, type Exchange } from '../testing/scripted-server.ts';
import { ConnectionPool } from './pool.ts';

const request = { code: 105, extFields: {}, body: Buffer.alloc(0) };
const wait = { timeoutMs: 5000 };

let clock: ManualClock;
let server: ScriptedServer;
let script: (exchange: Exchange) => void;
let pool: ConnectionPool;

const call = (address = server.address) => pool.call(address, request, wait);

beforeEach(async () => {
  clock = new ManualClock();
  script = ({ reply }) => reply();
  server = await ScriptedServer.listen((exchange) => script(exchange));
  pool = new ConnectionPool({
    connectTimeoutMs: 3000,
    maxFrameBytes: 1024 * 1024,
    idleTimeoutMs: 60_000,
    clock,
    random: () => 0,
  });
});

afterEach(async () => {
  pool.close();
  await server.close();
  if (pool.pendingCount > 0 || clock.timerCount > 0) throw new Error('a call or a timer is left behind');
});

describe('one connection per server', () => {
  it('is shared, and opened again after it broke', async () => {
    await Promise.all([call(), call(), call()]);
    expect(server.connections).toBe(1);
    server.dropConnections();
    await server.disconnected();
    // The client learns of it in its own time; until then a call may still meet the old connection.
    await call().catch(() => call());
    expect(server.connections).toBe(2);
  });

  it('is closed when unused, and not before', async () => {
    await call();
    clock.advance(59_999);
    await call();
    clock.advance(59_999);
    expect(server.connections).toBe(1);
    clock.advance(1);
    await server.disconnected();
    await call();
    expect(server.connections).toBe(2);
  });

  it('is left for a new one when the server is silent past a deadline', async () => {
    script = () => {};
    const waiting = call();
    // To connect takes time, and is no answer.
    clock.advance(1);
    await server.received(1);
    clock.advance(4999);
    await expect(waiting).rejects.toMatchObject({ code: 'Timeout' });
    script = ({ reply }) => reply();
    await call();
    expect(server.connections).toBe(2);
  });

  it('is kept when only one answer is missing', async () => {
    script = ({ request: { extFields }, reply }) => extFields['quick'] !== undefined && reply();
    const slow = pool.call(server.address, request, wait);
    await server.received(1);
    clock.advance(1000);
    await pool.call(server.address, { ...request, extFields: { quick: '1' } }, wait);
    clock.advance(4000);
    await expect(slow).rejects.toMatchObject({ code: 'Timeout' });
    await pool.call(server.address, { ...request, extFields: { quick: '1' } }, wait);
    expect(server.connections).toBe(1);
  });
});

describe('GO_AWAY', () => {
  it('sends the call again over a new connection', async () => {
    script = ({ connection, reply }) => reply({ code: connection === 0 ? 1500 : 0 });
    await expect(call()).resolves.toMatchObject({ code: 0 });
    expect(server.connections).toBe(2);
  });

  it('lets the other calls on the old connection finish', async () => {
    script = () => {};
    const first = call();
    const second = call();
    const [one, two] = await server.received(2);
    script = ({ reply }) => reply();
    one?.reply({ code: 1500 });
    await expect(first).resolves.toMatchObject({ code: 0 });
    two?.reply();
    await expect(second).resolves.toMatchObject({ code: 0 });
  });

  it('gives up after the second', async () => {
    script = ({ reply }) => reply({ code: 1500 });
    await expect(call()).rejects.toMatchObject({ code: 'Closed', responseCode: 1500, retryable: true });
    expect(server.connections).toBe(2);
  });
});

describe('a server that is not there', () => {
  it('is tried again only after a pause that grows', async () => {
    const { address } = server;
    await server.close();
    server = await ScriptedServer.listen();
    const attempt = async (): Promise<string> => {
      const error: unknown = await call(address).catch((cause: unknown) => cause);
      return error instanceof Error ? error.message : 'no error';
    };
    expect(await attempt()).toMatch(/: connect ECONNREFUSED/);
    expect(await attempt()).toMatch(/: not tried again yet after: connect ECONNREFUSED/);
    clock.advance(25);
    expect(await attempt()).toMatch(/: connect ECONNREFUSED/);
    clock.advance(25);
    expect(await attempt()).toMatch(/: not tried again yet/);
    clock.advance(25);
    expect(await attempt()).toMatch(/: connect ECONNREFUSED/);
  });

  it.each(['', 'host', 'host:0', 'host:99999', 'host:x', 'http://host:1', 'a b:1', '::1:80'])(
    'is no address at all: %j',
    async (address) => {
      await expect(call(address)).rejects.toMatchObject({ code: 'Invalid', retryable: false });
    },
  );
});

describe('close', () => {
  it('ends waiting calls and refuses later ones', async () => {
    script = () => {};
    const waiting = call();
    await server.received(1);
    pool.close();
    await expect(waiting).rejects.toMatchObject({ code: 'Closed' });
    await expect(call()).rejects.toMatchObject({ code: 'Closed' });
  });
});
