import { afterEach, describe, expect, it, jest } from '@jest/globals';
import definitionModule from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/definition_pb.js';
import { encryptedEnvelopes } from './encryption/encrypted-envelopes.ts';
import { decodeEnvelope } from './envelope.ts';
import { MessagingError } from './errors.ts';
import type { OrderedMessage, TransactionState } from './producer.ts';
import { testProducer, until } from './testing/clients.ts';
import { orderBody } from './testing/messages.ts';
import { ScriptedProxy, type Script } from './testing/scripted-proxy.ts';
import { testMetrics } from './testing/test-metrics.ts';

const never = new AbortController().signal;
const { MessageType, TransactionResolution } = definitionModule;

const message: OrderedMessage<'ORDER_CREATE'> = {
  messageId: 'm-1',
  tag: 'ORDER_CREATE',
  keys: 'order_123',
  messageGroup: '456',
  sequence: 7,
  traceId: '0123456789abcdef0123456789abcdef',
  body: orderBody,
};

jest.setTimeout(60_000);

describe('TransactionalProducer', () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  async function proxyOf(script: Partial<Script> = {}): Promise<ScriptedProxy> {
    const proxy = await ScriptedProxy.start({ role: 'Producer', ...script });
    cleanups.push(() => proxy.stop());
    return proxy;
  }

  it('signs by the credentials that there are at the time', async () => {
    const proxy = await proxyOf();
    let accessKey = 'order.a';
    const credentials = () => ({ accessKey, secretKey: 'secret' });
    const producer = testProducer({ endpoints: proxy.endpoints, credentials });
    cleanups.push(() => producer.stop());
    await producer.start(never);
    await (await producer.sendHalf(message)).commit();
    accessKey = 'order.b';
    await (await producer.sendHalf({ ...message, messageId: 'm-2' })).commit();
    expect(proxy.authorizations.map((header) => /Credential=([^,]+),/.exec(header)?.[1])).toEqual([
      'order.a',
      'order.b',
    ]);
  });

  it('sends a message that is transactional and in a message group, with its envelope and properties', async () => {
    const proxy = await proxyOf();
    const producer = testProducer({ endpoints: proxy.endpoints });
    cleanups.push(() => producer.stop());
    await producer.start(never);
    const half = await producer.sendHalf(message);
    await half.commit();

    const sent = proxy.sends[0];
    const system = sent?.getSystemProperties();
    expect(system?.getMessageType()).toBe(MessageType.TRANSACTION);
    expect([system?.getMessageGroup(), system?.getTag(), system?.getKeysList()]).toEqual([
      '456',
      'ORDER_CREATE',
      ['order_123'],
    ]);
    // A map on the wire has no order.
    expect(new Map(sent?.toObject().userPropertiesMap)).toEqual(
      new Map<string, unknown>([
        ['message_id', 'm-1'],
        ['trace_id', message.traceId],
        ['sequence', '7'],
        ['traceparent', expect.stringMatching(`^00-${message.traceId}-[0-9a-f]{16}-01$`)],
      ]),
    );
    expect(decodeEnvelope(sent?.getBody_asU8() ?? new Uint8Array())).toMatchObject({
      kind: 'Read',
      envelope: {
        version: 1,
        header: { message_id: 'm-1', topic: 'order-topic', sequence: 7 },
        body: orderBody,
      },
    });
    expect(proxy.ended.map((end) => end.resolution)).toEqual([TransactionResolution.COMMIT]);
  });

  it('sends nothing while it cannot encrypt', async () => {
    const proxy = await proxyOf();
    const missing = new MessagingError('EncryptionUnavailable', 'no keys', { retryable: true });
    const refuse = () => {
      throw missing;
    };
    const metrics = testMetrics();
    const codec = encryptedEnvelopes({
      keys: { current: refuse, find: refuse },
      plaintext: 'Refuse',
      metrics,
    });
    const producer = testProducer({ endpoints: proxy.endpoints, codec });
    cleanups.push(() => producer.stop());
    await producer.start(never);
    await expect(producer.sendHalf(message)).rejects.toBe(missing);
    expect(proxy.requests).toEqual([]);
  });

  it('answers checks, and leaves an unknown or failing one to the next', async () => {
    const proxy = await proxyOf();
    const answers: (TransactionState | Error)[] = [
      'Commit',
      'Rollback',
      'Unknown',
      new Error('database away'),
      'Commit',
    ];
    const asked: string[] = [];
    const producer = testProducer({
      endpoints: proxy.endpoints,
      check({ messageId, ageMs }) {
        expect(ageMs).toBeGreaterThanOrEqual(0);
        asked.push(messageId);
        const answer = answers.shift() ?? 'Unknown';
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
    });
    cleanups.push(() => producer.stop());
    await producer.start(never);
    await producer.sendHalf(message);
    const [sent] = proxy.sends;
    if (!sent) throw new Error('the half message was sent');
    for (let question = 1; question <= 5; question += 1) {
      proxy.askAbout(sent);
      await until(() => asked.length === question);
    }
    await until(() => proxy.ended.length === 3);
    const { COMMIT, ROLLBACK } = TransactionResolution;
    expect(proxy.ended.map((end) => end.resolution)).toEqual([COMMIT, ROLLBACK, COMMIT]);
    expect(new Set(asked)).toEqual(new Set(['m-1']));
  });

  it('says that it is not running before the start', async () => {
    const producer = testProducer({ endpoints: '127.0.0.1:1' });
    await expect(producer.sendHalf(message)).rejects.toMatchObject({ code: 'NotRunning', retryable: true });
  });

  it('gives up a start that gets no settings, and lets everything go', async () => {
    const proxy = await proxyOf({ silent: true });
    const producer = testProducer({ endpoints: proxy.endpoints, startDeadlineMs: 300 });
    await expect(producer.start(never)).rejects.toMatchObject({ code: 'StartTimeout', retryable: true });
    await until(() => proxy.streams.size === 0);
  });

  it('gives up a start without a topic, and asks no more', async () => {
    const proxy = await proxyOf({ noTopic: true });
    const producer = testProducer({ endpoints: proxy.endpoints, startDeadlineMs: 200 });
    await expect(producer.start(never)).rejects.toMatchObject({ code: 'StartTimeout' });
    const queries = proxy.routeQueries;
    await new Promise((resolve) => setTimeout(resolve, 1_200)); // past the client's own next try
    expect(proxy.routeQueries).toBe(queries);
  });

  it('stops when the proxy is gone, and a send fails as retryable', async () => {
    const proxy = await proxyOf();
    const producer = testProducer({ endpoints: proxy.endpoints });
    await producer.start(never);
    proxy.stop();
    await expect(producer.sendHalf(message)).rejects.toMatchObject({ code: 'SendFailed', retryable: true });
    await producer.stop();
    await expect(producer.sendHalf(message)).rejects.toMatchObject({ code: 'NotRunning' });
  });
});
