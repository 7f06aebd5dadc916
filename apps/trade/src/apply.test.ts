import { describe, expect, it } from '@jest/globals';
import type { BodyOf } from '@gantry/messaging';
import { Decimal } from '@gantry/service';
import { applyCommands } from './apply.ts';
import type { Command } from './commands.ts';
import { Book } from './engine/mod.ts';
import { resultMessages } from './results.ts';

const rates = { maker: new Decimal('0.001'), taker: new Decimal('0.002') };

function create(id: string, position: number, changes: Partial<BodyOf<'ORDER_CREATE'>> = {}): Command {
  const body = {
    order_id: id,
    order_no: `ORD20240101${id.padStart(3, '0')}`,
    user_id: `user-${id}`,
    symbol: 'BTCUSDT',
    order_type: 'LIMIT',
    direction: 'BUY',
    price: '100',
    amount: '2',
    status: 'PENDING',
    time_in_force: 'GTC',
    source: 'API',
    ...changes,
  } as const;
  return { tag: 'ORDER_CREATE', position, traceId: `trace-${id}`, body };
}

function cancel(id: string, position: number): Command {
  const body = {
    order_id: id,
    order_no: `ORD20240101${id.padStart(3, '0')}`,
    user_id: `user-${id}`,
    symbol: 'BTCUSDT',
    reason: 'USER',
  } as const;
  return { tag: 'ORDER_CANCEL', position, traceId: 'trace-cancel', body };
}

const commands = [
  create('1', 1, { direction: 'SELL', price: '99.99' }),
  create('2', 2, { amount: '0.3333333' }),
  cancel('1', 3),
  cancel('1', 4),
];

describe('commands applied to a book', () => {
  it('leave how each order stands last, and its end once', () => {
    const { placed, trades, ended, states } = applyCommands(new Book([]), commands, rates);
    expect(placed.map(({ order, position }) => [order.orderId, position])).toEqual([
      ['1', 1],
      ['2', 2],
    ]);
    expect(trades).toHaveLength(1);
    expect(ended.map(({ closed, traceId }) => [closed.orderId, closed.reason, traceId])).toEqual([
      ['2', undefined, 'trace-2'],
      ['1', 'USER', 'trace-cancel'],
    ]);
    expect([...states].map(([id, { status }]) => [id, status])).toEqual([
      ['1', 'CLOSED'],
      ['2', 'CLOSED'],
    ]);
  });

  it('charge each side in what it receives, rounded down', () => {
    const [trade] = applyCommands(new Book([]), commands, rates).trades;
    // The maker receives 33.32999667, the taker 0.3333333.
    expect([trade?.makerFee.toFixed(), trade?.takerFee.toFixed()]).toEqual(['0.03332999', '0.00066666']);
  });

  it('are told: a trade to those who settle it and to everybody, and each end', () => {
    const batch = applyCommands(new Book([]), commands, rates);
    const now = Date.UTC(2024, 0, 1);
    const told = resultMessages({ symbol: 'BTCUSDT', batch, ids: ['7'], topic: 'trade-topic', now });
    expect(told.map(({ tag, keys, traceId }) => [tag, keys, traceId])).toEqual([
      ['MATCH_RESULT', 'match_7', 'trace-2'],
      ['TRADE_BATCH', 'trade_7', 'trace-2'],
      ['ORDER_CLOSED', 'order_2', 'trace-2'],
      ['ORDER_CLOSED', 'order_1', 'trace-cancel'],
    ]);
    expect(told[0]?.body).toMatchObject({ maker_order_id: '1', taker_order_id: '2', value: '33.329996667' });
    expect(told[1]?.body).toEqual({
      trade_id: '7',
      trade_no: 'TRD20240101007',
      symbol: 'BTCUSDT',
      direction: 'BUY',
      price: '99.99',
      amount: '0.3333333',
      trade_time: now,
    });
    expect(told[2]?.body).toMatchObject({ status: 'FILLED', executed_amount: '0.3333333' });
    expect(told[3]?.body).toMatchObject({
      status: 'CANCELLED',
      reason: 'USER',
      executed_amount: '0.3333333',
    });
  });
});
