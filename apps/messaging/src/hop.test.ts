import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Message } from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/definition_pb.js';
import { systemClock } from './clock.ts';
import { encryptedEnvelopes } from './encryption/encrypted-envelopes.ts';
import { mountedKeyRing } from './encryption/key-ring.ts';
import type { Envelope } from './envelope.ts';
import type { DeadLetter } from './handling/dead-letters.ts';
import { createEffectHandler } from './handling/effect-handler.ts';
import { effectByTag } from './inbox/effect-by-tag.ts';
import type { MessageProducer } from './message-producer.ts';
import type { MessagingMetrics } from './metrics.ts';
import { testConsumer, testMessageProducer, until } from './testing/clients.ts';
import { MemoryOnceStore } from './testing/memory-once.ts';
import { tradeMessage } from './testing/messages.ts';
import { MountedSecret } from './testing/mounted-secret.ts';
import { RecordingLog } from './testing/recording-log.ts';
import { ScriptedProxy } from './testing/scripted-proxy.ts';
import type { ScriptedMessage } from './testing/scripted-wire.ts';
import { testMetrics } from './testing/test-metrics.ts';
import { createTracing, inRequest, type Tracing } from './tracing.ts';

jest.setTimeout(60_000);

const never = new AbortController().signal;
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const [one, two] = [randomBytes(32), randomBytes(32)];
/** Longer than a new key waits to be sent with. */
const SETTLED_MS = 180_000;

