import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  createPool,
  describeError,
  encryptedEnvelopes,
  Inbox,
  messagingMigrations,
  migrate,
  PostgresInboxStore,
  PostgresOnceStore,
  query,
  transactionsOf,
  type Envelope,
  type KeyRing,
  type WithClient,
} from '../../apps/messaging/src/mod.ts';
import { testMetrics } from '../../apps/messaging/src/testing/test-metrics.ts';
import { createTestDatabase, type TestDatabase } from './order/database.ts';

jest.setTimeout(120_000);

const GROUP = 'asset-consumer';
const never = new AbortController().signal;

describe('the stores of consumers, on a real Postgres', () => {
  let database: TestDatabase;
  let pool: ReturnType<typeof createPool>;

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = database.pool({ maxConnections: 16 });
    await migrate(pool, messagingMigrations);
    await query(pool, 'CREATE TABLE applied (id text)');
  }, 180_000);
  afterAll(() => database.drop());
  beforeEach(async () => {
    await query(pool, 'TRUNCATE applied, messaging.handled, messaging.inbox, messaging.inbox_position');
  });

  const applied = async (): Promise<readonly string[]> =>
    (await query<{ id: string }>(pool, 'SELECT id FROM applied ORDER BY id')).map(({ id }) => id);

  it('quote no value that they are refused for', async () => {
    const refused = await query(pool, 'SELECT $1::text::numeric', ['Zq7-secret']).catch(describeError);
    expect(refused).toContain('22P02');
    expect(refused).not.toContain('Zq7');
  });

  describe('of messages without order', () => {
    const storeOf = (group: string) => new PostgresOnceStore(group, transactionsOf(pool));

    /** How many of the messages were new to the group. */
    async function handle(ids: readonly string[], group = GROUP, fail = false): Promise<number> {
      let count = 0;
      const apply = async (fresh: ReadonlySet<string>, { client }: WithClient): Promise<void> => {
        for (const id of fresh) await client.query('INSERT INTO applied VALUES ($1)', [id]);
        if (fail) throw new Error('refused');
        count = fresh.size;
      };
      await storeOf(group).transaction(ids, apply, never);
      return count;
    }

    it('applies a message once', async () => {
      expect(await handle(['a', 'b', 'a'])).toBe(2);
      expect(await handle(['b', 'c'])).toBe(1);
      expect(await applied()).toEqual(['a', 'b', 'c']);
    });

    it('remembers nothing of a transaction that failed', async () => {
      await expect(handle(['a', 'b'], GROUP, true)).rejects.toThrow('refused');
      expect(await applied()).toEqual([]);
      expect(await handle(['b'])).toBe(1);
    });

    it('keeps groups apart', async () => {
      await handle(['a']);
      expect(await handle(['a'], 'notify-consumer')).toBe(1);
    });

    it('lets batches that share messages, in any order, end without a deadlock', async () => {
      const ids = Array.from({ length: 32 }, () => randomUUID());
      const shuffled = () => ids.toSorted(() => Math.random() - 0.5);
      const counts = await Promise.all(Array.from({ length: 12 }, () => handle(shuffled())));
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(32);
      expect(await applied()).toEqual(ids.toSorted());
    });
  });

  describe('of an ordered, encrypted topic', () => {
    const key = { id: 'key-1', key: createSecretKey(randomBytes(32)) };
    const codecOf = (keys: KeyRing) =>
      encryptedEnvelopes({ keys, plaintext: 'Refuse', metrics: testMetrics() });
    const codec = codecOf({ current: () => key, find: () => key });
    const keyless = codecOf({ current: () => key, find: () => undefined });
    const inboxOf = (each: typeof codec) =>
      new Inbox(new PostgresInboxStore(pool, GROUP, each), async ({ header }: Envelope, client) => {
        await client.query('INSERT INTO applied VALUES ($1)', [header.message_id]);
      });

    function message(sequence: number) {
      const header = {
        message_id: `m-${sequence}`,
        topic: 'asset-topic',
        tags: 'ASSET_CHANGE' as const,
        keys: 'asset_456_BTC',
        timestamp: 1,
        producer_group: 'asset-producer',
        consumer_group: '',
        retry_times: 0,
        trace_id: '',
        sequence,
      };
      const body = {
        user_id: '456',
        coin_id: '1',
        coin_name: 'BTC',
        business_type: 1 as const,
        amount: '778899.001',
        balance_before: '0',
        balance_after: '778899.001',
        fee: '0',
        change_time: 1,
      };
      const payload = codec.encode(header, body, '456');
      const decoded = codec.decode(payload, '456');
      if (decoded.kind === 'Unreadable') throw new Error(decoded.detail);
      const { envelope } = decoded;
      return {
        key: { topic: 'asset-topic', messageGroup: '456' },
        messageId: header.message_id,
        sequence,
        envelope,
        payload,
      };
    }

    it('keeps what is parked encrypted, and applies it when the gap closes', async () => {
      await inboxOf(codec).receive(message(2), never);
      const rows = await query<{ payload: Buffer }>(pool, 'SELECT payload FROM messaging.inbox');
      expect(rows[0]?.payload.toString()).not.toContain('778899');
      expect(await inboxOf(codec).receive(message(1), never)).toEqual({ kind: 'Applied', unparked: 1 });
      expect(await applied()).toEqual(['m-1', 'm-2']);
    });

    it('says why a parked message cannot be applied when its key is gone, and applies it once that is back', async () => {
      await inboxOf(codec).receive(message(2), never);
      expect(await inboxOf(keyless).receive(message(1), never)).toEqual({ kind: 'Applied', unparked: 0 });
      const [row] = await query(
        pool,
        `SELECT state, last_error FROM messaging.inbox WHERE message_id = 'm-2'`,
      );
      expect(row).toEqual({ state: 'Parked', last_error: expect.stringContaining('UnknownKey') });
      expect(await inboxOf(codec).receive(message(1), never)).toEqual({ kind: 'Duplicate', unparked: 1 });
      expect(await applied()).toEqual(['m-1', 'm-2']);
    });
  });
});
