import {
  commonVariables,
  readEnvironment,
  resendVariables,
  toCommonConfig,
  type CommonConfig,
  type ConfigResult,
} from '@gantry/service';
import * as z from 'zod';

const schema = z.object({
  ...commonVariables,
  ...resendVariables,
  GANTRY_TRADE_TOPIC: z.string().min(1).default('trade-topic'),
  GANTRY_ASSET_TOPIC: z.string().min(1).default('asset-topic'),
  GANTRY_ASSET_GROUP: z.string().min(1).default('asset-consumer'),
  GANTRY_ASSET_TRADE_GROUP: z.string().min(1).default('asset-trade-consumer'),
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
