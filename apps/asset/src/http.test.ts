import { describe, expect, it } from '@jest/globals';
import type { Logger } from '@gantry/messaging';
import type { Health } from '@gantry/service';
import { Counter, Registry } from 'prom-client';
import type { DepositOutcome } from './deposits.ts';
import { createHttpApp, type AssetApi } from './http.ts';

const ignore = (): void => undefined;
const log: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const body = { deposit_id: 'd-1', user_id: 'ann', coin_name: 'USDT', amount: '10' };

function appWith(api: Partial<AssetApi & { health: () => Health }>) {
  const registry = new Registry();
  const labelNames = ['route', 'status'] as const;
  const requests = new Counter({ name: 'requests', help: 'x', labelNames, registers: [registry] });
  const full: AssetApi = {
    deposit: (deposit) => Promise.resolve<DepositOutcome>({ kind: 'Deposited', deposit }),
    balances: () => Promise.resolve([{ coin_name: 'USDT', available: '10', frozen: '0' }]),
    ...api,
  };
  const { health = () => ({ state: 'Running', checks: {} }) } = api;
  const app = createHttpApp(full, { health, registry, requests, log });
  const post = (content: unknown) =>
    app.request('/deposits', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(content),
    });
  return { app, post };
}

describe('HTTP of the asset service', () => {
  it.each<[DepositOutcome, number]>([
    [{ kind: 'Deposited', deposit: body }, 201],
    [{ kind: 'Existing', deposit: body }, 200],
    [{ kind: 'Conflict' }, 409],
    [{ kind: 'UnknownCoin' }, 422],
  ])('answers %j with %i', async (outcome, status) => {
    expect((await appWith({ deposit: () => Promise.resolve(outcome) }).post(body)).status).toBe(status);
  });

  it.each([{ amount: '0' }, { amount: 10 }, { coin_name: 'usdt' }, { deposit_id: '' }, { coin: 'BTC' }])(
    'refuses %j',
    async (change) => {
      expect((await appWith({}).post({ ...body, ...change })).status).toBe(400);
    },
  );

  it('asks to retry while it starts', async () => {
    const { post } = appWith({ health: () => ({ state: 'Starting', checks: {} }) });
    expect((await post(body)).status).toBe(503);
  });

  it('shows what a user has, and nothing of one that cannot be', async () => {
    const { app } = appWith({});
    expect(await (await app.request('/accounts/ann')).json()).toEqual({
      user_id: 'ann',
      balances: [{ coin_name: 'USDT', available: '10', frozen: '0' }],
    });
    expect(await (await app.request('/accounts/a%20b')).json()).toMatchObject({ balances: [] });
  });
});
