import { randomBytes } from 'node:crypto';
import { describeError, idString, isRetryable, type Logger } from '@gantry/messaging';
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type * as z from 'zod';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Counter, Registry } from 'prom-client';
import type { CreateOutcome } from './create-order.ts';
import { TurnRefusedError } from './keyed-turns.ts';
import { orderRequest, type OrderRequest } from './order-request.ts';
import type { Order } from './order-store.ts';

export interface Health {
  /** Starting: the schema, the producer or the consumer is not there yet. While it stops it makes orders all the same. */
  readonly state: 'Starting' | 'Running' | 'Stopping';
  /** Each dependency with its state, for people. */
  readonly checks: Readonly<Record<string, string>>;
}

export interface OrderApi {
  create(request: OrderRequest, traceId: string): Promise<CreateOutcome>;
  find(orderId: string): Promise<Order | undefined>;
  health(): Health;
}

export interface HttpOptions {
  readonly api: OrderApi;
  readonly registry: Registry;
  readonly requests: Counter<'route' | 'status'>;
  readonly maxInFlight: number;
  readonly log: Logger;
}

interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

const MAX_BODY_BYTES = 16 * 1024;
const RETRY_AFTER_SECONDS = 1;

export function createHttpApp(options: HttpOptions): Hono {
  const { api, registry, requests, log } = options;
  const app = new Hono();
  const creates = new InFlight(options.maxInFlight);

  app.use(async (context, next) => {
    await next();
    requests.inc({ route: context.req.routePath, status: String(context.res.status) });
    // A client that keeps its connection would go on to come here, and the server could not close.
    if (api.health().state === 'Stopping') context.header('Connection', 'close');
  });

  const limit = bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: (context) => refuse(context, 413, 'BodyTooLarge', `the body may have ${MAX_BODY_BYTES} bytes`),
  });
  app.post('/orders', limit, async (context) => {
    const parsed = orderRequest.safeParse(await readJson(context));
    if (!parsed.success) {
      const problems = parsed.error.issues.flatMap(toFieldProblems);
      return refuse(context, 400, 'InvalidOrder', 'the order is not valid', problems);
    }
    if (api.health().state === 'Starting') return unavailable(context, 'the service is starting');
    const outcome = await creates.run(() =>
      api.create(parsed.data, traceIdOf(context.req.header('traceparent'))),
    );
    if (outcome === undefined) return unavailable(context, 'too many orders at once');
    return answer(context, outcome);
  });

  app.get('/orders/:id', async (context) => {
    const id = context.req.param('id');
    const order = idString.safeParse(id).success ? await api.find(id) : undefined;
    if (!order) return refuse(context, 404, 'OrderNotFound', 'there is no such order');
    return context.json(toJson(order));
  });

  // Liveness asks only whether this process still answers: restarting it brings back no database.
  app.get('/healthz', (context) => context.text('ok'));
  app.get('/readyz', (context) => {
    const { state, checks } = api.health();
    const ready = state === 'Running';
    return context.json({ ready, checks }, ready ? 200 : 503);
  });
  app.get('/metrics', async (context) => {
    context.header('Content-Type', registry.contentType);
    return context.body(await registry.metrics());
  });

  app.notFound((context) => refuse(context, 404, 'NotFound', 'there is nothing here'));
  app.onError((error, context) => {
    if (error instanceof TurnRefusedError) return unavailable(context, error.message);
    if (isRetryable(error)) {
      log.warn({ error: describeError(error) }, 'request refused, a dependency is away');
      return unavailable(context, 'a dependency is away; nothing is half done, send the same request again');
    }
    log.error({ error: describeError(error), stack: error.stack }, 'request failed');
    return refuse(context, 500, 'Internal', 'the request failed here');
  });
  return app;
}

function answer(context: Context, { kind, order }: CreateOutcome): Response {
  if (kind === 'Conflict') {
    const message = `client_order_id names order ${order.order_id}, which has other content`;
    return refuse(context, 409, 'ClientOrderIdTaken', message);
  }
  if (kind === 'Existing') return context.json(toJson(order), 200);
  context.header('Location', `/orders/${order.order_id}`);
  return context.json(toJson(order), 201);
}

/** Bounds the work in progress: past it a quick refusal is worth more than a slow answer. */
class InFlight {
  readonly #max: number;
  #count = 0;

  constructor(max: number) {
    this.#max = max;
  }

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

async function readJson(context: Context): Promise<unknown> {
  try {
    return await context.req.json();
  } catch (error) {
    // The body limit speaks through this read; it has its own answer.
    if (error instanceof Error && error.name === 'BodyLimitError') throw error;
    return undefined;
  }
}

function toFieldProblems(issue: z.core.$ZodIssue): FieldProblem[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((field) => ({ field, message: 'is not a field of an order' }));
  return [{ field: issue.path.join('.'), message: issue.message }];
}

function refuse(
  context: Context,
  status: ContentfulStatusCode,
  code: string,
  message: string,
  fields?: readonly FieldProblem[],
): Response {
  return context.json({ error: { code, message, ...(fields ? { fields } : {}) } }, status);
}

function unavailable(context: Context, message: string): Response {
  context.header('Retry-After', String(RETRY_AFTER_SECONDS));
  return refuse(context, 503, 'Unavailable', message);
}

/** The trace id of a W3C traceparent, or a new one. */
function traceIdOf(traceparent: string | undefined): string {
  const match = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(traceparent ?? '');
  return match?.[1] ?? randomBytes(16).toString('hex');
}

function toJson(order: Order): Record<string, string | number | null> {
  return {
    order_id: order.order_id,
    order_no: order.order_no,
    client_order_id: order.client_order_id,
    user_id: order.user_id,
    symbol: order.symbol,
    order_type: order.order_type,
    direction: order.direction,
    price: order.price,
    amount: order.amount,
    time_in_force: order.time_in_force,
    source: order.source,
    status: order.status,
    sequence: order.sequence,
    created_at: order.created_at.toISOString(),
    accepted_at: order.accepted_at?.toISOString() ?? null,
  };
}
