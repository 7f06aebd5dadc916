import { businessType, type MatchResultBody, type OrderClosedBody } from '@gantry/messaging';
import { Decimal, ZERO } from '@gantry/service';

/** What an order has set aside, and for what. */
export interface OrderFreeze {
  readonly orderId: string;
  readonly orderNo: string;
  readonly userId: string;
  readonly direction: 'BUY' | 'SELL';
  /** Undefined: a MARKET order. */
  readonly price: Decimal | undefined;
  readonly baseCoin: string;
  readonly quoteCoin: string;
  readonly setAside: Decimal;
  readonly remaining: Decimal;
  readonly closed: boolean;
}

type BusinessType = (typeof businessType)[keyof typeof businessType];

/** A change of one account. What it changes the balance by is its flow. */
export interface Movement {
  readonly userId: string;
  readonly coin: string;
  readonly available: Decimal;
  readonly frozen: Decimal;
  /** Undefined: the balance stays, and there is no flow. */
  readonly flow: FlowOrigin | undefined;
}

export interface FlowOrigin {
  readonly businessType: BusinessType;
  readonly fee: Decimal;
  readonly orderNo?: string;
  readonly matchId?: string;
  readonly depositId?: string;
}

/** A part of what an order has set aside that is used up or given back. */
export interface Use {
  readonly orderId: string;
  readonly amount: Decimal;
}

export interface Settlement {
  readonly movements: readonly Movement[];
  readonly uses: readonly Use[];
}

/**
 * What a match moves: of the buyer's quote coin what he had set aside for this amount, the difference to the value back to
 * him; of the seller's base coin the amount; to each what the other gives, less the fee.
 *
 * @throws Error when the freezes are not of the orders that the match names
 */
export function settleMatch(match: MatchResultBody, maker: OrderFreeze, taker: OrderFreeze): Settlement {
  assertSides(match, maker, taker);
  const takerBuys = match.taker_direction === 'BUY';
  const [buyer, seller] = takerBuys ? [taker, maker] : [maker, taker];
  const [makerFee, takerFee] = [new Decimal(match.maker_fee), new Decimal(match.taker_fee)];
  const [buyerFee, sellerFee] = takerBuys ? [takerFee, makerFee] : [makerFee, takerFee];
  const [amount, value] = [new Decimal(match.amount), new Decimal(match.value)];
  const used = buyer.price === undefined ? value : buyer.price.times(amount);
  const origin = (freeze: OrderFreeze, fee: Decimal): FlowOrigin => ({
    businessType: freeze.direction === 'BUY' ? businessType.buy : businessType.sell,
    fee,
    orderNo: freeze.orderNo,
    matchId: match.match_id,
  });
  const movement = (
    freeze: OrderFreeze,
    coin: string,
    available: Decimal,
    frozen: Decimal,
    fee: Decimal,
  ) => ({
    userId: freeze.userId,
    coin,
    available,
    frozen,
    flow: origin(freeze, fee),
  });
  return {
    movements: [
      movement(buyer, buyer.quoteCoin, used.minus(value), ZERO.minus(used), ZERO),
      movement(buyer, buyer.baseCoin, amount.minus(buyerFee), ZERO, buyerFee),
      movement(seller, seller.baseCoin, ZERO, ZERO.minus(amount), ZERO),
      movement(seller, seller.quoteCoin, value.minus(sellerFee), ZERO, sellerFee),
    ],
    uses: [
      { orderId: buyer.orderId, amount: used },
      { orderId: seller.orderId, amount },
    ],
  };
}

/**
 * What the end of an order gives back: what it had set aside, less what all its matches use. It follows from the message
 * alone, so it does not matter which of the matches are settled already.
 *
 * @throws Error when the order ended before
 */
export function releaseRest(closed: OrderClosedBody, freeze: OrderFreeze): Settlement {
  if (freeze.closed) throw new Error(`order ${freeze.orderId} ended before`);
  const [amount, value] = [new Decimal(closed.executed_amount), new Decimal(closed.executed_value)];
  const used = freeze.direction === 'SELL' ? amount : (freeze.price?.times(amount) ?? value);
  const rest = freeze.setAside.minus(used);
  if (rest.lt('0')) throw new Error(`order ${freeze.orderId} has executed more than it had set aside`);
  if (rest.eq('0')) return { movements: [], uses: [] };
  const coin = freeze.direction === 'BUY' ? freeze.quoteCoin : freeze.baseCoin;
  return {
    movements: [{ userId: freeze.userId, coin, available: rest, frozen: ZERO.minus(rest), flow: undefined }],
    uses: [{ orderId: freeze.orderId, amount: rest }],
  };
}

function assertSides(match: MatchResultBody, maker: OrderFreeze, taker: OrderFreeze): void {
  const fits =
    maker.orderId === match.maker_order_id &&
    taker.orderId === match.taker_order_id &&
    maker.userId === match.maker_user_id &&
    taker.userId === match.taker_user_id &&
    taker.direction === match.taker_direction &&
    maker.direction !== taker.direction &&
    maker.baseCoin === taker.baseCoin &&
    maker.quoteCoin === taker.quoteCoin;
  if (!fits) throw new Error(`match ${match.match_id} is of other orders than those that it names`);
}
