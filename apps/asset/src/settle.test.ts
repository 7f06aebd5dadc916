import { describe, expect, it } from '@jest/globals';
import type { MatchResultBody, OrderClosedBody } from '@gantry/messaging';
import { Decimal, roundDown, ZERO } from '@gantry/service';
import fc from 'fast-check';
import { releaseRest, settleMatch, type OrderFreeze, type Settlement } from './settle.ts';

const decimal = (text: string): Decimal => new Decimal(text);

function freeze(
  direction: 'BUY' | 'SELL',
  changes: { readonly price?: string; readonly setAside?: string } = {},
): OrderFreeze {
  const setAside = decimal(changes.setAside ?? '100');
  return {
    orderId: direction === 'BUY' ? '1' : '2',
    orderNo: direction === 'BUY' ? 'ORD20240101001' : 'ORD20240101002',
    userId: direction === 'BUY' ? 'buyer' : 'seller',
    direction,
    price: changes.price === undefined ? undefined : decimal(changes.price),
    baseCoin: 'BTC',
    quoteCoin: 'USDT',
    setAside,
    remaining: setAside,
    closed: false,
  };
}

const match = (changes: Partial<MatchResultBody> = {}): MatchResultBody => ({
  match_id: '7',
  symbol: 'BTCUSDT',
  maker_order_id: '2',
  taker_order_id: '1',
  maker_user_id: 'seller',
  taker_user_id: 'buyer',
  taker_direction: 'BUY',
  price: '40',
  amount: '2',
  value: '80',
  maker_fee: '0.08',
  taker_fee: '0.002',
  match_time: 1,
  ...changes,
});

const closed = (changes: Partial<OrderClosedBody> = {}): OrderClosedBody => ({
  order_id: '1',
  user_id: 'buyer',
  symbol: 'BTCUSDT',
  status: 'CANCELLED',
  reason: 'USER',
  executed_amount: '2',
  executed_value: '80',
  closed_time: 1,
  ...changes,
});

const told = ({ movements, uses }: Settlement): readonly string[] => [
  ...movements.map(
    ({ userId, coin, available, frozen, flow }) =>
      `${userId} ${coin} ${available.toFixed()} ${frozen.toFixed()}${flow ? ` fee ${flow.fee.toFixed()}` : ''}`,
  ),
  ...uses.map(({ orderId, amount }) => `${orderId} uses ${amount.toFixed()}`),
];

describe('a match', () => {
  it('gives the buyer back what he had set aside above the price', () => {
    expect(told(settleMatch(match(), freeze('SELL'), freeze('BUY', { price: '50' })))).toEqual([
      'buyer USDT 20 -100 fee 0',
      'buyer BTC 1.998 0 fee 0.002',
      'seller BTC 0 -2 fee 0',
      'seller USDT 79.92 0 fee 0.08',
      '1 uses 100',
      '2 uses 2',
    ]);
  });

  it('uses the value itself of a MARKET BUY', () => {
    expect(told(settleMatch(match(), freeze('SELL'), freeze('BUY')))).toEqual(
      expect.arrayContaining(['buyer USDT 0 -80 fee 0', '1 uses 80']),
    );
  });

  it('takes the fee from who receives, whoever was there first', () => {
    const other = match({
      maker_order_id: '1',
      taker_order_id: '2',
      maker_user_id: 'buyer',
      taker_user_id: 'seller',
      taker_direction: 'SELL',
      maker_fee: '0.002',
      taker_fee: '0.08',
    });
    expect(told(settleMatch(other, freeze('BUY', { price: '40' }), freeze('SELL')))).toEqual(
      expect.arrayContaining(['buyer BTC 1.998 0 fee 0.002', 'seller USDT 79.92 0 fee 0.08']),
    );
  });

  it.each<[string, Partial<MatchResultBody>]>([
    ['another order', { taker_order_id: '9' }],
    ['another user', { maker_user_id: 'nobody' }],
    ['the other direction', { taker_direction: 'SELL' }],
  ])('is refused when it names %s', (_what, change) => {
    expect(() => settleMatch(match(change), freeze('SELL'), freeze('BUY'))).toThrow('other orders');
  });
});

