import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  checkTransaction,
  createPool,
  DatabaseError,
  inTransaction,
  logCommitted,
  MessagingError,
  migrate,
  query,
} from '../../apps/messaging/src/mod.ts';
import type { OrderCreator } from '../../apps/order/src/create-order.ts';
import { resendOverdue } from '../../apps/service/src/mod.ts';
import { createTestDatabase, type TestDatabase } from './order/database.ts';
import {
  creatorOn,
  FakeSender,
  migrations,
  orderOf,
  request,
  silentLog,
  startAgain,
  TOPIC,
} from './order/fixtures.ts';

jest.setTimeout(120_000);

const clock = { now: () => Date.now(), after: () => () => undefined, sleep: () => Promise.resolve() };

describe('orders and their messages, on a real Postgres', () => {
  let database: TestDatabase;
  let pool: ReturnType<typeof createPool>;
  let sender: FakeSender;
  let creator: OrderCreator;

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = database.pool();
  }, 180_000);
  afterAll(() => database.drop());

  beforeEach(async () => {
    await migrate(pool, migrations);
    await startAgain(pool);
    sender = new FakeSender();
    creator = creatorOn(pool, sender, clock);
  });

  const sequences = async (userId = 'user-1') =>
    (
      await query<{ sequence: string }>(
        pool,
        'SELECT sequence FROM orders.orders WHERE user_id = $1 ORDER BY sequence',
        [userId],
      )
    ).map((row) => Number(row.sequence));

  it('migrates once, however many replicas start together', async () => {
    const other = await createTestDatabase();
    try {
      const runs = await Promise.all([1, 2, 3].map(() => migrate(other.pool(), migrations)));
      expect(runs.map((applied) => applied.length).toSorted((a, b) => a - b)).toEqual([
        0,
        0,
        migrations.length,
      ]);
    } finally {
      await other.drop();
    }
  });

  it('writes an order, its place in the sequence and its log entry, and commits its message', async () => {
    const outcome = await creator.create(request('c-1'), 'trace');
    expect(outcome).toMatchObject({
      kind: 'Created',
      order: { sequence: 1, status: 'PENDING', price: '50000.00', amount: '0.001' },
    });
    expect(sender.sent[0]).toMatchObject({
      tag: 'ORDER_CREATE',
      messageGroup: 'user-1',
      sequence: 1,
      traceId: 'trace',
    });
    const { message_id: messageId } = orderOf(outcome);
    expect(sender.committed).toEqual([messageId]);
    expect(await checkTransaction(pool, { messageId, ageMs: 0 }, 10_000)).toBe('Commit');
  });

  it('returns the same order to a retry, and refuses other content under the same id', async () => {
    const first = await creator.create(request('c-1'), 'trace');
    expect(await creator.create(request('c-1', { amount: '0.0010' }), 'trace')).toMatchObject({
      kind: 'Existing',
      order: orderOf(first),
    });
    expect((await creator.create(request('c-1', { amount: '7' }), 'trace')).kind).toBe('Conflict');
    expect(sender.sent).toHaveLength(1);
  });

  it('makes one order of concurrent retries at several replicas, without a hole in the sequence', async () => {
    const replicas = [1, 2, 3].map(() => creatorOn(database.pool(), sender, clock));
    const outcomes = await Promise.all(
      replicas.flatMap((replica) =>
        ['a', 'b', 'c', 'a', 'b', 'c'].map((id) => replica.create(request(id), 'trace')),
      ),
    );
    expect(outcomes.filter(({ kind }) => kind === 'Created')).toHaveLength(3);
    expect(await sequences()).toEqual([1, 2, 3]);
    expect(sender.committed).toHaveLength(3);
  });

  it('leaves nothing when the message cannot be sent, and gives its place to the next order', async () => {
    sender.onSend = () => Promise.reject(new MessagingError('SendFailed', 'no master', { retryable: true }));
    await expect(creator.create(request('c-1'), 'trace')).rejects.toMatchObject({ retryable: true });
    expect(await sequences()).toEqual([]);
    // The half message may have arrived all the same: its check finds no transaction, and none can follow.
    const orphan = sender.sent[0]?.messageId ?? '';
    expect(await checkTransaction(pool, { messageId: orphan, ageMs: 5_000 }, 10_000)).toBe('Unknown');
    expect(await checkTransaction(pool, { messageId: orphan, ageMs: 15_000 }, 10_000)).toBe('Rollback');
    sender.onSend = () => Promise.resolve();
    expect(await creator.create(request('c-1'), 'trace')).toMatchObject({
      kind: 'Created',
      order: { sequence: 1 },
    });
  });

  it('leaves the message to the check when the connection dies before the commit', async () => {
    sender.onSend = async () => {
      await query(
        pool,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'`,
      );
    };
    await expect(creator.create(request('c-1'), 'trace')).rejects.toMatchObject({ retryable: true });
    expect([sender.committed, await sequences()]).toEqual([[], []]);
    const orphan = sender.sent[0]?.messageId ?? '';
    expect(await checkTransaction(pool, { messageId: orphan, ageMs: 15_000 }, 10_000)).toBe('Rollback');
  });

  it('does not let a transaction commit after a check has rolled its message back', async () => {
    expect(await checkTransaction(pool, { messageId: 'late', ageMs: undefined }, 10_000)).toBe('Rollback');
    const late = inTransaction(pool, (client) => logCommitted(client, 'late'));
    await expect(late).rejects.toMatchObject({ code: 'TransactionRolledBack', retryable: true });
  });

  it.each<['Commit' | 'Rollback', boolean]>([
    ['Commit', true],
    ['Rollback', false],
  ])('waits for a transaction that runs, and answers %s', async (answer, commits) => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: logged, resolve: log } = Promise.withResolvers<void>();
    const running = inTransaction(pool, async (client) => {
      await logCommitted(client, 'running');
      log();
      await released;
      if (!commits) throw new Error('changed its mind');
    }).catch(() => undefined);
    await logged;
    const check = checkTransaction(pool, { messageId: 'running', ageMs: 60_000 }, 10_000);
    expect(await Promise.race([check, new Promise((done) => setTimeout(() => done('waits'), 200))])).toBe(
      'waits',
    );
    release();
    await running;
    expect(await check).toBe(answer);
  });

  it('does not guess when a running transaction outlasts the check', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: logged, resolve: log } = Promise.withResolvers<void>();
    const running = inTransaction(pool, async (client) => {
      await logCommitted(client, 'slow');
      log();
      await released;
    });
    await logged;
    const check = checkTransaction(
      database.pool({ statementTimeoutMs: 300 }),
      { messageId: 'slow', ageMs: 60_000 },
      10_000,
    );
    await expect(check).rejects.toMatchObject({ code: 'Unavailable' });
    release();
    await running;
  });

  const GROUP = 'order-consumer';
  const resending = () => ({
    pool,
    sender,
    topic: TOPIC,
    group: GROUP,
    afterMs: 60_000,
    clock,
    log: silentLog,
  });
  const later = (minutes: number) =>
    query(
      pool,
      `UPDATE messaging.sent SET sent_at = sent_at - $1 * interval '1 minute',
         resent_at = resent_at - $1 * interval '1 minute'`,
      [minutes],
    );

  it('sends an overdue message again, the same one, until its own group has passed it', async () => {
    const { message_id: messageId } = orderOf(await creator.create(request('c-1'), 'trace'));
    expect(await resendOverdue(resending())).toBe(0);
    await later(1.1);
    expect(await resendOverdue(resending())).toBe(1);
    expect(sender.sent[1]).toEqual(sender.sent[0]);
    expect(sender.committed).toEqual([messageId, messageId]);
    await query(pool, `INSERT INTO messaging.inbox_position VALUES ($1, $2, 'user-1', 1)`, [GROUP, TOPIC]);
    await later(100);
    expect(await resendOverdue(resending())).toBe(0);
    expect(await query(pool, 'SELECT 1 FROM messaging.sent')).toEqual([]);
  });

  it('sends the messages of others when one cannot be sent, and waits longer after each time', async () => {
    const users = ['user-1', 'user-2'];
    for (const user of users) await creator.create(request(`c-${user}`, { user_id: user }), 'trace');
    await later(1.1);
    const refused = new MessagingError('SendFailed', 'no master', { retryable: true });
    sender.onSend = () =>
      sender.sent.at(-1)?.messageGroup === 'user-1' ? Promise.reject(refused) : Promise.resolve();
    expect(await resendOverdue(resending())).toBe(1);
    expect(await resendOverdue(resending())).toBe(0);
    await later(1.1);
    sender.onSend = () => Promise.resolve();
    sender.sent.length = 0;
    expect(await resendOverdue(resending())).toBe(1);
    expect(sender.sent.map(({ messageGroup }) => messageGroup)).toEqual(['user-1']);
    await later(2.2);
    expect(await resendOverdue(resending())).toBe(2);
  });

  it('sends only the first of a user, which the others wait for', async () => {
    await creator.create(request('c-1'), 'trace');
    await creator.create(request('c-2'), 'trace');
    await later(1.1);
    expect(await resendOverdue(resending())).toBe(1);
    expect(sender.sent.at(-1)).toMatchObject({ sequence: 1 });
  });

  it('says that a database is away, and that a refused statement is not worth a retry', async () => {
    const nowhere = createPool({
      host: '127.0.0.1',
      port: 1,
      database: 'x',
      user: 'x',
      password: 'x',
      applicationName: 'x',
      maxConnections: 1,
      connectTimeoutMs: 500,
      statementTimeoutMs: 500,
      lockTimeoutMs: 500,
      idleInTransactionTimeoutMs: 500,
      onIdleError: () => undefined,
    });
    await expect(query(nowhere, 'SELECT 1')).rejects.toMatchObject({ code: 'Unavailable', retryable: true });
    await nowhere.end();
    const refused = query(pool, 'SELECT * FROM nothing');
    await expect(refused).rejects.toBeInstanceOf(DatabaseError);
    await expect(refused).rejects.toMatchObject({ code: 'Rejected', retryable: false });
    await expect(query(pool, 'SELECT pg_sleep(9)')).rejects.toMatchObject({ code: 'Unavailable' });
  });
});
