import { userId } from '@gantry/messaging';
import {
  createServiceApp,
  fieldProblems,
  limitBody,
  readJson,
  refuse,
  traceIdOf,
  unavailable,
  type ServiceHttpOptions,
} from '@gantry/service';
import type { Hono } from 'hono';
import { depositRequest, type Balance, type DepositOutcome, type DepositRequest } from './deposits.ts';

export interface AssetApi {
  deposit(request: DepositRequest, traceId: string): Promise<DepositOutcome>;
  balances(user: string): Promise<readonly Balance[]>;
}

/** Deposits come from the wallet; until there is one, whoever reaches this port can make them: tests, and a demonstration. */
export function createHttpApp(api: AssetApi, options: ServiceHttpOptions): Hono {
  const app = createServiceApp(options);
  app.post('/deposits', limitBody, async (context) => {
    const parsed = depositRequest.safeParse(await readJson(context));
    if (!parsed.success) {
      const problems = fieldProblems(parsed.error, 'a deposit');
      return refuse(context, 400, 'InvalidDeposit', 'the deposit is not valid', problems);
    }
    if (options.health().state === 'Starting') return unavailable(context, 'the service is starting');
    const outcome = await api.deposit(parsed.data, traceIdOf(context.req.header('traceparent')));
    if (outcome.kind === 'UnknownCoin')
      return refuse(context, 422, 'UnknownCoin', `there is no coin ${parsed.data.coin_name} here`);
    if (outcome.kind === 'Conflict')
      return refuse(context, 409, 'DepositIdTaken', 'deposit_id names a deposit that has other content');
    return context.json(outcome.deposit, outcome.kind === 'Deposited' ? 201 : 200);
  });

  app.get('/accounts/:user', async (context) => {
    const user = context.req.param('user');
    const known = userId.safeParse(user).success ? await api.balances(user) : [];
    return context.json({ user_id: user, balances: known });
  });
  return app;
}