describe('the end of an order', () => {
  it.each<[string, OrderFreeze, Partial<OrderClosedBody>, readonly string[]]>([
    [
      'a BUY, by its price',
      freeze('BUY', { price: '45', setAside: '135' }),
      {},
      ['buyer USDT 45 -45', '1 uses 45'],
    ],
    ['a MARKET BUY, by the value', freeze('BUY'), {}, ['buyer USDT 20 -20', '1 uses 20']],
    ['a SELL, by its amount', freeze('SELL', { setAside: '3' }), {}, ['seller BTC 1 -1', '2 uses 1']],
    ['nothing when all was executed', freeze('SELL', { setAside: '2' }), { status: 'FILLED' }, []],
  ])('gives back: %s', (_what, of, change, expected) => {
    expect(told(releaseRest(closed(change), of))).toEqual(expected);
  });

  it('is refused a second time, and when more was executed than set aside', () => {
    expect(() => releaseRest(closed(), { ...freeze('BUY'), closed: true })).toThrow('ended before');
    expect(() => releaseRest(closed({ executed_value: '101' }), freeze('BUY'))).toThrow('more than');
  });
});

const amounts = fc.integer({ min: 1, max: 10 ** 9 }).map((units) => decimal(`${units}e-8`));
const prices = fc.integer({ min: 1, max: 10 ** 9 }).map((units) => decimal(`${units}e-4`));

describe('any matches of two orders', () => {
  it('move coins without making or losing any, and leave nothing set aside after the ends', () => {
    fc.assert(
      fc.property(
        fc.array(amounts, { minLength: 1, maxLength: 5 }),
        prices,
        prices,
        amounts,
        fc.constantFrom('LIMIT', 'MARKET'),
        (fills, ask, improvement, unfilled, type) => {
          const limit = ask.plus(improvement);
          const executed = fills.reduce((sum, each) => sum.plus(each), ZERO);
          const wanted = executed.plus(unfilled);
          const buy = freeze('BUY', {
            ...(type === 'LIMIT' ? { price: limit.toFixed() } : {}),
            setAside: limit.times(wanted).toFixed(),
          });
          const sell = freeze('SELL', { price: ask.toFixed(), setAside: wanted.toFixed() });
          const end = { executed_amount: executed.toFixed(), executed_value: executed.times(ask).toFixed() };
          const all = [
            ...fills.map((amount) => {
              const value = amount.times(ask);
              const fees = {
                maker_fee: roundDown(value.times('0.001')).toFixed(),
                taker_fee: roundDown(amount.times('0.001')).toFixed(),
              };
              const sizes = { price: ask.toFixed(), amount: amount.toFixed(), value: value.toFixed() };
              return settleMatch(match({ ...sizes, ...fees }), sell, buy);
            }),
            releaseRest(closed(end), buy),
            releaseRest(closed(end), sell),
          ];
          const movements = all.flatMap((each) => each.movements);
          const sum = (coin: string, pick: (movement: (typeof movements)[number]) => Decimal): string =>
            movements
              .filter((movement) => movement.coin === coin)
              .reduce((total, movement) => total.plus(pick(movement)), ZERO)
              .toFixed();
          for (const coin of ['BTC', 'USDT']) {
            const kept = ({ available, frozen, flow }: (typeof movements)[number]): Decimal =>
              available.plus(frozen).plus(flow?.fee ?? ZERO);
            expect(sum(coin, kept)).toBe('0');
          }
          expect(sum('USDT', ({ frozen }) => frozen)).toBe(ZERO.minus(buy.setAside).toFixed());
          expect(sum('BTC', ({ frozen }) => frozen)).toBe(ZERO.minus(sell.setAside).toFixed());
        },
      ),
    );
  });
});
