import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/**
 * The library's metrics, registered where the service says. Labels are topics and groups, which are few and declared;
 * never users, keys or message ids.
 */
export interface MessagingMetrics {
  readonly sent: Counter<'topic' | 'result'>;
  readonly sendRetries: Counter<'topic'>;
  readonly sendSeconds: Histogram<'topic'>;
  readonly requestMessages: Histogram<'topic'>;
  readonly buffered: Gauge<'topic'>;
  readonly bufferWaits: Counter<'topic'>;
  readonly keyUses: Counter<'key' | 'operation'>;
  readonly transactions: Counter<'topic' | 'resolution' | 'source'>;
  readonly received: Counter<'topic' | 'group'>;
  readonly redelivered: Counter<'topic' | 'group'>;
  readonly handled: Counter<'topic' | 'group' | 'result'>;
  readonly handleSeconds: Histogram<'topic' | 'group'>;
  readonly inFlight: Gauge<'topic' | 'group'>;
  readonly batchMessages: Histogram<'topic' | 'group'>;
  readonly ageSeconds: Histogram<'topic' | 'group'>;
  readonly inbox: Counter<'group' | 'outcome'>;
  readonly deadLetters: Counter<'topic' | 'group' | 'reason'>;
  readonly parked: Gauge<'group'>;
  readonly oldestParkedSeconds: Gauge<'group'>;
}

const BATCHES = [1, 2, 4, 8, 16, 32];

export function createMessagingMetrics(registry: Registry): MessagingMetrics {
  const registers = [registry];
  const consumer = ['topic', 'group'] as const;
  return {
    sent: new Counter({
      name: 'gantry_messaging_sent_total',
      help: 'Messages sent, by result: Stored or Failed',
      labelNames: ['topic', 'result'],
      registers,
    }),
    sendRetries: new Counter({
      name: 'gantry_messaging_send_retries_total',
      help: 'Requests to store messages that were sent again',
      labelNames: ['topic'],
      registers,
    }),
    sendSeconds: new Histogram({
      name: 'gantry_messaging_send_seconds',
      help: 'Time until a message was stored or given up, retries included',
      labelNames: ['topic'],
      buckets: [0.002, 0.005, 0.02, 0.1, 0.5, 2, 10],
      registers,
    }),
    requestMessages: new Histogram({
      name: 'gantry_messaging_request_messages',
      help: 'Messages in one request to store them',
      labelNames: ['topic'],
      buckets: BATCHES,
      registers,
    }),
    buffered: new Gauge({
      name: 'gantry_messaging_buffered',
      help: 'Messages that wait to be sent',
      labelNames: ['topic'],
      registers,
    }),
    bufferWaits: new Counter({
      name: 'gantry_messaging_buffer_waits_total',
      help: 'Messages whose sender had to wait because the buffer was full',
      labelNames: ['topic'],
      registers,
    }),
    keyUses: new Counter({
      name: 'gantry_messaging_key_uses_total',
      help: 'Bodies, by the key that encrypted them and operation: Encrypt or Decrypt',
      labelNames: ['key', 'operation'],
      registers,
    }),
    transactions: new Counter({
      name: 'gantry_messaging_transactions_ended_total',
      help: 'Transactions ended, by resolution (Commit, Rollback, Unknown) and source (Sender, Check)',
      labelNames: ['topic', 'resolution', 'source'],
      registers,
    }),
    received: new Counter({
      name: 'gantry_messaging_received_total',
      help: 'Deliveries that reached the handler',
      labelNames: consumer,
      registers,
    }),
    redelivered: new Counter({
      name: 'gantry_messaging_redelivered_total',
      help: 'Deliveries after the first of the same message',
      labelNames: consumer,
      registers,
    }),
    handled: new Counter({
      name: 'gantry_messaging_handled_total',
      help: 'Handler calls, by result: Done, Retryable or Failed',
      labelNames: [...consumer, 'result'],
      registers,
    }),
    handleSeconds: new Histogram({
      name: 'gantry_messaging_handle_seconds',
      help: 'Duration of handler calls',
      labelNames: consumer,
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
      registers,
    }),
    inFlight: new Gauge({
      name: 'gantry_messaging_in_flight',
      help: 'Handler calls that run now',
      labelNames: consumer,
      registers,
    }),
    batchMessages: new Histogram({
      name: 'gantry_messaging_batch_messages',
      help: 'Messages in one handler call',
      labelNames: consumer,
      buckets: BATCHES,
      registers,
    }),
    ageSeconds: new Histogram({
      name: 'gantry_messaging_age_seconds',
      help: 'Age of a message when its first handler call starts',
      labelNames: consumer,
      buckets: [0.01, 0.05, 0.25, 1, 5, 30, 120, 600],
      registers,
    }),
    inbox: new Counter({
      name: 'gantry_messaging_inbox_total',
      help: 'What became of messages: Applied, Parked, Unparked, Duplicate or DeadLetter',
      labelNames: ['group', 'outcome'],
      registers,
    }),
    deadLetters: new Counter({
      name: 'gantry_messaging_dead_letters_total',
      help: 'Messages that can never be applied, by reason',
      labelNames: [...consumer, 'reason'],
      registers,
    }),
    parked: new Gauge({
      name: 'gantry_messaging_inbox_parked',
      help: 'Messages that wait in the inbox for an earlier one of their message group',
      labelNames: ['group'],
      registers,
    }),
    oldestParkedSeconds: new Gauge({
      name: 'gantry_messaging_inbox_oldest_parked_seconds',
      help: 'Age of the longest gap; 0 without one',
      labelNames: ['group'],
      registers,
    }),
  };
}
