import { userHome } from './jvm.ts';

/** Volume of brokers and controllers. */
export const storePath = `${userHome}/store`;
/** Where a name server keeps what it may lose. */
export const nameServerPath = `${userHome}/namesrv`;
export const logPath = `${userHome}/logs`;
/** Where the configuration Secret is mounted. */
export const configPath = '/etc/rocketmq';
