import {
  commonVariables,
  readEnvironment,
  resendVariables,
  toCommonConfig,
  type CommonConfig,
  type ConfigResult,
} from '@gantry/service';
import * as z from 'zod';

const THIRTY_MINUTES_MS = 30 * 60_000;
/** What proxies take by default (maxDelayTimeMills). */
const ONE_DAY_MS = 24 * 3_600_000;

const schema = z.object({
  ...commonVariables,
  ...resendVariables,
  GANTRY_ORDER_TOPIC: z.string().min(1).default('order-topic'),
  GANTRY_ORDER_GROUP: z.string().min(1).default('order-consumer'),
  GANTRY_TRADE_TOPIC: z.string().min(1).default('trade-topic'),
  GANTRY_ORDER_TRADE_GROUP: z.string().min(1).default('order-trade-consumer'),
  GANTRY_ORDER_TIMEOUT_TOPIC: z.string().min(1).default('order-timeout-topic'),
  GANTRY_ORDER_TIMEOUT_GROUP: z.string().min(1).default('order-timeout-consumer'),
  /** An order that is open after this time is cancelled. */
  GANTRY_ORDER_TIMEOUT_MS: z.coerce.number().int().min(1_000).max(ONE_DAY_MS).default(THIRTY_MINUTES_MS),
});

export interface Config extends CommonConfig {
  readonly topic: string;
  readonly group: string;
  readonly tradeTopic: string;
  readonly tradeGroup: string;
  readonly timeoutTopic: string;
  readonly timeoutGroup: string;
  readonly timeoutMs: number;
  readonly resendAfterMs: number;
}

export function readConfig(environment: Readonly<Record<string, string | undefined>>): ConfigResult<Config> {
  return readEnvironment(
    schema,
    (value) => ({
      ...toCommonConfig(value),
      topic: value.GANTRY_ORDER_TOPIC,
      group: value.GANTRY_ORDER_GROUP,
      tradeTopic: value.GANTRY_TRADE_TOPIC,
      tradeGroup: value.GANTRY_ORDER_TRADE_GROUP,
      timeoutTopic: value.GANTRY_ORDER_TIMEOUT_TOPIC,
      timeoutGroup: value.GANTRY_ORDER_TIMEOUT_GROUP,
      timeoutMs: value.GANTRY_ORDER_TIMEOUT_MS,
      resendAfterMs: value.GANTRY_RESEND_AFTER_MS,
    }),
    environment,
  );
}