/** From one service through RocketMQ to another, each with its own mounted keys. */
describe('a message on its way', () => {
  const cleanups: (() => unknown)[] = [];
  let atSender: MountedSecret;
  let atReader: MountedSecret;
  let lateMs: number;
  let log: RecordingLog;
  let exporter: InMemorySpanExporter;
  let tracing: Tracing;
  let inbound: ScriptedProxy;
  let outbound: ScriptedProxy;
  let producer: MessageProducer;
  let metrics: MessagingMetrics;
  let store: MemoryOnceStore;
  let letters: DeadLetter[];
  let onApplied: (envelope: Envelope) => Promise<void>;

  beforeEach(async () => {
    [atSender, atReader] = [new MountedSecret(), new MountedSecret()];
    atSender.mount({ 'key-1': one });
    atReader.mount({ 'key-1': one });
    lateMs = 0;
    log = new RecordingLog();
    exporter = new InMemorySpanExporter();
    tracing = createTracing('test', [new SimpleSpanProcessor({ exporter })]);
    store = new MemoryOnceStore();
    letters = [];
    onApplied = () => Promise.resolve();
    outbound = await ScriptedProxy.start({ role: 'Producer' });
    inbound = await ScriptedProxy.start({ role: 'Consumer' });
    cleanups.push(
      () => outbound.stop(),
      () => inbound.stop(),
      () => atSender.remove(),
      () => atReader.remove(),
    );
    metrics = testMetrics();
    const clock = { ...systemClock, now: () => Date.now() + lateMs };
    const codecOf = ({ directory }: MountedSecret) =>
      encryptedEnvelopes({ keys: mountedKeyRing({ directory, clock, log }), plaintext: 'Refuse', metrics });
    producer = testMessageProducer({
      endpoints: outbound.endpoints,
      codec: codecOf(atSender),
      tracing,
      log,
      clock,
    });
    const group = 'notify-consumer';
    const effect = effectByTag<string[]>({
      async TRADE_BATCH(envelope, written) {
        await onApplied(envelope);
        written.push(envelope.body.trade_id);
      },
    });
    const deadLetters = { record: (letter: DeadLetter) => Promise.resolve(void letters.push(letter)) };
    const codec = codecOf(atReader);
    const consumer = testConsumer({
      endpoints: inbound.endpoints,
      group,
      topic: 'trade-topic',
      handler: createEffectHandler({
        group,
        effect,
        store,
        codec,
        deadLetters,
        tracing,
        metrics,
        log,
        clock,
      }),
      tracing,
      log,
    });
    cleanups.push(
      () => producer.stop(),
      () => consumer.stop(),
    );
    await Promise.all([producer.start(never), consumer.start(never)]);
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  /** Carries what the sender's proxy stored over to the reader's, as a broker does. */
  function carry(change: (message: ScriptedMessage) => ScriptedMessage = (message) => message): void {
    inbound.queue.push(...outbound.sends.splice(0).map((message) => change(toScripted(message))));
  }

  it('is of one trace, from the request that caused it to what it causes', async () => {
    const traceparent = `00-${TRACE}-b7ad6b7169203331-01`;
    const next: Envelope[] = [];
    onApplied = async (envelope) => {
      next.push(envelope);
      if (envelope.header.message_id === 'm-1') await producer.send(tradeMessage('m-2'), never);
    };
    await inRequest(tracing, { name: 'POST /trades', traceparent }, () =>
      producer.send(tradeMessage('m-1'), never),
    );
    carry();
    await until(() => outbound.sends.length === 1);
    carry();
    await until(() => inbound.acks.length === 2);
    expect(next.map(({ header }) => header.trace_id)).toEqual([TRACE, TRACE]);
    const spans = exporter.getFinishedSpans();
    const last = spans.filter(({ name }) => name === 'process trade-topic').at(-1);
    expect(ancestry(last, spans)).toEqual([
      'process trade-topic',
      'send trade-topic',
      'process trade-topic',
      'send trade-topic',
      'POST /trades',
    ]);
    const received = spans.filter(({ name }) => name === 'receive trade-topic');
    expect(received.map(({ links }) => links[0]?.context.traceId)).toEqual([TRACE, TRACE]);
  });

  it('shows its body to nobody: not on the wire, in no log, in no span', async () => {
    const secret = '12345.678987654321';
    const message = tradeMessage('m-1');
    const refused = new Error('no such trade');
    onApplied = ({ header }) => (header.message_id === 'm-1' ? Promise.reject(refused) : Promise.resolve());
    await producer.send({ ...message, body: { ...message.body, price: secret } }, never);
    const wire = Buffer.concat(outbound.sends.map((sent) => Buffer.from(sent.serializeBinary())));
    carry();
    await until(() => inbound.nacks.length === 1);
    for (const text of [
      wire.toString('latin1'),
      log.lines.join('\n'),
      JSON.stringify(exporter.getFinishedSpans().map(shown)),
    ])
      expect(text).not.toContain(secret);
    expect(wire.toString('latin1')).toContain('key-1');
    expect(log.lines.join('\n')).toContain('no such trade');
  });

  it('is a dead letter when it was tampered with, and those after it go on', async () => {
    await producer.sendBatch([tradeMessage('m-1'), tradeMessage('m-2')], never);
    carry((message) => {
      if (message.properties?.get('message_id') !== 'm-1') return message;
      const body = Buffer.from(message.body.toString().replace(/"keys":"[^"]*"/, '"keys":"trade_9"'));
      return { ...message, body };
    });
    await until(() => inbound.acks.length === 2);
    expect(letters.map(({ reason }) => reason)).toEqual(['Tampered']);
    expect(store.effects.length).toBe(1);
  });

  it('stays readable while keys are rotated, whoever has the new one first', async () => {
    let sent = 0;
    const sendSome = async () => {
      await producer.sendBatch(
        Array.from({ length: 40 }, () => tradeMessage(`m-${(sent += 1)}`)),
        never,
      );
      carry();
    };
    await sendSome();
    atSender.mount({ 'key-1': one, 'key-2': two });
    lateMs += 2_000;
    await sendSome();
    atReader.mount({ 'key-1': one, 'key-2': two });
    lateMs += 2_000;
    await sendSome();
    lateMs += SETTLED_MS;
    await sendSome();
    await until(() => inbound.acks.length === sent);
    atSender.mount({ 'key-2': two });
    atReader.mount({ 'key-2': two });
    lateMs += 2_000;
    await sendSome();
    await until(() => inbound.acks.length === sent);
    expect([store.handled.size, letters, inbound.nacks]).toEqual([200, [], []]);
    const uses = (await metrics.keyUses.get()).values.map(({ labels, value }) => [
      `${labels.operation} ${labels.key}`,
      value,
    ]);
    expect(Object.fromEntries(uses)).toEqual({
      'Encrypt key-1': 120,
      'Encrypt key-2': 80,
      'Decrypt key-1': 120,
      'Decrypt key-2': 80,
    });
  });

  it('waits for its key when that comes later', async () => {
    atSender.mount({ 'key-2': two });
    lateMs += 2_000;
    await producer.send(tradeMessage('m-1'), never);
    carry();
    await until(() => log.lines.some((line) => line.includes('is not in the ring')));
    expect([inbound.acks, inbound.nacks, letters]).toEqual([[], [], []]);
    atReader.mount({ 'key-1': one, 'key-2': two });
    lateMs += 2_000;
    await until(() => inbound.acks.length === 1);
    expect(store.effects.length).toBe(1);
  });
});

function toScripted(message: Message): ScriptedMessage {
  const system = message.getSystemProperties();
  return {
    id: system?.getMessageId() ?? '',
    body: Buffer.from(message.getBody_asU8()),
    tag: system?.getTag() ?? '',
    properties: new Map(message.toObject().userPropertiesMap),
  };
}

/** The names of a span and of those that it came from. */
function ancestry(span: ReadableSpan | undefined, all: readonly ReadableSpan[]): readonly string[] {
  if (span === undefined) return [];
  const parent = all.find((each) => each.spanContext().spanId === span.parentSpanContext?.spanId);
  return [span.name, ...ancestry(parent, all)];
}

/** All that an exporter would show of a span. */
function shown({ name, attributes, events, status, links, resource }: ReadableSpan): object {
  return { name, attributes, events, status, links, resource: resource.attributes };
}
