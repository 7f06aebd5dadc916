import { systemClock } from '../clock.ts';
import { MessageConsumer, type MessageConsumerOptions } from '../consumer.ts';
import { MessageProducer, type MessageProducerOptions } from '../message-producer.ts';
import { TransactionalProducer, type TransactionalProducerOptions } from '../producer.ts';
import { silentLog } from './silent-log.ts';
import { testMetrics } from './test-metrics.ts';

/** A consumer with short limits against `endpoints`. */
export function testConsumer(
  options: Pick<MessageConsumerOptions, 'endpoints' | 'handler'> & Partial<MessageConsumerOptions>,
): MessageConsumer {
  return new MessageConsumer({
    group: 'order-consumer',
    topic: 'order-topic',
    concurrency: 4,
    maxCachedMessages: 64,
    handlerDeadlineMs: 2_000,
    longPollMs: 200,
    requestTimeoutMs: 1_000,
    startDeadlineMs: 5_000,
    drainGraceMs: 4_000,
    suspendMs: 50,
    clock: systemClock,
    random: () => 0.5,
    log: silentLog,
    metrics: testMetrics(),
    ...options,
  });
}

/** A producer with short limits against `endpoints`. */
export function testProducer(
  options: Pick<TransactionalProducerOptions, 'endpoints'> & Partial<TransactionalProducerOptions>,
): TransactionalProducer {
  return new TransactionalProducer({
    topic: 'order-topic',
    producerGroup: 'order-producer',
    requestTimeoutMs: 1_000,
    startDeadlineMs: 5_000,
    check: () => Promise.resolve('Unknown'),
    clock: systemClock,
    log: silentLog,
    metrics: testMetrics(),
    ...options,
  });
}

/** A producer of plain messages with short limits against `endpoints`. */
export function testMessageProducer(
  options: Pick<MessageProducerOptions, 'endpoints'> & Partial<MessageProducerOptions>,
): MessageProducer {
  return new MessageProducer({
    topics: ['trade-topic'],
    producerGroup: 'trade-producer',
    requestTimeoutMs: 1_000,
    startDeadlineMs: 5_000,
    clock: systemClock,
    random: () => 0,
    log: silentLog,
    metrics: testMetrics(),
    ...options,
  });
}

const UNTIL_MS = 30_000;

/** Waits until `condition` holds; rejects after half a minute (machines may be busy), so that a failed test leaves no loop behind. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = systemClock.now() + UNTIL_MS;
  while (!condition()) {
    if (systemClock.now() > deadline) throw new Error(`not within ${UNTIL_MS} ms: ${condition.toString()}`);
    await systemClock.sleep(10);
  }
}
