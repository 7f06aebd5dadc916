import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { inTransaction, query } from '../../apps/messaging/src/mod.ts';
import type { CreateOutcome } from '../../apps/order/src/create-order.ts';
import type { OrderRequest } from '../../apps/order/src/order-request.ts';
import { pick, seededRandom } from '../e2e/harness/random.ts';
import { brokenLaws } from '../exchange/laws.ts';
import { again, TestExchange } from './exchange/exchange.ts';
import { createTestDatabase, type TestDatabase } from './order/database.ts';
import { request } from './order/fixtures.ts';

jest.setTimeout(240_000);

const USERS = ['ann', 'bob', 'cid', 'dan', 'eve', 'fay'];
const ORDERS = 240;

describe('orders, matches and balances, on a real Postgres', () => {
  let database: TestDatabase;
  let exchange: TestExchange;
  const random = seededRandom(20_261_129);

  beforeAll(async () => {
    database = await createTestDatabase();
    exchange = await TestExchange.start(database, random);
    for (const user of USERS) {
      await exchange.deposit(user, 'USDT', '10000');
      await exchange.deposit(user, 'BTC', '50');
    }
    await exchange.settle();
  }, 180_000);
  afterAll(async () => {
    await exchange.stop();
    await database.drop();
  });

  const statusOf = async (outcome: CreateOutcome): Promise<string | undefined> => {
    if (outcome.kind !== 'Created') return outcome.kind;
    const rows = await query<{ stands: string }>(
      exchange.admin,
      `SELECT concat_ws(' ', status, close_reason, executed_amount) AS stands FROM orders.orders WHERE order_id = $1`,
      [outcome.order.order_id],
    );
    return rows[0]?.stands;
  };
  const place = (id: string, changes: Partial<OrderRequest>): Promise<CreateOutcome> =>
    again(() => exchange.orders.create(request(id, { price: '100', amount: '1', ...changes }), 'trace'));

  const balance = async (user: string, coin: string): Promise<string | undefined> => {
    const rows = await query<{ has: string }>(
      exchange.admin,
      `SELECT trim_scale(available) || ' ' || trim_scale(frozen) AS has FROM asset.account
       WHERE user_id = $1 AND coin_name = $2`,
      [user, coin],
    );
    return rows[0]?.has;
  };

  it('refuses what a user has not, and what is not traded, and leaves nothing of it', async () => {
    const outcomes = [
      await place('poor', { user_id: 'nobody' }),
      await place('greedy', { user_id: 'ann', amount: '101' }),
      await place('strange', { user_id: 'ann', symbol: 'BTCEUR' }),
    ];
    expect(outcomes).toEqual([
      { kind: 'Refused', reason: 'Insufficient' },
      { kind: 'Refused', reason: 'Insufficient' },
      { kind: 'Refused', reason: 'UnknownSymbol' },
    ]);
    expect(
      await query(exchange.admin, `SELECT * FROM messaging.message_sequence WHERE topic = 'order-topic'`),
    ).toEqual([]);
  });

  it('freezes, matches, settles and tells: two orders that meet', async () => {
    const sell = await place('s', { user_id: 'ann', direction: 'SELL', price: '90', amount: '3' });
    const buy = await place('b', { user_id: 'bob', price: '100', amount: '2' });
    expect([await balance('ann', 'BTC'), await balance('bob', 'USDT')]).toEqual(['47 3', '9800 200']);
    await exchange.settle();
    expect([await statusOf(sell), await statusOf(buy)]).toEqual(['PARTIALLY_FILLED 2', 'FILLED 2']);
    // The maker pays 0.001 of the 180 that he receives, the taker 0.002 of the 2.
    expect([await balance('ann', 'BTC'), await balance('ann', 'USDT')]).toEqual(['47 1', '10179.82 0']);
    expect([await balance('bob', 'BTC'), await balance('bob', 'USDT')]).toEqual(['51.996 0', '9820 0']);
    expect(await exchange.broken('AtRest')).toEqual([]);
  });

  it('ends what is cancelled, and leaves an order alone that has ended', async () => {
    const [open] = await query<{ order_id: string }>(
      exchange.admin,
      `SELECT order_id FROM orders.orders WHERE client_order_id = 's'`,
    );
    const id = open?.order_id ?? '';
    expect(await exchange.cancel(id)).toMatchObject({ kind: 'Asked' });
    expect(await exchange.cancel(id)).toMatchObject({ kind: 'Asked' });
    await exchange.settle();
    expect(await balance('ann', 'BTC')).toBe('48 0');
    expect(await exchange.cancel(id)).toMatchObject({ kind: 'Closed', order: { status: 'CANCELLED' } });
    expect(await exchange.cancel('999')).toEqual({ kind: 'NotFound' });
    expect(await exchange.broken('AtRest')).toEqual([]);
  });

  it('gives back what a MARKET BUY did not spend', async () => {
    await place('m-ask', { user_id: 'ann', direction: 'SELL', price: '70', amount: '1' });
    await exchange.settle();
    const { price: _price, ...market } = request('m-buy', {
      user_id: 'cid',
      order_type: 'LIMIT',
      amount: '2',
    });
    const buy = await again(() => exchange.orders.create({ ...market, order_type: 'MARKET' }, 'trace'));
    expect(await balance('cid', 'USDT')).toBe('0 10000');
    await exchange.settle();
    expect(await statusOf(buy)).toBe('CANCELLED IMMEDIATE 1');
    expect(await balance('cid', 'USDT')).toBe('9930 0');
    expect(await exchange.broken('AtRest')).toEqual([]);
  });

  it('lets a service do nothing to the tables of another', async () => {
    const order = database.pool({ role: 'exchange_order' });
    const denied = { code: 'Rejected', message: expect.stringContaining('permission denied') };
    for (const statement of [
      'SELECT * FROM asset.account',
      'UPDATE asset.account SET available = 1000000',
      `INSERT INTO asset.deposit VALUES ('x', 'ann', 'BTC', 1)`,
      'SELECT * FROM trade.match',
      'CREATE TABLE asset.mine ()',
    ])
      await expect(query(order, statement)).rejects.toMatchObject(denied);
    const asset = database.pool({ role: 'exchange_asset' });
    await expect(query(asset, `UPDATE orders.orders SET status = 'FILLED'`)).rejects.toMatchObject(denied);
    await expect(query(asset, 'DELETE FROM asset.flow')).rejects.toMatchObject(denied);
    const trade = database.pool({ role: 'exchange_trade' });
    const freeze = `SELECT asset.freeze_for_order(1, 'x', 'ann', 'BTCUSDT', 'SELL', 1, 1)`;
    await expect(query(trade, freeze)).rejects.toMatchObject(denied);
  });

  it('keeps every law while orders of all kinds meet and matchers are killed', async () => {
    const created: string[] = [];
    const oneOrder = async (index: number): Promise<void> => {
      const isMarket = random() < 0.1;
      const common = {
        user_id: pick(random, USERS),
        direction: pick(random, ['BUY', 'SELL'] as const),
        amount: pick(random, ['0.1', '0.25', '0.33333333', '1', '2']),
        time_in_force: pick(random, ['GTC', 'GTC', 'GTC', 'IOC', 'FOK'] as const),
      };
      const limit = request(`r-${String(index)}`, {
        ...common,
        price: pick(random, ['98', '99.5', '100', '100.00000001', '102']),
      });
      const { price: _price, ...market } = limit;
      const outcome = await again(() =>
        exchange.orders.create(isMarket ? { ...market, order_type: 'MARKET' } : limit, 'trace'),
      );
      if (outcome.kind === 'Created') created.push(outcome.order.order_id);
      if (random() < 0.15 && created.length > 0) await exchange.cancel(pick(random, created));
    };
    for (let round = 0; round < ORDERS / 24; round += 1) {
      const orders = Array.from({ length: 24 }, (_none, index) => oneOrder(round * 24 + index));
      await Promise.all([...orders, exchange.work()]);
      if (round % 3 === 1) await exchange.killMatchers();
      await exchange.work();
      expect(await exchange.broken('Always')).toEqual([]);
    }
    await exchange.settle();
    expect(await exchange.broken('AtRest')).toEqual([]);
    const [made] = await query<{ matches: string; ended: string; open: string }>(
      exchange.admin,
      `SELECT (SELECT count(*) FROM trade.match) AS matches, count(*) FILTER (WHERE closed_at IS NOT NULL) AS ended,
         count(*) FILTER (WHERE closed_at IS NULL) AS open FROM orders.orders`,
    );
    expect(Number(made?.matches)).toBeGreaterThan(30);
    expect([Number(made?.ended), Number(made?.open)].every((count) => count > 10)).toBe(true);
    expect(Object.values(exchange.bus.done).every((count) => count > 0)).toBe(true);
  });

  it('ends what is still open when its time has come, and nothing stays frozen', async () => {
    exchange.bus.ringTimers();
    await exchange.settle();
    expect(await exchange.broken('AtRest')).toEqual([]);
    expect(await query(exchange.admin, 'SELECT 1 FROM orders.orders WHERE closed_at IS NULL')).toEqual([]);
    expect(await query(exchange.admin, 'SELECT 1 FROM asset.account WHERE frozen <> 0')).toEqual([]);
    const [timedOut] = await query<{ count: string }>(
      exchange.admin,
      `SELECT count(*) FROM orders.orders WHERE close_reason = 'TIMEOUT'`,
    );
    expect(Number(timedOut?.count)).toBeGreaterThan(10);
  });

  it.each<[string, string]>([
    ['UPDATE asset.account SET available = available + 1', 'no coin is made or lost'],
    ['UPDATE asset.account SET available = available + 1', 'an account has what its last flow says'],
    [
      'UPDATE asset.account SET available = available - 1, frozen = frozen + 1 WHERE available > 1',
      'what is frozen is',
    ],
    [`DELETE FROM asset.flow WHERE flow_id = (SELECT min(flow_id) FROM asset.flow)`, 'a flow begins where'],
    [
      'DELETE FROM asset.flow WHERE match_id = (SELECT max(match_id) FROM asset.flow)',
      'a match has four flows',
    ],
    ['DELETE FROM asset.order_freeze', 'every order has a freeze'],
    [
      'DELETE FROM orders.fill WHERE match_id = (SELECT min(match_id) FROM orders.fill)',
      'a match has one fill',
    ],
    ['UPDATE orders.fill SET fee = fee + 1', 'a match has one fill'],
    ['UPDATE trade.match SET maker_order_id = taker_order_id', 'a match is within the prices'],
    [
      'UPDATE trade.orders SET executed_value = executed_value + 1',
      'an order has executed what its matches say',
    ],
    [
      `UPDATE trade.orders SET status = 'OPEN', reason = NULL, closed_at = NULL WHERE price IS NOT NULL`,
      'no book is crossed',
    ],
    [
      `UPDATE orders.orders SET close_reason = 'USER' WHERE close_reason = 'TIMEOUT'`,
      'order and matching engine agree',
    ],
    [
      `UPDATE orders.orders SET status = 'ACCEPTED', close_reason = NULL, closed_at = NULL WHERE cancel_reason IS NOT NULL`,
      'an order that was asked to end',
    ],
    [
      `UPDATE orders.orders SET executed_amount = amount WHERE status = 'CANCELLED'`,
      'a filled order has executed all',
    ],
    ['UPDATE asset.order_freeze SET remaining = remaining + 1', 'an order that ended has nothing set aside'],
    ['DELETE FROM orders.order_events WHERE sequence = 3', 'each message of a user was applied'],
    ['UPDATE asset.told_balance SET balance = balance + 1', 'the messages about balances end'],
    [`INSERT INTO messaging.inbox VALUES ('g', 'm', 't', 'u', 1, 'Parked', '')`, 'nothing waits'],
  ])('would see it: %s', async (corruption, law) => {
    const seen: string[] = [];
    const rolledBack = new Error('rolled back');
    const work = inTransaction(exchange.admin, async (client) => {
      await client.query(corruption);
      const { rows } = await client.query<{ law: string }>(brokenLaws('AtRest'));
      seen.push(...rows.map((row) => row.law));
      throw rolledBack;
    });
    await expect(work).rejects.toBe(rolledBack);
    expect(seen).toEqual(expect.arrayContaining([expect.stringContaining(law)]));
  });
});
