import { describe, expect, it } from '@jest/globals';
import { MessagingError, type Logger } from '@gantry/messaging';
import { Counter, Registry } from 'prom-client';
import * as z from 'zod';
import type { Health } from '@gantry/service';
import type { CancelOutcome } from './cancel-order.ts';
import type { CreateOutcome } from './create-order.ts';
import { createHttpApp, type OrderApi } from './http.ts';
import { TurnRefusedError } from './keyed-turns.ts';
import type { Order } from './order-store.ts';

const order: Order = {
  order_id: '123',
  order_no: 'ORD20240101123',
  client_order_id: 'c-1',
  user_id: '456',
  symbol: 'BTCUSDT',
  order_type: 'LIMIT',
  direction: 'BUY',
  price: '50000.00',
  amount: '0.001',
  budget: null,
  time_in_force: 'GTC',
  source: 'API',
  status: 'PENDING',
  executed_amount: '0',
  executed_value: '0',
  cancel_reason: null,
  close_reason: null,
  sequence: 1,
  message_id: 'm-1',
  trace_id: 't-1',
  created_at: new Date('2024-01-01T00:00:00Z'),
  accepted_at: null,
  closed_at: null,
};

const body = {
  client_order_id: 'c-1',
  user_id: '456',
  symbol: 'BTCUSDT',
  order_type: 'LIMIT',
  direction: 'BUY',
  price: '50000.00',
  amount: '0.001',
};

const errorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    fields: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  }),
});

const ignore = (): void => undefined;
const log: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function appWith(api: Partial<OrderApi & { health: () => Health }>, maxInFlight = 10) {
  const registry = new Registry();
  const requests = new Counter({
    name: 'requests',
    help: 'x',
    labelNames: ['route', 'status'] as const,
    registers: [registry],
  });
  const full: OrderApi = {
    create: () => Promise.resolve<CreateOutcome>({ kind: 'Created', order }),
    cancel: () => Promise.resolve<CancelOutcome>({ kind: 'Asked', order }),
    find: (id) => Promise.resolve(id === '123' ? order : undefined),
    fills: () => Promise.resolve([]),
    ...api,
  };
  const { health = () => ({ state: 'Running', checks: {} }) } = api;
  const app = createHttpApp({ api: full, health, registry, requests, maxInFlight, log });
  const post = (content: unknown, headers: Record<string, string> = {}) =>
    app.request('/orders', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof content === 'string' ? content : JSON.stringify(content),
    });
  return { app, post, registry };
}

const errorOf = async (response: Response) => errorBody.parse(await response.json()).error;

