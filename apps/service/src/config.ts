import * as z from 'zod';

const PREFIX = 'GANTRY_';
const SECRETS: ReadonlySet<string> = new Set(['GANTRY_POSTGRES_PASSWORD']);

/** What the environment of every service sets, with the unit in its name. */
export const commonVariables = {
  GANTRY_HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  GANTRY_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** The proxy's gRPC listener. A port is required: the client would silently take 80. */
  GANTRY_ROCKETMQ_ENDPOINTS: z.string().regex(/^[A-Za-z0-9.-]+:\d{1,5}$/, 'must be host:port'),
  /** Directory in which the Secret of a User is mounted. Absent: requests are not signed. */
  GANTRY_ROCKETMQ_CREDENTIALS: z.string().min(1).optional(),
  GANTRY_POSTGRES_HOST: z.string().min(1),
  GANTRY_POSTGRES_PORT: z.coerce.number().int().min(1).max(65_535).default(5432),
  GANTRY_POSTGRES_DATABASE: z.string().min(1),
  GANTRY_POSTGRES_USER: z.string().min(1),
  GANTRY_POSTGRES_PASSWORD: z.string().min(1),
  /** Connections for requests; as many of them are in their transaction at once. */
  GANTRY_POSTGRES_CONNECTIONS: z.coerce.number().int().min(1).max(200).default(16),
  /** Messages of a topic that are applied at once. */
  GANTRY_CONSUMER_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(8),
} as const;

/** Of services that send transactional messages. */
export const resendVariables = {
  /** A message that nobody has applied after this time is sent again: after some of the broker's own checks, 30 s apart. */
  GANTRY_RESEND_AFTER_MS: z.coerce.number().int().min(1_000).default(120_000),
} as const;

type CommonValues = z.infer<z.ZodObject<typeof commonVariables>>;

export interface PostgresConfig {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

export interface CommonConfig {
  readonly httpPort: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly endpoints: string;
  readonly credentialsDirectory: string | undefined;
  readonly postgres: PostgresConfig;
  readonly connections: number;
  readonly concurrency: number;
}

export type ConfigResult<C> =
  | { readonly ok: true; readonly config: C; readonly printable: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Reads the environment. Unknown variables of our prefix are refused, since a misspelt one would silently mean its
 * default. Problems name variables, never values: one of them may be a secret in the wrong place.
 */
export function readEnvironment<Shape extends z.ZodRawShape, C>(
  schema: z.ZodObject<Shape>,
  toConfig: (value: z.infer<z.ZodObject<Shape>>) => C,
  environment: Readonly<Record<string, string | undefined>>,
): ConfigResult<C> {
  const known = new Set(Object.keys(schema.shape));
  const unknown = Object.keys(environment).filter((name) => name.startsWith(PREFIX) && !known.has(name));
  const parsed = schema.safeParse(environment);
  const problems = [
    ...unknown.map((name) => `${name} is not a variable of this service`),
    ...(parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`),
  ];
  if (!parsed.success || problems.length > 0) return { ok: false, problems };
  const printable: Record<string, string> = {};
  for (const [name, each] of Object.entries(parsed.data))
    printable[name] = SECRETS.has(name) ? '(secret)' : String(each);
  return { ok: true, config: toConfig(parsed.data), printable };
}

export function toCommonConfig(value: CommonValues): CommonConfig {
  return {
    httpPort: value.GANTRY_HTTP_PORT,
    logLevel: value.GANTRY_LOG_LEVEL,
    endpoints: value.GANTRY_ROCKETMQ_ENDPOINTS,
    credentialsDirectory: value.GANTRY_ROCKETMQ_CREDENTIALS,
    postgres: {
      host: value.GANTRY_POSTGRES_HOST,
      port: value.GANTRY_POSTGRES_PORT,
      database: value.GANTRY_POSTGRES_DATABASE,
      user: value.GANTRY_POSTGRES_USER,
      password: value.GANTRY_POSTGRES_PASSWORD,
    },
    connections: value.GANTRY_POSTGRES_CONNECTIONS,
    concurrency: value.GANTRY_CONSUMER_CONCURRENCY,
  };
}
