import type { Decimal } from '@gantry/service';

export type Direction = 'BUY' | 'SELL';

/** An order as it comes to the book. */
export interface NewOrder {
  readonly orderId: string;
  readonly userId: string;
  readonly direction: Direction;
  /** Undefined: a MARKET order, which takes any price and never rests. */
  readonly price: Decimal | undefined;
  readonly amount: Decimal;
  /** The most that it may spend; of a MARKET BUY. */
  readonly budget: Decimal | undefined;
  readonly timeInForce: 'GTC' | 'IOC' | 'FOK';
}

/** An order that rests in the book. */
export interface OpenOrder {
  readonly orderId: string;
  readonly userId: string;
  readonly direction: Direction;
  readonly price: Decimal;
  readonly amount: Decimal;
  readonly executedAmount: Decimal;
  readonly executedValue: Decimal;
}

/** A trade, at the maker's price. */
export interface Fill {
  readonly makerOrderId: string;
  readonly makerUserId: string;
  readonly takerOrderId: string;
  readonly takerUserId: string;
  readonly takerDirection: Direction;
  readonly price: Decimal;
  readonly amount: Decimal;
  readonly value: Decimal;
}

export type CloseReason =
  | 'USER'
  | 'TIMEOUT'
  /** What an IOC, FOK or MARKET order could not execute at once. */
  | 'IMMEDIATE'
  /** It met an order of its own user. */
  | 'SELF_TRADE';

/** The end of an order. */
export interface Closed {
  readonly orderId: string;
  readonly userId: string;
  /** Undefined: it is filled. */
  readonly reason: CloseReason | undefined;
  readonly executedAmount: Decimal;
  readonly executedValue: Decimal;
}

/** What one command did: trades in their order, orders that ended, and those that rest with new amounts or newly. */
export interface Outcome {
  readonly fills: readonly Fill[];
  readonly closed: readonly Closed[];
  readonly resting: readonly OpenOrder[];
}
