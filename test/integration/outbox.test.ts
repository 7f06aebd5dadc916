import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { inTransaction, migrate, query, systemClock } from '../../apps/messaging/src/mod.ts';
import {
  appendToOutbox,
  OutboxRelay,
  serviceMigrations,
  type OutboxMessage,
  type StoredMessage,
} from '../../apps/service/src/mod.ts';
import { createTestDatabase, type TestDatabase } from './order/database.ts';
import { silentLog } from './order/fixtures.ts';

jest.setTimeout(60_000);

const TOPIC = 'order-timeout-topic';
const never = new AbortController().signal;

function timeout(id: number, deliverAt?: number): OutboxMessage<'ORDER_TIMEOUT'> {
  return {
    topic: TOPIC,
    tag: 'ORDER_TIMEOUT',
    keys: `order_${String(id)}`,
    traceId: 'trace',
    body: {
      order_id: String(id),
      order_no: `ORD20240101${String(id).padStart(3, '0')}`,
      user_id: 'u',
      timeout_time: 7,
    },
    ...(deliverAt === undefined ? {} : { deliverAt }),
  };
}

type SendResults = Awaited<ReturnType<ConstructorParameters<typeof OutboxRelay>[0]['sender']['sendBatch']>>;

/** Refuses the messages whose keys it is told. */
class Sender {
  readonly sent: StoredMessage[] = [];
  refused: ReadonlySet<string> = new Set();
  onSend: () => Promise<void> = () => Promise.resolve();

  async sendBatch(messages: readonly StoredMessage[]): Promise<SendResults> {
    await this.onSend();
    return messages.map((message) => {
      if (this.refused.has(message.keys)) return { kind: 'Failed', error: new Error('refused') };
      this.sent.push(message);
      return { kind: 'Stored' };
    });
  }
}

describe('the outbox, on a real Postgres', () => {
  let database: TestDatabase;
  let pool: ReturnType<TestDatabase['pool']>;
  let sender: Sender;

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = database.pool();
    await migrate(pool, serviceMigrations);
  }, 180_000);
  afterAll(() => database.drop());

  beforeEach(async () => {
    await query(pool, 'TRUNCATE messaging.outbox');
    sender = new Sender();
  });

  const relayOn = (of: typeof pool, to: Sender) =>
    new OutboxRelay({ pool: of, topics: [TOPIC], sender: to, clock: systemClock, log: silentLog });
  const append = (...messages: readonly OutboxMessage[]) =>
    inTransaction(pool, (client) => appendToOutbox(client, messages));
  const left = async () =>
    (await query<{ keys: string }>(pool, 'SELECT keys FROM messaging.outbox ORDER BY id')).map(
      ({ keys }) => keys,
    );

  it('sends what was committed, with its time, and nothing of what was not', async () => {
    await append(timeout(1, 1_700_000_000_000), timeout(2));
    await inTransaction(pool, async (client) => {
      await appendToOutbox(client, [timeout(3)]);
      throw new Error('changed its mind');
    }).catch(() => undefined);
    await relayOn(pool, sender).sendBatch(never);
    expect(sender.sent).toMatchObject([timeout(1, 1_700_000_000_000), timeout(2)]);
    expect(sender.sent[1]).not.toHaveProperty('deliverAt');
    expect(await left()).toEqual([]);
  });

  it('keeps what was refused, and sends it again under the same id', async () => {
    await append(timeout(1), timeout(2), timeout(3));
    const relay = relayOn(pool, sender);
    sender.refused = new Set(['order_2']);
    expect(await relay.sendBatch(never)).toBe(false);
    expect(await left()).toEqual(['order_2']);
    const [row] = await query<{ message_id: string }>(pool, 'SELECT message_id FROM messaging.outbox');
    sender.refused = new Set();
    await relay.sendBatch(never);
    expect(sender.sent.at(-1)).toMatchObject({ keys: 'order_2', messageId: row?.message_id });
    expect(await left()).toEqual([]);
  });

  it('lets two processes share it: what one is sending the other leaves alone', async () => {
    await append(...Array.from({ length: 70 }, (_none, index) => timeout(index + 1)));
    const other = new Sender();
    sender.onSend = async () => {
      await relayOn(database.pool(), other).sendBatch(never);
    };
    await relayOn(pool, sender).sendBatch(never);
    expect([sender.sent.length, other.sent.length]).toEqual([64, 6]);
    expect(await left()).toEqual([]);
  });

  it('leaves the messages of other services to them', async () => {
    await append({ ...timeout(1), topic: 'another-topic' });
    await relayOn(pool, sender).sendBatch(never);
    expect(await left()).toEqual(['order_1']);
  });

  it('is sent at once when it is woken, until it is stopped', async () => {
    const stop = new AbortController();
    const sent = Promise.withResolvers<void>();
    sender.onSend = () => Promise.resolve(sent.resolve());
    const relay = relayOn(pool, sender);
    const running = relay.run(stop.signal);
    await append(timeout(1));
    relay.wake();
    await sent.promise;
    stop.abort();
    await running;
    expect(await left()).toEqual([]);
  });
});
