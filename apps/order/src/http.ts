import { idString } from '@gantry/messaging';
import {
  createServiceApp,
  fieldProblems,
  InFlight,
  limitBody,
  readJson,
  refuse,
  traceIdOf,
  unavailable,
  type ServiceHttpOptions,
} from '@gantry/service';
import type { Context, Hono } from 'hono';
import type { CancelOutcome } from './cancel-order.ts';
import type { CreateOutcome } from './create-order.ts';
import { TurnRefusedError } from './keyed-turns.ts';
import { orderRequest, type OrderRequest } from './order-request.ts';
import type { Order, OrderFill } from './order-store.ts';

export interface OrderApi {
  create(request: OrderRequest, traceId: string): Promise<CreateOutcome>;
  cancel(orderId: string, traceId: string): Promise<CancelOutcome>;
  find(orderId: string): Promise<Order | undefined>;
  fills(orderId: string): Promise<readonly OrderFill[]>;
}

export interface HttpOptions extends ServiceHttpOptions {
  readonly api: OrderApi;
  readonly maxInFlight: number;
}

export function createHttpApp(options: HttpOptions): Hono {
  const { api, health } = options;
  const app = createServiceApp(options);
  const creates = new InFlight(options.maxInFlight);

  app.post('/orders', limitBody, async (context) => {
    const parsed = orderRequest.safeParse(await readJson(context));
    if (!parsed.success) {
      const problems = fieldProblems(parsed.error, 'an order');
      return refuse(context, 400, 'InvalidOrder', 'the order is not valid', problems);
    }
    if (health().state === 'Starting') return unavailable(context, 'the service is starting');
    const traceId = traceIdOf(context.req.header('traceparent'));
    try {
      const outcome = await creates.run(() => api.create(parsed.data, traceId));
      if (outcome === undefined) return unavailable(context, 'too many orders at once');
      return answerCreate(context, outcome, parsed.data);
    } catch (error) {
      if (error instanceof TurnRefusedError) return unavailable(context, error.message);
      throw error;
    }
  });

  app.get('/orders/:id', async (context) => {
    const id = readId(context);
    const order = id === undefined ? undefined : await api.find(id);
    return order ? context.json(orderJson(order)) : notFound(context);
  });

  app.get('/orders/:id/fills', async (context) => {
    const id = readId(context);
    if (id === undefined || !(await api.find(id))) return notFound(context);
    return context.json({ order_id: id, fills: (await api.fills(id)).map(fillJson) });
  });

  // Accepted, not done: a trade may come first.
  app.post('/orders/:id/cancel', async (context) => {
    const id = readId(context);
    if (id === undefined) return notFound(context);
    if (health().state === 'Starting') return unavailable(context, 'the service is starting');
    const outcome = await api.cancel(id, traceIdOf(context.req.header('traceparent')));
    if (outcome.kind === 'NotFound') return notFound(context);
    if (outcome.kind === 'Asked') return context.json(orderJson(outcome.order), 202);
    return refuse(context, 409, 'OrderClosed', `order ${id} is ${outcome.order.status} already`);
  });
  return app;
}

function answerCreate(context: Context, outcome: CreateOutcome, request: OrderRequest): Response {
  if (outcome.kind === 'Refused') {
    return outcome.reason === 'UnknownSymbol'
      ? refuse(context, 422, 'UnknownSymbol', `there is no market ${request.symbol} here`)
      : refuse(context, 422, 'InsufficientBalance', 'the user has not enough available for this order');
  }
  const { kind, order } = outcome;
  if (kind === 'Conflict') {
    const message = `client_order_id names order ${order.order_id}, which has other content`;
    return refuse(context, 409, 'ClientOrderIdTaken', message);
  }
  if (kind === 'Existing') return context.json(orderJson(order), 200);
  context.header('Location', `/orders/${order.order_id}`);
  return context.json(orderJson(order), 201);
}

/** The id in the path, if an order can have it. */
function readId(context: Context): string | undefined {
  const parsed = idString.safeParse(context.req.param('id'));
  return parsed.success ? parsed.data : undefined;
}

function notFound(context: Context): Response {
  return refuse(context, 404, 'OrderNotFound', 'there is no such order');
}

function orderJson(order: Order): Record<string, string | number | null> {
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
    executed_amount: order.executed_amount,
    executed_value: order.executed_value,
    cancel_reason: order.cancel_reason,
    close_reason: order.close_reason,
    sequence: order.sequence,
    created_at: order.created_at.toISOString(),
    accepted_at: order.accepted_at?.toISOString() ?? null,
    closed_at: order.closed_at?.toISOString() ?? null,
  };
}

function fillJson({ match_id, price, amount, value, fee, matched_at }: OrderFill): Record<string, string> {
  return { match_id, price, amount, value, fee, matched_at: matched_at.toISOString() };
}
