import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  createPool,
  decodeEnvelope,
  effectByTag,
  encodeEnvelope,
  Inbox,
  migrate,
  PostgresDeadLetters,
  PostgresInboxStore,
  query,
  systemClock,
} from '../../apps/messaging/src/mod.ts';
import { orderEffects } from '../../apps/order/src/effects.ts';
import { createTestDatabase, type TestDatabase } from './order/database.ts';
import { creatorOn, FakeSender, migrations, request, startAgain, TOPIC } from './order/fixtures.ts';

jest.setTimeout(120_000);

const GROUP = 'order-consumer';
const never = new AbortController().signal;

type Sent = FakeSender['sent'][number];

/** What a consumer receives for a message that was sent. */
function arrival(sent: Sent) {
  const header = {
    message_id: sent.messageId,
    topic: TOPIC,
    tags: sent.tag,
    keys: sent.keys,
    timestamp: Date.now(),
    producer_group: 'order-producer',
    consumer_group: GROUP,
    retry_times: 0,
    trace_id: sent.traceId,
    sequence: sent.sequence,
  };
  const decoded = decodeEnvelope(encodeEnvelope(header, sent.body));
  if (decoded.kind === 'Unreadable') throw new Error(decoded.detail);
  const { envelope } = decoded;
  const key = { topic: TOPIC, messageGroup: sent.messageGroup };
  return {
    key,
    messageId: sent.messageId,
    sequence: sent.sequence,
    envelope,
    payload: encodeEnvelope(header, sent.body),
  };
}

function inboxOn(db: ReturnType<typeof createPool>) {
  const store = new PostgresInboxStore(db, GROUP);
  const inbox = new Inbox(store, effectByTag(orderEffects));
  return { store, inbox };
}

describe('the inbox, on a real Postgres', () => {
  let database: TestDatabase;
  let pool: ReturnType<typeof createPool>;

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = database.pool();
    await migrate(pool, migrations);
  }, 180_000);
  afterAll(() => database.drop());

  beforeEach(() => startAgain(pool));

  async function ordersOf(users: number, each: number): Promise<Sent[]> {
    const sender = new FakeSender();
    const creator = creatorOn(pool, sender, systemClock);
    for (let user = 1; user <= users; user += 1) {
      for (let index = 1; index <= each; index += 1) {
        await creator.create(request(`c-${index}`, { user_id: `user-${user}` }), 'trace');
      }
    }
    return sender.sent;
  }

  it('applies the orders of each user once and in sequence, however they arrive at two replicas', async () => {
    const sent = await ordersOf(4, 12);
    // A fixed shuffle with every message twice: later ones first, neighbours apart.
    const deliveries = [...sent, ...sent].map((message, index) => ({ message, place: (index * 37) % 101 }));
    deliveries.sort((a, b) => a.place - b.place);
    const replicas = [inboxOn(database.pool()), inboxOn(database.pool())];
    const waiting = deliveries.map(({ message }) => arrival(message));
    await Promise.all(
      [0, 1, 0, 1, 0, 1].map(async (replica) => {
        for (let next = waiting.shift(); next; next = waiting.shift())
          await replicas[replica]?.inbox.receive(next, never);
      }),
    );
    const events = await query<{ user_id: string; sequences: string }>(
      pool,
      `SELECT user_id, string_agg(sequence::text, ',' ORDER BY event_id) AS sequences FROM orders.order_events GROUP BY user_id ORDER BY user_id`,
    );
    const all = Array.from({ length: 12 }, (_, index) => index + 1).join(',');
    expect(events).toEqual([1, 2, 3, 4].map((user) => ({ user_id: `user-${user}`, sequences: all })));
    expect(await query(pool, `SELECT DISTINCT status FROM orders.orders`)).toEqual([{ status: 'ACCEPTED' }]);
    expect(await replicas[0]?.store.parked()).toEqual({ count: 0, oldestSeconds: 0 });
  });

  it('keeps what is parked over a restart, and says how long', async () => {
    const [first, second, third] = await ordersOf(1, 3);
    if (!first || !second || !third) throw new Error('three orders were sent');
    const before = inboxOn(database.pool());
    expect(await before.inbox.receive(arrival(third), never)).toEqual({ kind: 'Parked', unparked: 0 });
    expect(await before.inbox.receive(arrival(second), never)).toEqual({ kind: 'Parked', unparked: 0 });
    expect(await before.store.parked()).toEqual({ count: 2, oldestSeconds: expect.any(Number) });

    const after = inboxOn(database.pool());
    expect(await after.inbox.receive(arrival(first), never)).toEqual({ kind: 'Applied', unparked: 2 });
    expect(await after.inbox.receive(arrival(third), never)).toEqual({ kind: 'Duplicate', unparked: 0 });
  });

  it('applies nothing of a message whose effect fails', async () => {
    const [sent] = await ordersOf(1, 1);
    if (!sent) throw new Error('an order was sent');
    const { inbox } = inboxOn(pool);
    await query(pool, 'UPDATE orders.orders SET accepted_at = now()');
    await expect(inbox.receive(arrival(sent), never)).rejects.toThrow('is not pending');
    expect(await query(pool, 'SELECT 1 FROM messaging.inbox')).toEqual([]);
    await query(pool, 'UPDATE orders.orders SET accepted_at = NULL');
    expect(await inbox.receive(arrival(sent), never)).toEqual({ kind: 'Applied', unparked: 0 });
  });

  it('gives up a transaction whose delivery is aborted', async () => {
    const [sent] = await ordersOf(1, 1);
    if (!sent) throw new Error('an order was sent');
    const abort = new AbortController();
    const stuck = new Inbox(new PostgresInboxStore(pool, GROUP), async (_envelope, client) => {
      setTimeout(() => abort.abort(), 50);
      await client.query('SELECT pg_sleep(4)');
    });
    await expect(stuck.receive(arrival(sent), abort.signal)).rejects.toMatchObject({ retryable: true });
    expect(await inboxOn(pool).inbox.receive(arrival(sent), never)).toEqual({ kind: 'Applied', unparked: 0 });
  });

  it('records a dead letter once', async () => {
    const letters = new PostgresDeadLetters(pool, GROUP);
    const delivery = {
      rocketmqMessageId: 'rocketmq-1',
      topic: TOPIC,
      tag: undefined,
      messageGroup: 'user-1',
      properties: new Map([['trace_id', 't']]),
      body: Buffer.from([0, 255]),
      attempt: 2,
      maxAttempts: 16,
    };
    await letters.record({ delivery, reason: 'UnparsableBody', detail: 'not JSON' });
    await letters.record({ delivery, reason: 'UnparsableBody', detail: 'not JSON' });
    expect(
      await query(pool, 'SELECT reason, detail, properties, body, attempt FROM messaging.dead_letter'),
    ).toEqual([
      {
        reason: 'UnparsableBody',
        detail: 'not JSON',
        properties: { trace_id: 't' },
        body: Buffer.from([0, 255]),
        attempt: 2,
      },
    ]);
  });
});
