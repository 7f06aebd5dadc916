import { describe, expect, it } from '@jest/globals';
import { orderRequest, sameContent } from './order-request.ts';

const limit = {
  client_order_id: 'c-1',
  user_id: '456',
  symbol: 'BTCUSDT',
  order_type: 'LIMIT',
  direction: 'BUY',
  price: '50000.00',
  amount: '0.001',
};

describe('order request', () => {
  it('takes a limit order, and a market order without a price', () => {
    expect(orderRequest.parse(limit)).toEqual({ ...limit, time_in_force: 'GTC', source: 'API' });
    const { price: _price, ...market } = limit;
    expect(orderRequest.safeParse({ ...market, order_type: 'MARKET' }).success).toBe(true);
  });

  it.each<[string, object, string]>([
    ['a limit order without a price', { price: undefined }, 'price'],
    ['a market order with a price', { order_type: 'MARKET' }, 'price'],
    ['a number for money', { amount: 0.001 }, 'amount'],
    ['nothing', { amount: '0.000' }, 'amount'],
    ['a negative amount', { amount: '-1' }, 'amount'],
    ['an exponent', { amount: '1e3' }, 'amount'],
    ['no number at all', { amount: 'much' }, 'amount'],
    ['more digits than any price has', { amount: `0.${'1'.repeat(19)}` }, 'amount'],
    ['more decimals than are traded', { amount: '0.000000001' }, 'amount'],
    ['more than is traded', { price: '10000000000' }, 'price'],
    ['a leading zero', { amount: '00.1' }, 'amount'],
    ['a user id that would need escaping', { user_id: 'a b' }, 'user_id'],
    ['an empty client order id', { client_order_id: '' }, 'client_order_id'],
    ['an unknown direction', { direction: 'HOLD' }, 'direction'],
    ['a misspelt field', { pricee: '1' }, ''],
  ])('refuses %s', (_what, change, field) => {
    const parsed = orderRequest.safeParse({ ...limit, ...change });
    expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toEqual([field]);
  });

  it('compares amounts as decimals, and everything else as it is', () => {
    const order = orderRequest.parse(limit);
    expect(sameContent(order, { ...order, price: '50000', amount: '0.00100' })).toBe(true);
    expect(sameContent(order, { ...order, amount: '0.002' })).toBe(false);
    expect(sameContent(order, { ...order, direction: 'SELL' })).toBe(false);
    const { price: _price, ...market } = order;
    expect(sameContent(order, market)).toBe(false);
  });
});
