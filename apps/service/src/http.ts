import { randomBytes } from 'node:crypto';
import { describeError, isRetryable, type Logger } from '@gantry/messaging';
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { Counter, type Registry } from 'prom-client';
import type * as z from 'zod';

export interface Health {
  /** Starting: the schema, a producer or a consumer is not there yet. While it stops it serves all the same. */
  readonly state: 'Starting' | 'Running' | 'Stopping';
  /** Each dependency with its state, for people. */
  readonly checks: Readonly<Record<string, string>>;
}

export interface ServiceHttpOptions {
  readonly health: () => Health;
  readonly registry: Registry;
  readonly requests: Counter<'route' | 'status'>;
  readonly log: Logger;
}

export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

const MAX_BODY_BYTES = 16 * 1024;
const RETRY_AFTER_SECONDS = 1;

/** Counts the requests that `createServiceApp` answers. */
export function requestCounter(service: string, registry: Registry): Counter<'route' | 'status'> {
  return new Counter({
    name: `gantry_${service}_requests_total`,
    help: 'HTTP requests answered, by route and status',
    labelNames: ['route', 'status'] as const,
    registers: [registry],
  });
}

/** What every service answers; its own routes are added to it. */
export function createServiceApp({ health, registry, requests, log }: ServiceHttpOptions): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    requests.inc({ route: context.req.routePath, status: String(context.res.status) });
    // A client that keeps its connection would go on to come here, and the server could not close.
    if (health().state === 'Stopping') context.header('Connection', 'close');
  });

  // Liveness asks only whether this process still answers: restarting it brings back no database.
  app.get('/healthz', (context) => context.text('ok'));
  app.get('/readyz', (context) => {
    const { state, checks } = health();
    const ready = state === 'Running';
    return context.json({ ready, checks }, ready ? 200 : 503);
  });
  app.get('/metrics', async (context) => {
    context.header('Content-Type', registry.contentType);
    return context.body(await registry.metrics());
  });

  app.notFound((context) => refuse(context, 404, 'NotFound', 'there is nothing here'));
  app.onError((error, context) => {
    if (isRetryable(error)) {
      log.warn({ error: describeError(error) }, 'request refused, a dependency is away');
      return unavailable(context, 'a dependency is away; nothing is half done, send the same request again');
    }
    log.error({ error: describeError(error), stack: error.stack }, 'request failed');
    return refuse(context, 500, 'Internal', 'the request failed here');
  });
  return app;
}

export const limitBody = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: (context) => refuse(context, 413, 'BodyTooLarge', `the body may have ${MAX_BODY_BYTES} bytes`),
});

/** Bounds the work in progress: past it a quick refusal is worth more than a slow answer. */
export class InFlight {
  readonly #max: number;
  #count = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Undefined: there was too much of it. */
  async run<T>(task: () => Promise<T>): Promise<T | undefined> {
    if (this.#count >= this.#max) return undefined;
    this.#count += 1;
    try {
      return await task();
    } finally {
      this.#count -= 1;
    }
  }
}

/** The body, or undefined when it is not JSON. */
export async function readJson(context: Context): Promise<unknown> {
  try {
    return await context.req.json();
  } catch (error) {
    // The body limit speaks through this read; it has its own answer.
    if (error instanceof Error && error.name === 'BodyLimitError') throw error;
    return undefined;
  }
}

/** @param what what the body should be, as in "is not a field of an order" */
export function fieldProblems({ issues }: z.ZodError, what: string): readonly FieldProblem[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((field) => ({ field, message: `is not a field of ${what}` }))
      : [{ field: issue.path.join('.'), message: issue.message }],
  );
}

export function refuse(
  context: Context,
  status: ContentfulStatusCode,
  code: string,
  message: string,
  fields?: readonly FieldProblem[],
): Response {
  return context.json({ error: { code, message, ...(fields ? { fields } : {}) } }, status);
}

export function unavailable(context: Context, message: string): Response {
  context.header('Retry-After', String(RETRY_AFTER_SECONDS));
  return refuse(context, 503, 'Unavailable', message);
}

/** The trace id of a W3C traceparent, or a new one. */
export function traceIdOf(traceparent: string | undefined): string {
  const match = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(traceparent ?? '');
  return match?.[1] ?? randomBytes(16).toString('hex');
}
