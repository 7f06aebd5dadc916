/** Posts orders as a client does: one after another in each stream, again with the same id until acknowledged. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadLine, LoadQuestion } from './protocol.ts';

interface Order {
  readonly clientOrderId: string;
  readonly user: string;
  readonly index: number;
}

/** More than all orders of a user cost together: what they freeze comes back only when others trade or end. */
const FUNDS = { USDT: '1000000', BTC: '1000' } as const;

export async function load(question: LoadQuestion, emit: (line: LoadLine) => void): Promise<void> {
  for (const user of question.users)
    await Promise.all(Object.entries(FUNDS).map(([coin, amount]) => deposit(question, user, coin, amount)));
  const streams = question.users.flatMap((user) => {
    const count = question.streamsPerUser[user] ?? 1;
    return Array.from({ length: count }, (_unused, stream) =>
      Array.from({ length: question.ordersPerUser }, (_order, index) => index)
        .filter((index) => index % count === stream)
        .map((index): Order => ({ clientOrderId: `${question.run}-${user}-${String(index)}`, user, index })),
    );
  });
  await Promise.all(
    streams.map(async (orders) => {
      for (const order of orders) emit(await post(question, order));
    }),
  );
  emit({ type: 'end' });
}

/** @throws Error when it is not acknowledged in time */
async function deposit(question: LoadQuestion, user: string, coin: string, amount: string): Promise<void> {
  const { run, assetUrl, attemptTimeoutMs, giveUpMs } = question;
  const content = { deposit_id: `${run}-${user}-${coin}`, user_id: user, coin_name: coin, amount };
  const begun = Date.now();
  for (;;) {
    const refusal = await postJson(`${assetUrl}/deposits`, content, attemptTimeoutMs);
    if (refusal === undefined) return;
    if (Date.now() - begun > giveUpMs) throw new Error(`no deposit of ${user}: ${refusal}`);
    await sleep(200);
  }
}

async function post(question: LoadQuestion, order: Order): Promise<LoadLine> {
  const postedAt = Date.now();
  let attempts = 0;
  let failure: string | undefined;
  const line = (ackedAt?: number): LoadLine => ({
    type: 'order',
    clientOrderId: order.clientOrderId,
    user: order.user,
    postedAt,
    attempts,
    ...(ackedAt === undefined ? {} : { ackedAt }),
    ...(failure === undefined ? {} : { failure }),
  });
  while (Date.now() - postedAt < question.giveUpMs) {
    attempts++;
    const refusal = await attempt(question, order);
    if (refusal === undefined) return line(Date.now());
    failure ??= refusal;
    await sleep(100 + 200 * Math.random());
  }
  return line();
}

/** Undefined when the order was acknowledged, else why not. */
function attempt(question: LoadQuestion, order: Order): Promise<string | undefined> {
  const content = {
    client_order_id: order.clientOrderId,
    user_id: order.user,
    symbol: 'BTCUSDT',
    order_type: 'LIMIT',
    direction: order.index % 2 === 0 ? 'BUY' : 'SELL',
    price: '50000.00',
    amount: '0.001',
    time_in_force: 'GTC',
    source: 'API',
  };
  return postJson(`${question.url}/orders`, content, question.attemptTimeoutMs);
}

/** Undefined when it was acknowledged, else why not. */
async function postJson(url: string, content: object, timeoutMs: number): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(timeoutMs),
      body: JSON.stringify(content),
    });
    const text = await response.text();
    return response.ok ? undefined : `HTTP ${String(response.status)} ${text.slice(0, 200)}`;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}
