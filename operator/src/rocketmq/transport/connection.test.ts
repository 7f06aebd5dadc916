import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.ts';
import { ScriptedServer, type Exchange } from '../testing/scripted-server.ts';
import { Connection } from './connection.ts';

const request = { code: 105, extFields: {}, body: Buffer.alloc(0) };
const wait = { timeoutMs: 5000 };

let clock: ManualClock;
let server: ScriptedServer;
let script: (exchange: Exchange) => void;
let open: Connection[];

const connect = (address = server.address, maxFrameBytes = 1024 * 1024): Connection => {
  const connection = new Connection({ address, maxFrameBytes, connectTimeoutMs: 3000, clock });
  open.push(connection);
  return connection;
};

beforeEach(async () => {
  clock = new ManualClock();
  open = [];
  script = ({ reply }) => reply();
  server = await ScriptedServer.listen((exchange) => script(exchange));
});

afterEach(async () => {
  for (const connection of open) connection.close();
  await server.close();
  if (clock.timerCount > 0) throw new Error('a timer outlives its call');
});

describe('one connection, many calls', () => {
  it('matches answers that come in another order by opaque', async () => {
    script = () => {};
    const connection = connect();
    const calls = ['a', 'b', 'c'].map((topic) =>
      connection.request({ ...request, extFields: { topic } }, wait),
    );
    const exchanges = await server.received(3);
    expect(connection.pendingCount).toBe(3);
    for (const { request: asked, reply } of exchanges.toReversed()) {
      reply({ body: Buffer.from(asked.extFields['topic'] ?? '') });
    }
    const bodies = (await Promise.all(calls)).map(({ body }) => body.toString());
    expect(bodies).toEqual(['a', 'b', 'c']);
    expect(connection.pendingCount).toBe(0);
    expect(server.connections).toBe(1);
  });

  it('says what RocketMQ must know about its client', async () => {
    await connect().request(request, wait);
    expect(server.exchanges[0]?.request).toMatchObject({
      code: 105,
      flag: 0,
      language: 'OTHER',
      version: 479,
    });
  });

  it('hands back a failure code as it is', async () => {
    script = ({ reply }) => reply({ code: 17, remark: 'no' });
    await expect(connect().request(request, wait)).resolves.toMatchObject({ code: 17, remark: 'no' });
  });

  it('takes no request of the server for an answer', async () => {
    script = ({ request: { opaque }, reply }) => {
      reply({ code: 40, flag: 0, opaque });
      reply({ code: 40, flag: 2, opaque });
      reply({ body: Buffer.from('answer') });
    };
    const { body } = await connect().request(request, wait);
    expect(body.toString()).toBe('answer');
  });
});

describe('giving up', () => {
  beforeEach(() => {
    script = () => {};
  });

  it('times out, drops the late answer and goes on', async () => {
    const connection = connect();
    const call = connection.request(request, wait);
    const [first] = await server.received(1);
    clock.advance(5000);
    await expect(call).rejects.toMatchObject({ code: 'Timeout', retryable: true, address: server.address });
    expect(connection.pendingCount).toBe(0);

    first?.reply({ body: Buffer.from('late') });
    script = ({ reply }) => reply({ body: Buffer.from('new') });
    expect((await connection.request(request, wait)).body.toString()).toBe('new');
  });

  it('obeys the signal', async () => {
    const connection = connect();
    const abort = new AbortController();
    const call = connection.request(request, { ...wait, signal: abort.signal });
    await server.received(1);
    abort.abort(new Error('stop'));
    await expect(call).rejects.toMatchObject({ code: 'Aborted', retryable: false, cause: new Error('stop') });
    expect(connection.pendingCount).toBe(0);
  });

  it('never sends a call that was given up before the connection was there', async () => {
    const connection = connect();
    const aborted = connection.request(request, { ...wait, signal: AbortSignal.abort() });
    const late = connection.request(request, { timeoutMs: 1 });
    clock.advance(1);
    await expect(aborted).rejects.toMatchObject({ code: 'Aborted' });
    await expect(late).rejects.toMatchObject({ code: 'Timeout' });
    script = ({ reply }) => reply();
    await connection.request({ ...request, code: 106 }, wait);
    expect(server.exchanges.map((exchange) => exchange.request.code)).toEqual([106]);
  });
});

describe('a connection that ends', () => {
  it('is refused', async () => {
    const { address } = server;
    await server.close();
    server = await ScriptedServer.listen();
    await expect(connect(address).request(request, wait)).rejects.toMatchObject({ code: 'Connect' });
  });

  it('does not open in time', async () => {
    const connection = connect();
    const call = connection.request(request, wait);
    clock.advance(3000);
    await expect(call).rejects.toMatchObject({
      code: 'Connect',
      message: expect.stringContaining('3000 ms'),
    });
    expect(connection.usable).toBe(false);
  });

  it('fails every waiting call', async () => {
    script = () => {};
    const connection = connect();
    const calls = [connection.request(request, wait), connection.request(request, wait)];
    await server.received(2);
    server.dropConnections();
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'Closed', retryable: true } });
    }
    expect(connection.pendingCount).toBe(0);
    await expect(connection.request(request, wait)).rejects.toMatchObject({ code: 'Closed' });
  });

  it.each([
    ['nonsense', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['a broken header', Buffer.from('0000000800000004ffffffff', 'hex')],
  ])('on %s', async (_name, bytes) => {
    script = ({ socket }) => socket.write(bytes);
    const connection = connect();
    await expect(connection.request(request, wait)).rejects.toMatchObject({ code: 'Protocol' });
    expect(connection.usable).toBe(false);
    await server.disconnected();
  });

  it('on a frame above the limit', async () => {
    script = ({ reply }) => reply({ body: Buffer.alloc(5000) });
    await expect(connect(server.address, 4096).request(request, wait)).rejects.toMatchObject({
      code: 'Protocol',
    });
  });

  it('after it was retired, once the waiting calls have their answers', async () => {
    script = () => {};
    const connection = connect();
    const call = connection.request(request, wait);
    const [exchange] = await server.received(1);
    connection.retire();
    expect(connection.usable).toBe(false);
    exchange?.reply({ body: Buffer.from('still') });
    expect((await call).body.toString()).toBe('still');
    await server.disconnected();
  });
});
