import { randomBytes } from 'node:crypto';
import {
  defaultTextMapGetter,
  defaultTextMapSetter,
  isSpanContextValid,
  isValidTraceId,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace';

/** Makes spans, and knows which one the code that runs now belongs to. */
export interface Tracing {
  readonly tracer: Tracer;
  active(): Context;
  run<T>(context: Context, task: () => T): T;
  /** Exports what is not exported yet. Never rejects: no service ends badly because its collector is away. */
  stop(): Promise<void>;
}

export interface TracingOptions {
  readonly service: string;
  /** Where spans go by OTLP over HTTP, such as `http://collector:4318/v1/traces`. Absent: nowhere; trace ids travel all the same. */
  readonly exporterUrl?: string | undefined;
}

const SCOPE = 'gantry-messaging';
/** Also of the last export, for which a service that stops waits. */
const EXPORT_TIMEOUT_MS = 5_000;
/** The W3C's name of the header, and ours of the message property. */
export const TRACEPARENT = 'traceparent';
const PROPAGATOR = new W3CTraceContextPropagator();

/** No spans, yet what comes with a `traceparent` passes it on. */
export const untraced: Tracing = {
  tracer: new ProxyTracerProvider().getTracer(SCOPE),
  active: () => ROOT_CONTEXT,
  run: (_context, task) => task(),
  stop: () => Promise.resolve(),
};

export function startTracing({ service, exporterUrl }: TracingOptions): Tracing {
  if (exporterUrl === undefined) return createTracing(service, []);
  const exporter = new OTLPTraceExporter({ url: exporterUrl, timeoutMillis: EXPORT_TIMEOUT_MS });
  return createTracing(service, [new BatchSpanProcessor({ exporter })]);
}

export function createTracing(service: string, spanProcessors: SpanProcessor[]): Tracing {
  const resource = resourceFromAttributes({ 'service.name': service });
  const provider = new TracerProvider({ resource, spanProcessors });
  const contexts = new AsyncLocalStorageContextManager();
  return {
    tracer: provider.getTracer(SCOPE),
    active: () => contexts.active(),
    run: (context, task) => contexts.with(context, task),
    stop: () => provider.shutdown().catch(() => undefined),
  };
}

/** `traceparent` of the span of a context, for a header or a message property; undefined when there is none. */
export function traceparentOf(context: Context): string | undefined {
  const carrier: Record<string, string> = {};
  PROPAGATOR.inject(context, carrier, defaultTextMapSetter);
  return carrier[TRACEPARENT];
}

/** A context that goes on from another process's span; the root when it says none, or nothing that can be read. */
export function contextOf(traceparent: string | undefined): Context {
  return PROPAGATOR.extract(ROOT_CONTEXT, { [TRACEPARENT]: traceparent }, defaultTextMapGetter);
}

/**
 * Where a message of a known trace is sent from: the span that runs now, when it is of that trace. A message that is sent
 * again, from nobody's request, goes on in its trace all the same, from a span of which only the trace is known.
 */
export function contextInTrace(tracing: Tracing, traceId: string | undefined): Context {
  const active = tracing.active();
  if (traceId === undefined || !isValidTraceId(traceId)) return active;
  if (trace.getSpanContext(active)?.traceId === traceId) return active;
  const spanId = randomBytes(8).toString('hex');
  return trace.setSpanContext(active, { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true });
}

/** The trace that a span is of; a new one when nobody traces. */
export function traceIdOf(span: Span): string {
  const context = span.spanContext();
  return isSpanContextValid(context) ? context.traceId : randomBytes(16).toString('hex');
}

export interface RequestSpan {
  /** Such as "POST /orders": the route, not the path, of which there are many. */
  readonly name: string;
  /** The header of the request. */
  readonly traceparent: string | undefined;
}

/** Runs what a request asks for in a span of its own, and tells it the trace that its messages are to carry. */
export async function inRequest<T>(
  tracing: Tracing,
  { name, traceparent }: RequestSpan,
  task: (traceId: string) => Promise<T>,
): Promise<T> {
  const parent = contextOf(traceparent);
  const span = tracing.tracer.startSpan(name, { kind: SpanKind.SERVER }, parent);
  return endingSpan(span, () => tracing.run(trace.setSpan(parent, span), () => task(traceIdOf(span))));
}

/** Ends a span with its task. */
export async function endingSpan<T>(span: Span, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    failSpan(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** By the kind of the error alone: its text may quote what was encrypted. */
export function failSpan(span: Span, error: unknown): void {
  const name = error instanceof Error ? error.name : typeof error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  span.setAttribute('error.type', typeof code === 'string' ? code : name);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** What OpenTelemetry's conventions for messaging ask of every span. */
export function messagingAttributes(
  operation: 'send' | 'receive' | 'process',
  topic: string,
  more: Attributes = {},
): Attributes {
  return {
    'messaging.system': 'rocketmq',
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
    'messaging.destination.name': topic,
    ...more,
  };
}
