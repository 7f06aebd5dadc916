import type { CallOptions } from '../rocketmq/mod.ts';
import { settle, type Answer } from './answer.ts';
import type { DeclaredObject, ObjectKind } from './kind.ts';
import type { ServerRequest } from './metrics.ts';
import type { RocketmqServers } from './topology.ts';

/** What each asked master holds, by address; an answer that is missing stays missing. */
export type Tables<Actual> = ReadonlyMap<string, Answer<ReadonlyMap<string, Actual>>>;

/** One list call a broker, all at once. */
export async function listTables<O extends DeclaredObject, Desired, Actual, Write>(
  kind: ObjectKind<O, Desired, Actual, Write>,
  addresses: readonly string[],
  deps: { readonly servers: RocketmqServers; readonly asked: (request: ServerRequest) => void },
  options: CallOptions,
): Promise<Tables<Actual>> {
  const tables = await Promise.all(
    addresses.map(async (address) => {
      deps.asked('List');
      return [address, await settle(kind.list(deps.servers.broker(address), options))] as const;
    }),
  );
  options.signal?.throwIfAborted();
  return new Map(tables);
}
