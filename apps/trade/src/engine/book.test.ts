import { describe, expect, it } from '@jest/globals';
import { Decimal, ZERO } from '@gantry/service';
import fc from 'fast-check';
import { Book } from './book.ts';
import { NaiveBook } from './testing/naive.ts';
import type { NewOrder, Outcome } from './types.ts';

const order = (orderId: string, changes: Partial<Record<keyof NewOrder, string>> = {}): NewOrder => {
  const { userId = `user-${orderId}`, price = '100', amount = '1', budget } = changes;
  return {
    orderId,
    userId,
    direction: changes.direction === 'SELL' ? 'SELL' : 'BUY',
    price: price === 'MARKET' ? undefined : new Decimal(price),
    amount: new Decimal(amount),
    budget: budget === undefined ? undefined : new Decimal(budget),
    timeInForce: changes.timeInForce === 'IOC' || changes.timeInForce === 'FOK' ? changes.timeInForce : 'GTC',
  };
};
const sell = (orderId: string, changes: Partial<Record<keyof NewOrder, string>> = {}): NewOrder =>
  order(orderId, { ...changes, direction: 'SELL' });

const told = ({ fills, closed }: Outcome): readonly string[] => [
  ...fills.map(
    ({ makerOrderId, takerOrderId, price, amount }) =>
      `${makerOrderId}-${takerOrderId} ${amount.toFixed()} at ${price.toFixed()}`,
  ),
  ...closed.map(
    ({ orderId, reason = 'FILLED', executedAmount }) => `${orderId} ${reason} ${executedAmount.toFixed()}`,
  ),
];

/** Places all but the last without looking, and tells what the last does. */
function last(...orders: readonly NewOrder[]): readonly string[] {
  const book = new Book([]);
  return told(orders.map((each) => book.place(each)).at(-1) ?? { fills: [], closed: [], resting: [] });
}

describe('a book', () => {
  it.each<[string, readonly NewOrder[], readonly string[]]>([
    ['lets an order rest that meets none', [order('a')], []],
    [
      'trades at the price that was there',
      [sell('a', { price: '99' }), order('b')],
      ['a-b 1 at 99', 'a FILLED 1', 'b FILLED 1'],
    ],
    ['lets orders pass that ask for more', [sell('a', { price: '101' }), order('b')], []],
    [
      'takes the best price first, then who came first',
      [sell('a'), sell('b', { price: '99' }), sell('c', { price: '99' }), order('d', { amount: '2.5' })],
      ['b-d 1 at 99', 'c-d 1 at 99', 'a-d 0.5 at 100', 'b FILLED 1', 'c FILLED 1', 'd FILLED 2.5'],
    ],
    [
      'keeps the place of an order that is partly filled',
      [sell('a', { amount: '2' }), sell('b'), order('c'), order('d')],
      ['a-d 1 at 100', 'a FILLED 2', 'd FILLED 1'],
    ],
    [
      'ends what an IOC order cannot take at once',
      [sell('a'), order('b', { amount: '3', timeInForce: 'IOC' })],
      ['a-b 1 at 100', 'a FILLED 1', 'b IMMEDIATE 1'],
    ],
    [
      'gives a FOK order nothing when there is not all',
      [sell('a'), order('b', { amount: '3', timeInForce: 'FOK' })],
      ['b IMMEDIATE 0'],
    ],
    [
      'fills a FOK order whole',
      [sell('a'), sell('b'), order('c', { amount: '2', timeInForce: 'FOK' })],
      ['a-c 1 at 100', 'b-c 1 at 100', 'a FILLED 1', 'b FILLED 1', 'c FILLED 2'],
    ],
    [
      'takes any price for a MARKET order, and lets none rest',
      [order('a', { price: '1' }), sell('b', { price: 'MARKET', amount: '2' })],
      ['a-b 1 at 1', 'a FILLED 1', 'b IMMEDIATE 1'],
    ],
    [
      'spends no more than the budget of a MARKET order',
      [
        sell('a', { price: '3', amount: '0.1' }),
        sell('b', { price: '7' }),
        order('c', { price: 'MARKET', budget: '1' }),
      ],
      ['a-c 0.1 at 3', 'b-c 0.1 at 7', 'a FILLED 0.1', 'c IMMEDIATE 0.2'],
    ],
    [
      'rounds down what a budget pays for',
      [sell('a', { price: '3' }), order('b', { price: 'MARKET', budget: '1' })],
      ['a-b 0.33333333 at 3', 'b IMMEDIATE 0.33333333'],
    ],
    [
      'ends for want of budget, whoever is next',
      [
        sell('a', { price: '3', amount: '2' }),
        sell('own', { price: '3', userId: 'same' }),
        order('b', { price: 'MARKET', budget: '1', userId: 'same' }),
      ],
      ['a-b 0.33333333 at 3', 'b IMMEDIATE 0.33333333'],
    ],
    [
      'stops an order at the first of its own user',
      [sell('a'), sell('b', { userId: 'same' }), sell('c'), order('d', { userId: 'same', amount: '3' })],
      ['a-d 1 at 100', 'a FILLED 1', 'd SELF_TRADE 1'],
    ],
    [
      'gives a FOK order nothing that an order of its own user stops',
      [
        sell('a'),
        sell('b', { userId: 'same' }),
        order('c', { userId: 'same', amount: '2', timeInForce: 'FOK' }),
      ],
      ['c SELF_TRADE 0'],
    ],
  ])('%s', (_what, orders, expected) => {
    expect(last(...orders)).toEqual(expected);
  });

  it('ends an order that is cancelled with what it had executed, and knows no other', () => {
    const book = new Book([]);
    book.place(sell('a', { amount: '2' }));
    book.place(order('b'));
    expect(told(book.cancel('a', 'USER'))).toEqual(['a USER 1']);
    expect(told(book.cancel('a', 'USER'))).toEqual([]);
    expect(told(book.cancel('b', 'TIMEOUT'))).toEqual([]);
    expect(book.open).toEqual([]);
  });
});

