/** The environment of a guard, as the operator writes it into the pod (cluster/resources/guard.ts). */
import * as z from 'zod';
import type { Credentials } from '../rocketmq/mod.ts';

const count = z.coerce.number().int().min(1);
const addresses = z
  .string()
  .min(1)
  .transform((text) => text.split(';'));

const environment = z.object({
  GUARD_GROUP: z.string().min(1),
  GUARD_BROKER: z.string().min(1),
  GUARD_CONTROLLERS: addresses,
  GUARD_LEASE_MS: count,
  GUARD_PORT: count.max(65_535),
  GUARD_ACCESS_KEY: z.string().min(1).exactOptional(),
  GUARD_SECRET_KEY: z.string().min(1).exactOptional(),
});

export interface GuardConfig {
  readonly group: string;
  /** The broker beside it, as it registers: `host:port`. */
  readonly broker: string;
  readonly controllers: readonly string[];
  readonly leaseMs: number;
  /** Of its health. */
  readonly port: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws ZodError */
export function readGuardConfig(env: Environment): GuardConfig {
  const value = environment.parse(env);
  return {
    group: value.GUARD_GROUP,
    broker: value.GUARD_BROKER,
    controllers: value.GUARD_CONTROLLERS,
    leaseMs: value.GUARD_LEASE_MS,
    port: value.GUARD_PORT,
  };
}

/** Apart from the rest, which is logged. Nothing where requests are not signed. */
export function readCredentials(env: Environment): Credentials | undefined {
  const { GUARD_ACCESS_KEY: accessKey, GUARD_SECRET_KEY: secretKey } = environment.parse(env);
  return accessKey === undefined || secretKey === undefined ? undefined : { accessKey, secretKey };
}
