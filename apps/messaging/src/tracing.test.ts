import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import {
  contextInTrace,
  contextOf,
  createTracing,
  inRequest,
  startTracing,
  traceparentOf,
  untraced,
} from './tracing.ts';

jest.setTimeout(60_000);

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${TRACE}-b7ad6b7169203331-01`;

function setUp() {
  const exporter = new InMemorySpanExporter();
  return { exporter, tracing: createTracing('test', [new SimpleSpanProcessor({ exporter })]) };
}

describe('a request', () => {
  it('is a span in the trace of its caller, and what it calls belongs to it', async () => {
    const { exporter, tracing } = setUp();
    const seen = await inRequest(tracing, { name: 'POST /orders', traceparent }, async (traceId) => {
      await new Promise((resolve) => setImmediate(resolve));
      return { traceId, onward: traceparentOf(tracing.active()) };
    });
    const [span] = exporter.getFinishedSpans();
    expect(span).toMatchObject({ name: 'POST /orders', kind: SpanKind.SERVER });
    expect(span?.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
    expect(seen).toEqual({ traceId: TRACE, onward: `00-${TRACE}-${span?.spanContext().spanId}-01` });
  });

  it('begins a trace when its caller has none that can be read', async () => {
    const { tracing } = setUp();
    for (const header of [undefined, '', 'nonsense', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`]) {
      const traceId = await inRequest(tracing, { name: 'x', traceparent: header }, (id) =>
        Promise.resolve(id),
      );
      expect(traceId).toMatch(/^[0-9a-f]{32}$/);
      expect(traceId).not.toMatch(/^0*$/);
    }
  });

  it('has a trace id also when nobody traces', async () => {
    const request = { name: 'x', traceparent };
    expect(await inRequest(untraced, request, (id) => Promise.resolve(id))).toBe(TRACE);
    const none = await inRequest(untraced, { name: 'x', traceparent: undefined }, (id) =>
      Promise.resolve(id),
    );
    expect(none).toMatch(/^[0-9a-f]{32}$/);
  });

  it('fails by the kind of its error, without its text', async () => {
    const { exporter, tracing } = setUp();
    const error = Object.assign(new Error('amount 50000.00'), { code: 'Rejected' });
    const request = inRequest(tracing, { name: 'x', traceparent }, () => Promise.reject(error));
    await expect(request).rejects.toBe(error);
    const [span] = exporter.getFinishedSpans();
    expect(span).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'error.type': 'Rejected' },
    });
    expect(JSON.stringify([span?.status, span?.attributes, span?.events])).not.toContain('50000');
  });
});

describe('a context in a trace', () => {
  it('is the active one when it is of that trace', () => {
    const { tracing } = setUp();
    const active = contextOf(traceparent);
    expect(tracing.run(active, () => contextInTrace(tracing, TRACE))).toBe(active);
    expect(tracing.run(active, () => contextInTrace(tracing, undefined))).toBe(active);
    expect(tracing.run(active, () => contextInTrace(tracing, 'no trace id'))).toBe(active);
  });

  it('goes on in a trace of which nothing runs any more', () => {
    const { tracing } = setUp();
    const context = tracing.run(contextOf(traceparent), () => contextInTrace(tracing, 'a'.repeat(32)));
    expect(trace.getSpanContext(context)).toMatchObject({ traceId: 'a'.repeat(32), isRemote: true });
  });
});

describe('the exporter', () => {
  let server: Server | undefined;
  afterEach(() => void server?.close());

  it('sends spans where it is told to, the last ones when it stops', async () => {
    const received: string[] = [];
    const collector = createServer((request, response) => {
      request.on('data', (chunk: Buffer) => received.push(chunk.toString()));
      request.on('end', () => response.end('{}'));
    });
    server = collector;
    await new Promise<void>((listening) => collector.listen(0, '127.0.0.1', listening));
    const address = collector.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const tracing = startTracing({ service: 'order', exporterUrl: `http://127.0.0.1:${port}/v1/traces` });
    await inRequest(tracing, { name: 'POST /orders', traceparent }, () => Promise.resolve());
    await tracing.stop();
    expect(received.join('')).toContain(TRACE);
    expect(received.join('')).toContain('"order"');
  });

  it('does not keep a service from stopping when nobody listens', async () => {
    const tracing = startTracing({ service: 'order', exporterUrl: 'http://127.0.0.1:1/v1/traces' });
    await inRequest(tracing, { name: 'x', traceparent }, () => Promise.resolve());
    await expect(tracing.stop()).resolves.toBeUndefined();
  });
});
