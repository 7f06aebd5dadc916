import { readProperties } from '../codec/properties.ts';
import { redactConfigValue } from '../redact.ts';
import type { RequestName } from '../codes.ts';
import type { CallOptions } from '../types.ts';
import type { Caller } from './caller.ts';

/** The effective configuration of any server; values that can hold a secret read `<redacted>`. */
export async function readConfig(
  caller: Caller,
  request: Extract<RequestName, 'getBrokerConfig' | 'getNamesrvConfig' | 'controllerGetConfig'>,
  options: CallOptions | undefined,
): Promise<ReadonlyMap<string, string>> {
  const response = await caller.call(request, {}, options);
  const properties = readProperties(response.body.toString('utf8'));
  return new Map([...properties].map(([key, value]) => [key, redactConfigValue(key, value)]));
}
