import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Client, credentials, status } from '@grpc/grpc-js';
import * as fc from 'fast-check';
import { waitUntil } from '../../kube/testing/wait-until.ts';
import { KedaBoard } from './board.ts';
import { metricFor } from './metric.ts';
import { serveKeda, type KedaServer } from './server.ts';
import { externalScaler } from './service.ts';

// Real sockets on a machine that may be busy with other tests.
jest.setTimeout(60_000);

/** As the controller computes a metric of type AverageValue with the target 1 (replica_calculator.go). */
function hpa(current: number, metric: number, maxReplicas: number): number {
  const ratio = metric / current;
  const wanted = Math.abs(1 - ratio) <= 0.1 ? current : Math.ceil(metric);
  return Math.min(maxReplicas, wanted);
}

describe('metricFor', () => {
  it.each([
    [1, 1, 1],
    [1, 8, 8],
    [22, 24, 24],
    [24, 22, 22],
    [10, 1, 1],
  ])('takes an autoscaler from %d to %d', (current, decided, arrives) => {
    expect(hpa(current, metricFor(current, decided), 24)).toBe(arrives);
  });

  it('never leads away from what was decided, nor below it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 200 }), (current, decided) => {
        const next = hpa(current, metricFor(current, decided), 1_000);
        expect(next).toBeGreaterThanOrEqual(decided);
        // A step up may be a tenth too large; a small step down may wait.
        const most = decided > current ? Math.max(decided, Math.floor(1.1 * current) + 1) : current;
        expect(next).toBeLessThanOrEqual(most);
      }),
    );
  });
});

const service = externalScaler();
const ref = (consumerGroup?: string) => ({
  name: 'scaled',
  namespace: 'n',
  scalerMetadata: consumerGroup === undefined ? {} : { consumerGroup },
});
let server: KedaServer | undefined;
let client: Client | undefined;
afterEach(() => {
  client?.close();
  server?.close();
});

async function start(): Promise<KedaBoard> {
  const board = new KedaBoard();
  server = await serveKeda(board, '127.0.0.1:0');
  client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure());
  return board;
}

function method(name: string) {
  const found = service[name];
  if (found === undefined) throw new RangeError(name);
  return found;
}

function ask(name: string, request: object): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const { path, requestSerialize, responseDeserialize } = method(name);
  client?.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, response) => {
    if (error === null) resolve(response);
    else reject(error);
  });
  return promise;
}

describe('the external scaler', () => {
  it('answers by what was decided, in both numbers', async () => {
    const board = await start();
    board.set('n/g', { current: 4, decided: 2 });
    expect(await ask('IsActive', ref('g'))).toEqual({ result: true });
    expect(await ask('GetMetricSpec', ref('g'))).toEqual({
      metricSpecs: [{ metricName: 'decided-replicas', targetSize: 1, targetSizeFloat: 1 }],
    });
    expect(await ask('GetMetrics', { scaledObjectRef: ref('g'), metricName: 'decided-replicas' })).toEqual({
      metricValues: [{ metricName: 'decided-replicas', metricValue: 2, metricValueFloat: 1.1 }],
    });
    board.set('n/g', { current: 1, decided: 0 });
    expect(await ask('IsActive', ref('g'))).toEqual({ result: false });
  });

  it('gives an error for what it does not know, so that KEDA leaves the target as it is', async () => {
    await start();
    await expect(ask('IsActive', ref('g'))).rejects.toMatchObject({ code: status.UNAVAILABLE });
    await expect(ask('GetMetrics', { scaledObjectRef: ref('g') })).rejects.toMatchObject({
      code: status.UNAVAILABLE,
    });
    await expect(ask('IsActive', ref())).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  });

  it('tells at once that a group wakes up', async () => {
    const board = await start();
    board.set('n/g', { current: 0, decided: 0 });
    const told: unknown[] = [];
    const { path, requestSerialize, responseDeserialize } = method('StreamIsActive');
    const stream = client?.makeServerStreamRequest(path, requestSerialize, responseDeserialize, ref('g'));
    stream?.on('data', (each) => told.push(each));
    stream?.on('error', () => undefined);
    await waitUntil('it is told', () => told.length === 1);
    board.set('n/g', { current: 0, decided: 0 });
    board.set('n/other', { current: 0, decided: 5 });
    board.set('n/g', { current: 0, decided: 5 });
    board.set('n/g', { current: 5, decided: 6 });
    await waitUntil('it is told again', () => told.length === 2);
    expect(told).toEqual([{ result: false }, { result: true }]);
    stream?.cancel();
  });
});
