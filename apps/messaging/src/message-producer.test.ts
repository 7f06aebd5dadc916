import { createSecretKey, randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import definitionModule, {
  type Message,
} from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/definition_pb.js';
import { encryptedEnvelopes } from './encryption/encrypted-envelopes.ts';
import type { KeyRing } from './encryption/key-ring.ts';
import { decodeEnvelope } from './envelope.ts';
import { MessagingError } from './errors.ts';
import type { MessageProducer, MessageProducerOptions } from './message-producer.ts';
import { testMessageProducer } from './testing/clients.ts';
import { bodies, tradeMessage } from './testing/messages.ts';
import { ScriptedProxy, type Script } from './testing/scripted-proxy.ts';
import { testMetrics } from './testing/test-metrics.ts';
import { createTracing } from './tracing.ts';

const never = new AbortController().signal;
const { Code, MessageType } = definitionModule;

jest.setTimeout(60_000);

const propertiesOf = (message: Message | undefined) => new Map(message?.toObject().userPropertiesMap);
const idsOf = (messages: readonly Message[]) =>
  messages.map((message) => propertiesOf(message).get('message_id'));

describe('MessageProducer', () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  async function start(script: Partial<Script> = {}, options: Partial<MessageProducerOptions> = {}) {
    const proxy = await ScriptedProxy.start({ role: 'Producer', ...script });
    cleanups.push(() => proxy.stop());
    const producer: MessageProducer = testMessageProducer({ endpoints: proxy.endpoints, ...options });
    cleanups.push(() => producer.stop());
    await producer.start(never);
    return { proxy, producer };
  }

  it('sends a message with its envelope and properties, in the trace of who sends it', async () => {
    const exporter = new InMemorySpanExporter();
    const tracing = createTracing('test', [new SimpleSpanProcessor({ exporter })]);
    const { proxy, producer } = await start({}, { tracing });
    const result = await producer.send(tradeMessage('m-1'), never);
    const [sent] = proxy.sends;
    const system = sent?.getSystemProperties();
    expect(result).toEqual({ kind: 'Stored', messageId: 'm-1', rocketmqMessageId: system?.getMessageId() });
    expect([
      system?.getMessageType(),
      system?.getTag(),
      system?.getKeysList(),
      system?.getMessageGroup(),
    ]).toEqual([MessageType.NORMAL, 'TRADE_BATCH', ['trade_m-1'], '']);
    const [span] = exporter.getFinishedSpans();
    const traceId = span?.spanContext().traceId;
    expect(propertiesOf(sent)).toEqual(
      new Map([
        ['message_id', 'm-1'],
        ['trace_id', traceId],
        ['traceparent', `00-${traceId}-${span?.spanContext().spanId}-01`],
      ]),
    );
    expect(decodeEnvelope(sent?.getBody_asU8() ?? new Uint8Array())).toMatchObject({
      kind: 'Read',
      envelope: {
        header: {
          message_id: 'm-1',
          topic: 'trade-topic',
          producer_group: 'trade-producer',
          trace_id: traceId,
        },
        body: bodies.TRADE_BATCH,
      },
    });
    expect(span).toMatchObject({ name: 'send trade-topic', attributes: { 'messaging.message.id': 'm-1' } });
  });

  it('sends again what was not stored, as the same message', async () => {
    const answers = [Code.INTERNAL_SERVER_ERROR, Code.HA_NOT_AVAILABLE, Code.OK];
    const ids: string[] = [];
    const metrics = testMetrics();
    const { producer } = await start(
      {
        answer([message]) {
          ids.push(message?.getSystemProperties()?.getMessageId() ?? '');
          return answers.shift() ?? Code.OK;
        },
      },
      { metrics },
    );
    await producer.send(tradeMessage('m-1'), never);
    expect(ids.length).toBe(3);
    expect(new Set(ids).size).toBe(1);
    expect((await metrics.sendRetries.get()).values).toEqual([
      { value: 2, labels: { topic: 'trade-topic' } },
    ]);
    expect((await metrics.sent.get()).values).toEqual([
      { value: 1, labels: { topic: 'trade-topic', result: 'Stored' } },
    ]);
  });

  it('puts up to 32 messages into a request, each with what is its own', async () => {
    const { proxy, producer } = await start();
    const messages = Array.from({ length: 70 }, (_, index) => tradeMessage(`m-${index}`));
    const results = await producer.sendBatch(messages, never);
    expect(proxy.requests).toEqual([32, 32, 6]);
    expect(idsOf(proxy.sends)).toEqual(messages.map(({ messageId }) => messageId));
    const keys = proxy.sends.map((message) => message.getSystemProperties()?.getKeysList());
    expect(keys).toEqual(messages.map((message) => [message.keys]));
    const rocketmqIds = proxy.sends.map((message) => message.getSystemProperties()?.getMessageId());
    expect(results).toEqual(
      messages.map(({ messageId }, index) => ({
        kind: 'Stored',
        messageId,
        rocketmqMessageId: rocketmqIds[index],
      })),
    );
  });

  it('keeps a request no larger than one message may be', async () => {
    const { proxy, producer } = await start({ maxBytes: 8_192 });
    await producer.sendBatch(
      Array.from({ length: 12 }, (_, index) => tradeMessage(`m-${index}`)),
      never,
    );
    expect(Math.max(...proxy.requests)).toBeLessThan(12);
    expect(proxy.sends.length).toBe(12);
  });

  it('stores the others when one of a request is refused', async () => {
    const { proxy, producer } = await start({
      answer: (messages) => (idsOf(messages).includes('m-1') ? Code.ILLEGAL_MESSAGE_KEY : Code.OK),
    });
    const results = await producer.sendBatch(
      [tradeMessage('m-0'), tradeMessage('m-1'), tradeMessage('m-2')],
      never,
    );
    expect(results.map(({ kind }) => kind)).toEqual(['Stored', 'Failed', 'Stored']);
    expect(results[1]).toMatchObject({ error: { code: 'SendFailed', retryable: false } });
    expect([proxy.requests, idsOf(proxy.sends)]).toEqual([
      [3, 1, 1, 1],
      ['m-0', 'm-2'],
    ]);
  });

  it('says of each message of a batch what is wrong with it, and sends the others', async () => {
    const { proxy, producer } = await start();
    const wrong = { ...tradeMessage('m-1'), body: { ...bodies.TRADE_BATCH, amount: '1e3' } };
    const results = await producer.sendBatch([tradeMessage('m-0'), wrong], never);
    expect(results).toMatchObject([
      { kind: 'Stored' },
      { error: { code: 'InvalidMessage', retryable: false } },
    ]);
    expect(idsOf(proxy.sends)).toEqual(['m-0']);
  });

  it('refuses a message that is larger than the proxy takes', async () => {
    const { producer } = await start({ maxBytes: 100 });
    await expect(producer.send(tradeMessage('m-1'), never)).rejects.toMatchObject({
      code: 'InvalidMessage',
      message: expect.stringContaining('max size=100'),
    });
  });

  it('sends a timed message to a topic of such, each in a request of its own', async () => {
    const { proxy, producer } = await start({}, { topics: ['order-timeout-topic'] });
    const deliverAt = Date.UTC(2030, 0, 1);
    const timeout = (messageId: string) => ({
      topic: 'order-timeout-topic',
      tag: 'ORDER_TIMEOUT' as const,
      keys: 'order_123',
      body: bodies.ORDER_TIMEOUT,
      messageId,
      deliverAt,
    });
    const results = await producer.sendBatch([timeout('m-1'), timeout('m-2')], never);
    expect(results.map(({ kind }) => kind)).toEqual(['Stored', 'Stored']);
    expect(proxy.requests).toEqual([1, 1]);
    const system = proxy.sends[0]?.getSystemProperties();
    expect(system?.getMessageType()).toBe(MessageType.DELAY);
    const deliveredAt: { toDate(): Date } | undefined = system?.getDeliveryTimestamp();
    expect(deliveredAt?.toDate().getTime()).toBe(deliverAt);
    // Without a time it is of a type that the topic does not take.
    const { deliverAt: _deliverAt, ...now } = timeout('m-3');
    await expect(producer.send(now, never)).rejects.toMatchObject({
      code: 'SendFailed',
      retryable: false,
      message: 'topic order-timeout-topic takes no messages of type NORMAL',
    });
  });

  it('sends nothing when it cannot encrypt, and nothing in clear when it can', async () => {
    const keys = [{ id: 'key-1', key: createSecretKey(randomBytes(32)) }];
    const missing = new MessagingError('EncryptionUnavailable', 'no keys', { retryable: true });
    const ring: KeyRing = {
      current() {
        const [key] = keys;
        if (key === undefined) throw missing;
        return key;
      },
      find: () => undefined,
    };
    const metrics = testMetrics();
    const codec = encryptedEnvelopes({ keys: ring, plaintext: 'Refuse', metrics });
    const { proxy, producer } = await start({}, { codec });
    await producer.send(tradeMessage('m-1'), never);
    expect(Buffer.from(proxy.sends[0]?.getBody_asU8() ?? []).toString()).not.toMatch(/50000|BTCUSDT/);
    keys.pop();
    await expect(producer.send(tradeMessage('m-2'), never)).rejects.toBe(missing);
    expect(proxy.requests).toEqual([1]);
  });

  it('says that it is not running before the start', async () => {
    const producer = testMessageProducer({ endpoints: '127.0.0.1:1' });
    await expect(producer.send(tradeMessage('m-1'), never)).rejects.toMatchObject({
      code: 'NotRunning',
      retryable: true,
    });
  });

  it('gives up when the proxy is gone', async () => {
    const { proxy, producer } = await start();
    proxy.stop();
    await expect(producer.send(tradeMessage('m-1'), never)).rejects.toMatchObject({
      code: 'SendFailed',
      retryable: true,
    });
  });
});
