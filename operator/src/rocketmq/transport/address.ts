import { RocketmqError } from '../errors.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** @throws RocketmqError `Invalid` when the text is not `host:port` or `[ipv6]:port`. */
export function parseAddress(address: string): HostPort {
  const match = /^(?:\[([^\]]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new RocketmqError('Invalid', 'an address must be host:port', { address });
  }
  return { host, port };
}
