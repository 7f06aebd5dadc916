import {
  commonVariables,
  Decimal,
  readEnvironment,
  toCommonConfig,
  type CommonConfig,
  type ConfigResult,
} from '@gantry/service';
import * as z from 'zod';
import type { FeeRates } from './apply.ts';

/** A share of what a side receives: at most a tenth, so that a rate in percent is noticed. */
const feeRate = z
  .string()
  .regex(/^0(\.\d{1,8})?$/, { error: 'must be a decimal such as 0.001', abort: true })
  .refine((text) => new Decimal(text).lte('0.1'), 'may be 0.1 at most')
  .transform((text) => new Decimal(text));

const schema = z.object({
  ...commonVariables,
  GANTRY_ORDER_TOPIC: z.string().min(1).default('order-topic'),
  GANTRY_TRADE_TOPIC: z.string().min(1).default('trade-topic'),
  GANTRY_TRADE_GROUP: z.string().min(1).default('trade-consumer'),
  GANTRY_TRADE_MAKER_FEE: feeRate.prefault('0.001'),
  GANTRY_TRADE_TAKER_FEE: feeRate.prefault('0.001'),
});

export interface Config extends CommonConfig {
  readonly orderTopic: string;
  readonly tradeTopic: string;
  readonly group: string;
  readonly rates: FeeRates;
}

export function readConfig(environment: Readonly<Record<string, string | undefined>>): ConfigResult<Config> {
  return readEnvironment(
    schema,
    (value) => ({
      ...toCommonConfig(value),
      orderTopic: value.GANTRY_ORDER_TOPIC,
      tradeTopic: value.GANTRY_TRADE_TOPIC,
      group: value.GANTRY_TRADE_GROUP,
      rates: { maker: value.GANTRY_TRADE_MAKER_FEE, taker: value.GANTRY_TRADE_TAKER_FEE },
    }),
    environment,
  );
}
