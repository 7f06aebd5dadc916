import type { RunTransaction, TransactionalProducer } from '@gantry/messaging';
import type { Pool } from 'pg';
import { createTransactionalProducer, type ClientContext } from './clients.ts';
import { LocalTransactions, type LocalTransaction } from './local-transactions.ts';
import type { ServiceRole } from './migrations.ts';
import { openPool } from './pools.ts';
import { runResender } from './resend.ts';

export interface TransactionalOptions {
  /** Of the service: its connections and its producer are called after it. */
  readonly name: string;
  readonly role: ServiceRole;
  /** Of its messages. */
  readonly topic: string;
  /** Its own group of that topic. */
  readonly group: string;
  readonly resendAfterMs: number;
}

/** What a service needs that changes its tables and tells of it in one transaction. */
export interface TransactionalParts {
  readonly requestPool: Pool;
  readonly workPool: Pool;
  readonly producer: TransactionalProducer;
  readonly forRequests: LocalTransactions;
  /** Of the effects of messages. */
  readonly transaction: RunTransaction<LocalTransaction>;
  readonly resend: (signal: AbortSignal) => Promise<void>;
}

export function createTransactionalParts(
  clients: ClientContext,
  { name, role, topic, group, resendAfterMs: afterMs }: TransactionalOptions,
): TransactionalParts {
  const { config, clock, log } = clients;
  const { postgres, connections, concurrency } = config;
  const open = (purpose: string, maxConnections: number) =>
    openPool({ postgres, applicationName: `${name}-${purpose}`, role, maxConnections, log });
  const requestPool = open('requests', connections);
  // Apart from the requests' connections, so that a flood of them cannot starve the consumers and the checks.
  const workPool = open('work', 2 * concurrency + 4);
  const producerGroup = `${name}-producer`;
  const producer = createTransactionalProducer(clients, { topic, producerGroup, pool: workPool });
  const transactionsOn = (pool: Pool) => new LocalTransactions({ pool, sender: producer, topic, log });
  const forWork = transactionsOn(workPool);
  const resend = { pool: workPool, sender: producer, topic, group, afterMs, clock, log };
  return {
    requestPool,
    workPool,
    producer,
    forRequests: transactionsOn(requestPool),
    transaction: (work, signal) => forWork.run(work, signal),
    resend: (signal) => runResender(resend, signal),
  };
}
