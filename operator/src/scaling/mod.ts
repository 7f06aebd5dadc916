/** How many replicas a consumer group is to have, from its lag. */
export { decide } from './decide.ts';
export { describeFinding, describeReason } from './describe.ts';
export { pollPeriodMs } from './history.ts';
export { initialState } from './track.ts';
export type * from './model.ts';
