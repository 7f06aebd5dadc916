export { Book } from './book.ts';
export type { Closed, CloseReason, Direction, Fill, NewOrder, OpenOrder, Outcome } from './types.ts';
