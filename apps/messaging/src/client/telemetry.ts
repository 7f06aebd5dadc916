import { Duplex } from 'node:stream';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { TelemetryCommand } from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/service_pb.js';

export type TelemetryStream = ClientDuplexStream<TelemetryCommand, TelemetryCommand>;

/**
 * The stock session drops all its listeners when it lets a stream go, but not the stream: the CANCELLED that follows is
 * then an 'error' nobody hears, which ends the process. One listener therefore outlives `removeAllListeners`.
 */
export function withLastingErrorListener(stream: TelemetryStream): TelemetryStream {
  const removeAll = stream.removeAllListeners.bind(stream);
  stream.removeAllListeners = (event?: string | symbol) => {
    removeAll(event);
    // Node calls this method again for each event that has listeners; one of ours is enough.
    if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
    return stream;
  };
  return stream;
}

/**
 * What a session gets once its client is closed: the stock session renews its stream from a timer that outlives
 * `shutdown`, which would open a new connection and keep a dead consumer registered in its group.
 */
export function inertTelemetryStream(): TelemetryStream {
  const stream = new Duplex({
    objectMode: true,
    read: ignore,
    write: (_chunk, _encoding, done) => done(),
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a session uses only the stream half
  return stream as unknown as TelemetryStream;
}

function ignore(): void {
  // Deliberately nothing: see the callers.
}