describe('HTTP', () => {
  it.each<[Exclude<CreateOutcome['kind'], 'Refused'>, number]>([
    ['Created', 201],
    ['Existing', 200],
    ['Conflict', 409],
  ])('answers %s with %i', async (kind, status) => {
    const { post } = appWith({ create: () => Promise.resolve<CreateOutcome>({ kind, order }) });
    expect((await post(body)).status).toBe(status);
  });

  it('shows an order without its inner ids', async () => {
    const { app } = appWith({});
    const response = await app.request('/orders/123');
    expect(await response.json()).toEqual({
      ...body,
      order_id: '123',
      order_no: 'ORD20240101123',
      time_in_force: 'GTC',
      source: 'API',
      status: 'PENDING',
      executed_amount: '0',
      executed_value: '0',
      cancel_reason: null,
      close_reason: null,
      sequence: 1,
      created_at: '2024-01-01T00:00:00.000Z',
      accepted_at: null,
      closed_at: null,
    });
  });

  it.each(['/orders/124', '/orders/abc', '/orders/0', '/nothing'])('knows no %s', async (path) => {
    expect((await appWith({}).app.request(path)).status).toBe(404);
  });

  it('names each wrong field', async () => {
    const response = await appWith({}).post({ ...body, amount: 1, symbol: 'btc', pricee: '1' });
    expect(response.status).toBe(400);
    const { fields } = await errorOf(response);
    expect(fields?.map(({ field }) => field).toSorted()).toEqual(['amount', 'pricee', 'symbol']);
  });

  it.each(['{', '', '[]', 'null', '"text"'])('refuses the body %p', async (content) => {
    expect((await appWith({}).post(content)).status).toBe(400);
  });

  it('refuses a body that is too large', async () => {
    expect((await appWith({}).post({ ...body, client_order_id: 'x'.repeat(20_000) })).status).toBe(413);
  });

  it('asks to retry when a dependency is away, and hides what failed otherwise', async () => {
    const away = new MessagingError('SendFailed', 'proxy away', { retryable: true });
    const refused = await appWith({ create: () => Promise.reject(away) }).post(body);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);

    const broken = await appWith({ create: () => Promise.reject(new Error('password is hunter2')) }).post(
      body,
    );
    expect(broken.status).toBe(500);
    expect(JSON.stringify(await errorOf(broken))).not.toContain('hunter2');
  });

  it('asks to retry while it starts, but stays alive', async () => {
    const { app, post } = appWith({
      health: () => ({ state: 'Starting', checks: { service: 'connecting' } }),
    });
    expect([(await post(body)).status, (await app.request('/readyz')).status]).toEqual([503, 503]);
    expect((await app.request('/healthz')).status).toBe(200);
  });

  it('makes orders while it stops, not ready any more, and asks clients to connect elsewhere', async () => {
    const { app, post } = appWith({ health: () => ({ state: 'Stopping', checks: {} }) });
    const made = await post(body);
    expect([made.status, made.headers.get('connection')]).toEqual([201, 'close']);
    expect((await app.request('/readyz')).status).toBe(503);
    expect((await appWith({}).post(body)).headers.get('connection')).toBeNull();
  });

  it('says that a user has too many orders under way', async () => {
    const { post } = appWith({ create: () => Promise.reject(new TurnRefusedError('16 others wait')) });
    const answer = await post(body);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await errorOf(answer)).message).toBe('16 others wait');
  });

  it.each<[CreateOutcome & { kind: 'Refused' }, string]>([
    [{ kind: 'Refused', reason: 'Insufficient' }, 'InsufficientBalance'],
    [{ kind: 'Refused', reason: 'UnknownSymbol' }, 'UnknownSymbol'],
  ])('says why an order was refused: %j', async (outcome, code) => {
    const response = await appWith({ create: () => Promise.resolve(outcome) }).post(body);
    expect([response.status, (await errorOf(response)).code]).toEqual([422, code]);
  });

  it.each<[string, CancelOutcome, number]>([
    ['asked for', { kind: 'Asked', order }, 202],
    ['of an order that has ended', { kind: 'Closed', order: { ...order, status: 'FILLED' } }, 409],
    ['of no order', { kind: 'NotFound' }, 404],
  ])('answers a cancel %s', async (_what, outcome, status) => {
    const { app } = appWith({ cancel: () => Promise.resolve(outcome) });
    expect((await app.request('/orders/123/cancel', { method: 'POST' })).status).toBe(status);
  });

  it('shows the fills of an order, and none of an order that is not there', async () => {
    const fill = {
      match_id: '7',
      price: '50000',
      amount: '0.001',
      value: '50',
      fee: '0.000001',
      matched_at: new Date(0),
    };
    const { app } = appWith({ fills: () => Promise.resolve([fill]) });
    expect(await (await app.request('/orders/123/fills')).json()).toEqual({
      order_id: '123',
      fills: [{ ...fill, matched_at: '1970-01-01T00:00:00.000Z' }],
    });
    expect((await app.request('/orders/124/fills')).status).toBe(404);
  });

  it('finds no order by an id that no order can have', async () => {
    const { app } = appWith({ find: () => Promise.reject(new Error('out of range')) });
    expect((await app.request('/orders/9999999999999999999')).status).toBe(404);
  });

  it('bounds the orders in progress', async () => {
    const { promise, resolve } = Promise.withResolvers<CreateOutcome>();
    const { post } = appWith({ create: () => promise }, 1);
    const first = post(body);
    await new Promise((done) => setImmediate(done));
    expect((await post(body)).status).toBe(503);
    resolve({ kind: 'Created', order });
    expect((await first).status).toBe(201);
    expect((await post(body)).status).toBe(201);
  });

  it('takes over the trace of the caller', async () => {
    const traces: string[] = [];
    const { post } = appWith({
      create(_request, traceId) {
        traces.push(traceId);
        return Promise.resolve({ kind: 'Created', order });
      },
    });
    await post(body, { traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` });
    await post(body, { traceparent: 'nonsense' });
    expect(traces).toEqual(['ab'.repeat(16), expect.stringMatching(/^[0-9a-f]{32}$/)]);
  });

  it('counts requests by route, not by path', async () => {
    const { app, registry } = appWith({});
    await app.request('/orders/123');
    await app.request('/orders/124');
    const text = await (await app.request('/metrics')).text();
    expect(text).toContain('requests{route="/orders/:id",status="200"} 1');
    expect(text).toContain('requests{route="/orders/:id",status="404"} 1');
    expect(await registry.getSingleMetricAsString('requests')).not.toContain('/orders/123');
  });
});
