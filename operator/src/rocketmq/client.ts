import type { BrokerAdmin, ControllerAdmin, NameServerAdmin } from './admin.ts';

/** Signs requests. Never logged, never part of an error. */
export interface Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly securityToken?: string;
}

export interface RocketmqClientOptions {
  readonly connectTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  readonly credentials?: Credentials;
}

export declare class RocketmqClient {
  constructor(options?: RocketmqClientOptions);
  nameServer(address: string): NameServerAdmin;
  broker(address: string): BrokerAdmin;
  controller(address: string): ControllerAdmin;
  close(): Promise<void>;
}
