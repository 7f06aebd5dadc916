/** Every environment variable of the operator: typed, defaulted, and refused when unknown. */
import { hostname } from 'node:os';
import * as z from 'zod';

const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

const variables = {
  GANTRY_NAMESPACE: z.string().min(1).default('gantry-system'),
  GANTRY_IDENTITY: z.string().min(1).default(hostname()),
  GANTRY_POD_UID: z.string().min(1).optional(),
  GANTRY_LEADER_ELECTION: flag.default(true),
  GANTRY_HTTP_PORT: z.coerce.number().int().min(1).max(65_535).default(8080),
  GANTRY_KEDA_PORT: z.coerce.number().int().min(1).max(65_535).default(8082),
  GANTRY_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  GANTRY_IMAGE: z.string().min(1).optional(),
  GANTRY_CLUSTER_DOMAIN: z.string().min(1).default('cluster.local'),
  GANTRY_RESYNC_SECONDS: z.coerce.number().int().min(10).max(3_600).default(120),
} as const;

const environment = z.object(variables);

export interface Config {
  /** Namespace of the leader-election Lease. */
  readonly namespace: string;
  /** This process's name in the Lease; the pod's name when it runs in a pod. */
  readonly identity: string;
  /** Of the pod that this runs in; absent outside of one. */
  readonly podUid?: string;
  readonly leaderElection: boolean;
  /** Port of /healthz, /readyz and /metrics. */
  readonly httpPort: number;
  /** Port on which KEDA is answered, when some ConsumerGroup asks for it. */
  readonly kedaPort: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** The image that this runs from, for what it runs beside brokers; absent outside of a pod. */
  readonly image?: string;
  /** DNS domain of the Kubernetes cluster; brokers are addressed by their full names. */
  readonly clusterDomain: string;
  /** How often every object is compared with the brokers although nothing has changed. */
  readonly resyncMs: number;
}

export class ConfigError extends Error {
  readonly code = 'InvalidConfig';
  readonly retryable = false;

  constructor(problems: readonly string[]) {
    super(`The operator's environment is invalid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/**
 * Reads the configuration.
 *
 * A `GANTRY_` variable that nobody reads is refused, since a misspelt setting that is silently ignored is found
 * only in an incident.
 *
 * @throws ConfigError naming every variable that is unknown or malformed.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const unknown = Object.keys(env)
    .filter((name) => name.startsWith('GANTRY_') && !(name in variables))
    .map((name) => `${name}: no such setting; the settings are ${Object.keys(variables).join(', ')}`);
  const parsed = environment.safeParse(env);
  const malformed = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  if (unknown.length > 0 || !parsed.success) {
    throw new ConfigError([...unknown, ...malformed]);
  }
  const value = parsed.data;
  return {
    namespace: value.GANTRY_NAMESPACE,
    identity: value.GANTRY_IDENTITY,
    ...(value.GANTRY_POD_UID === undefined ? {} : { podUid: value.GANTRY_POD_UID }),
    leaderElection: value.GANTRY_LEADER_ELECTION,
    httpPort: value.GANTRY_HTTP_PORT,
    kedaPort: value.GANTRY_KEDA_PORT,
    logLevel: value.GANTRY_LOG_LEVEL,
    ...(value.GANTRY_IMAGE === undefined ? {} : { image: value.GANTRY_IMAGE }),
    clusterDomain: value.GANTRY_CLUSTER_DOMAIN,
    resyncMs: value.GANTRY_RESYNC_SECONDS * 1_000,
  };
}
