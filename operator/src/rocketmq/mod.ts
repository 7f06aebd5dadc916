export type * from './admin.ts';
export type * from './types.ts';
export { RocketmqError, type RocketmqErrorCode } from './errors.ts';
export { RocketmqClient, type RocketmqClientOptions } from './client.ts';
export type { Credentials } from './signing.ts';
export { defaultSubscriptionGroup } from './calls/group-config.ts';
export { groupNameProblem, topicNameProblem } from './calls/names.ts';
