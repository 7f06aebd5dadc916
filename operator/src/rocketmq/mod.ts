export type * from './admin.ts';
export type * from './types.ts';
export { RocketmqError, type RocketmqErrorCode } from './errors.ts';
export { RocketmqClient, type Credentials, type RocketmqClientOptions } from './client.ts';
