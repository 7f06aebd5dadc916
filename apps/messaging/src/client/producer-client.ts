import type { Metadata } from '@grpc/grpc-js';
import rocketmq, { type ProducerOptions } from 'rocketmq-client-nodejs';
import { MessagingError } from '../errors.ts';
import type { Session } from './credentials.ts';
import { inertTelemetryStream, withLastingErrorListener, type TelemetryStream } from './telemetry.ts';
import { forgiveFailedTermination } from './termination.ts';

type Stock = InstanceType<typeof rocketmq.Producer>;

export interface ProducerClientOptions extends Omit<ProducerOptions, 'sessionCredentials'> {
  /** Absent: nothing is signed. */
  readonly session?: Session | undefined;
}

/** The stock Producer with the repairs that overriding can make; see `repairs.ts` for the others. */
export class ProducerClient extends rocketmq.Producer {
  readonly #session: Session | undefined;
  #closed = false;

  constructor({ session, ...options }: ProducerClientOptions) {
    super({ ...options, ...(session === undefined ? {} : { sessionCredentials: session }) });
    this.#session = session;
    forgiveFailedTermination(this.rpcClientManager, this.logger);
  }

  /** Idempotent; after it no call leaves and no stream opens, whatever timers the stock client still holds. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.shutdown();
    this.#closed = true;
  }

  override getRequestMetadata(): Metadata {
    if (this.#closed) throw closedError();
    this.#session?.refresh();
    return super.getRequestMetadata();
  }

  override createTelemetryStream(
    ...[endpoints]: Parameters<Stock['createTelemetryStream']>
  ): TelemetryStream {
    return this.#closed
      ? inertTelemetryStream()
      : withLastingErrorListener(super.createTelemetryStream(endpoints));
  }

  /** A start that was given up goes on inside the stock client: with routes it would arm its timers after the close. */
  protected override async updateRoutes(): Promise<void> {
    if (!this.#closed) await super.updateRoutes();
    if (!this.#closed) return;
    this.topicRouteCache.clear();
    throw closedError();
  }
}

function closedError(): MessagingError {
  return new MessagingError('Closed', 'the producer is closed', { retryable: false });
}
