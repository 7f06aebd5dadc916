/** Answers KEDA by what was decided. */
import {
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import type { KedaAnswer, KedaBoard } from './board.ts';
import { metricFor } from './metric.ts';
import { externalScaler, groupKeyOf, groupKeyOfMetrics, type ScalerError } from './service.ts';

const METRIC = 'decided-replicas';
/** What one replica is of the metric. */
const TARGET = 1;

export interface KedaServer {
  readonly port: number;
  close(): void;
}

/** @param address host:port; port 0: a free one @throws Error when nobody can listen there */
export async function serveKeda(board: KedaBoard, address: string): Promise<KedaServer> {
  const server = new Server();
  const about =
    (read: (request: unknown) => string | ScalerError, answer: (known: KedaAnswer) => object) =>
    (call: ServerUnaryCall<unknown, object>, respond: sendUnaryData<object>): void => {
      const known = knownOf(board, read(call.request));
      if ('code' in known) respond(known, null);
      else respond(null, answer(known));
    };
  server.addService(externalScaler(), {
    IsActive: about(groupKeyOf, isActive),
    StreamIsActive: (call: ServerWritableStream<unknown, object>) => streamActivity(board, call),
    GetMetricSpec: about(groupKeyOf, () => ({
      metricSpecs: [{ metricName: METRIC, targetSize: TARGET, targetSizeFloat: TARGET }],
    })),
    GetMetrics: about(groupKeyOfMetrics, ({ current, decided }) => {
      const value = metricFor(current, decided);
      // KEDA takes the integer where the other one is zero.
      const metricValues = [{ metricName: METRIC, metricValue: Math.ceil(value), metricValueFloat: value }];
      return { metricValues };
    }),
  });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
    if (error === null) resolve(bound);
    else reject(error);
  });
  return { port: await promise, close: () => server.forceShutdown() };
}

function isActive({ decided }: KedaAnswer): object {
  return { result: decided > 0 };
}

/** KEDA leaves a target as it is when it gets an error. */
function knownOf(board: KedaBoard, key: string | ScalerError): KedaAnswer | ScalerError {
  if (typeof key !== 'string') return key;
  const details = `nothing is decided for the ConsumerGroup ${key}: see its status.scaling`;
  return board.get(key) ?? { code: status.UNAVAILABLE, details };
}

/** KEDA acts on what is true, at once, and asks about the rest. */
function streamActivity(board: KedaBoard, call: ServerWritableStream<unknown, object>): void {
  const key = groupKeyOf(call.request);
  if (typeof key !== 'string') {
    call.destroy(Object.assign(new Error(key.details), key));
    return;
  }
  let told: boolean | undefined;
  const tell = (answer: KedaAnswer | undefined): void => {
    if (answer === undefined || told === answer.decided > 0) return;
    told = answer.decided > 0;
    call.write(isActive(answer));
  };
  const end = board.onChange((changed, answer) => {
    if (changed === key) tell(answer);
  });
  call.on('cancelled', end);
  tell(board.get(key));
}
