export type * from './admin.ts';
export type * from './types.ts';
export { hasEnded, nobodyListens, RocketmqError, type RocketmqErrorCode } from './errors.ts';
export type { Admins } from './admins.ts';
export type { Credentials } from './signing.ts';
export { RocketmqClient } from './client.ts';
export { defaultSubscriptionGroup } from './calls/group-config.ts';
export { redactConfigValue } from './redact.ts';
