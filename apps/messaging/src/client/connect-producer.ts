import type { Clock } from '../clock.ts';
import { Session, type CredentialsSource } from './credentials.ts';
import { toClientLogger, type Logger } from './logger.ts';
import { ProducerClient, type ProducerClientOptions } from './producer-client.ts';
import { repairClient } from './repairs.ts';
import { startWithin } from './start.ts';

export interface ProducerConnection {
  /** `host:port` of the proxy's gRPC listener. */
  readonly endpoints: string;
  /** Whom requests are signed by; absent: nobody. */
  readonly credentials?: CredentialsSource | undefined;
  /** Of each attempt. */
  readonly requestTimeoutMs: number;
  readonly startDeadlineMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Connects; see `startWithin` for what it throws. Needs the topics to exist: the proxy answers 40402 otherwise. */
export async function connectProducer(
  { endpoints, credentials, requestTimeoutMs, startDeadlineMs, clock, log }: ProducerConnection,
  own: Pick<ProducerClientOptions, 'topics' | 'checker'>,
  signal: AbortSignal,
): Promise<ProducerClient> {
  const logger = toClientLogger(log);
  repairClient(logger);
  const client = new ProducerClient({
    endpoints,
    session: credentials && new Session(credentials),
    namespace: '',
    requestTimeout: requestTimeoutMs,
    // Attempts are ours, with pauses; the stock client's come at once, and it never repeats a transactional send.
    maxAttempts: 1,
    logger,
    ...own,
  });
  await startWithin(client, { deadlineMs: startDeadlineMs, clock, signal });
  return client;
}