type Command = { readonly place: NewOrder } | { readonly cancel: string };

/** Few prices, users and sizes, so that orders meet. Ids come from the place in the list. */
const commands: fc.Arbitrary<readonly Command[]> = fc
  .array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          user: fc.integer({ min: 1, max: 4 }),
          buys: fc.boolean(),
          // 10^-8 at the least; thirds and sevenths, so that a budget does not come out even.
          price: fc.option(fc.constantFrom('3', '7', '99.99999999', '100', '100.00000001'), { freq: 6 }),
          amount: fc.constantFrom('0.00000001', '0.3', '1', '2.5', '10'),
          budget: fc.constantFrom('0.00000001', '1', '50', '1000'),
          timeInForce: fc.constantFrom('GTC', 'GTC', 'GTC', 'IOC', 'FOK'),
        }),
      },
      { weight: 1, arbitrary: fc.nat({ max: 60 }) },
    ),
    { maxLength: 60 },
  )
  .map((drawn) =>
    drawn.map((one, index): Command => {
      if (typeof one === 'number') return { cancel: String(one) };
      const { user, buys, price, amount, budget, timeInForce } = one;
      const changes = { userId: String(user), price: price ?? 'MARKET', amount, timeInForce };
      const bounded = price === null && buys ? { ...changes, budget } : changes;
      return { place: buys ? order(String(index), bounded) : sell(String(index), bounded) };
    }),
  );

const apply = (book: Book, command: Command): Outcome =>
  'place' in command ? book.place(command.place) : book.cancel(command.cancel, 'USER');

/** As the naive book tells it, in integers of 10^-8; trades, then ends by order. */
const units = (value: Decimal): string => value.times('100000000').toFixed(0);
const inUnits = ({ fills, closed }: Outcome): readonly string[] =>
  [
    ...fills.map((f) => `fill ${f.makerOrderId} ${f.takerOrderId} ${units(f.price)} ${units(f.amount)}`),
    ...closed.map((c) => `closed ${c.orderId} ${c.reason ?? 'FILLED'} ${units(c.executedAmount)}`),
  ].toSorted();

const best = (book: Book, direction: 'BUY' | 'SELL'): Decimal | undefined =>
  book.open
    .filter((one) => one.direction === direction)
    .map(({ price }) => price)
    .toSorted((a, b) => (direction === 'BUY' ? b.cmp(a) : a.cmp(b)))[0];

describe('any book', () => {
  it('does what the rules say, read in the most obvious way', () => {
    fc.assert(
      fc.property(commands, (all) => {
        const [book, naive] = [new Book([]), new NaiveBook()];
        for (const command of all) {
          const expected =
            'place' in command ? naive.place(command.place) : naive.cancel(command.cancel, 'USER');
          expect(inUnits(apply(book, command))).toEqual(expected.toSorted());
        }
      }),
    );
  });

  it('executes no more than was ordered, on both sides the same, and ends each order once', () => {
    fc.assert(
      fc.property(commands, (all) => {
        const book = new Book([]);
        const outcomes = all.map((command) => apply(book, command));
        const fills = outcomes.flatMap((outcome) => outcome.fills);
        const ends = outcomes.flatMap(({ closed }) => closed);
        const stands = [...ends, ...book.open];
        const placed = all.flatMap((command) => ('place' in command ? command.place : []));
        expect(stands.map(({ orderId }) => orderId).toSorted()).toEqual(
          placed.map(({ orderId }) => orderId).toSorted(),
        );
        for (const { orderId, executedAmount, executedValue } of stands) {
          const own = fills.filter(({ makerOrderId, takerOrderId }) =>
            [makerOrderId, takerOrderId].includes(orderId),
          );
          const sum = (pick: 'amount' | 'value') =>
            own.reduce((total, fill) => total.plus(fill[pick]), ZERO).toFixed();
          expect([executedAmount.toFixed(), executedValue.toFixed()]).toEqual([sum('amount'), sum('value')]);
          const wanted = placed.find((one) => one.orderId === orderId);
          if (!wanted) throw new Error('an order that was never placed');
          expect(executedAmount.lte(wanted.amount)).toBe(true);
          expect(executedValue.lte(wanted.budget ?? executedValue)).toBe(true);
        }
        expect(fills.filter((fill) => fill.makerUserId === fill.takerUserId)).toEqual([]);
      }),
    );
  });

  it('is never crossed', () => {
    fc.assert(
      fc.property(commands, (all) => {
        const book = new Book([]);
        for (const command of all) {
          apply(book, command);
          const [bid, ask] = [best(book, 'BUY'), best(book, 'SELL')];
          expect(bid === undefined || ask === undefined || bid.lt(ask)).toBe(true);
        }
      }),
    );
  });

  it('goes on from its open orders as if it had never stopped', () => {
    fc.assert(
      fc.property(commands, fc.nat({ max: 60 }), (all, stop) => {
        const whole = new Book([]);
        let interrupted = new Book([]);
        all.forEach((command, index) => {
          if (index === stop) interrupted = new Book(interrupted.open);
          expect(apply(interrupted, command)).toEqual(apply(whole, command));
        });
        expect(interrupted.open).toEqual(whole.open);
      }),
    );
  });
});
