import {
  commonVariables,
  readEnvironment,
  toCommonConfig,
  type CommonConfig,
  type ConfigResult,
} from '@gantry/service';
import * as z from 'zod';

const schema = z.object({
  ...commonVariables,
  GANTRY_TRADE_TOPIC: z.string().min(1).default('trade-topic'),
  GANTRY_ASSET_TOPIC: z.string().min(1).default('asset-topic'),
  GANTRY_ASSET_GROUP: z.string().min(1).default('asset-consumer'),
  GANTRY_ASSET_TRADE_GROUP: z.string().min(1).default('asset-trade-consumer'),
  /** A message that nobody has applied after this time is sent again: after some of the broker's own checks, 30 s apart. */
  GANTRY_RESEND_AFTER_MS: z.coerce.number().int().min(1_000).default(120_000),
});

export interface Config extends CommonConfig {
  readonly tradeTopic: string;
  readonly assetTopic: string;
  readonly group: string;
  readonly tradeGroup: string;
  readonly resendAfterMs: number;
}

export function readConfig(environment: Readonly<Record<string, string | undefined>>): ConfigResult<Config> {
  return readEnvironment(
    schema,
    (value) => ({
      ...toCommonConfig(value),
      tradeTopic: value.GANTRY_TRADE_TOPIC,
      assetTopic: value.GANTRY_ASSET_TOPIC,
      group: value.GANTRY_ASSET_GROUP,
      tradeGroup: value.GANTRY_ASSET_TRADE_GROUP,
      resendAfterMs: value.GANTRY_RESEND_AFTER_MS,
    }),
    environment,
  );
}
