import { createServer, Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { describeError, systemClock, type Clock, type Logger } from '@gantry/messaging';
import type { Hono } from 'hono';
import { pino } from 'pino';
import { collectDefaultMetrics, Registry, type Counter } from 'prom-client';
import type { CommonConfig, ConfigResult } from './config.ts';
import { requestCounter } from './http.ts';
import type { Lifetime } from './lifetime.ts';
import { closeServer } from './shutdown.ts';

/** Whatever hangs past this is left to the restart; below terminationGracePeriodSeconds (60). */
const SHUTDOWN_DEADLINE_MS = 55_000;

/** What a service is made from. */
export interface ServiceContext<C> {
  readonly config: C;
  readonly registry: Registry;
  readonly requests: Counter<'route' | 'status'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

export interface RunnableService {
  /** What it answers. */
  readonly app: Hono;
  /** Resolves once everything runs, or when stopped before. */
  start(): Promise<void>;
  /** From now on not ready, but it serves; `stop` comes once the last request is answered. */
  beginStop(): void;
  stop(): Promise<void>;
}

/** What the parts of a service make of it. */
export function runnable(app: Hono, lifetime: Lifetime): RunnableService {
  return {
    app,
    start: () => lifetime.start(),
    beginStop: () => lifetime.beginStop(),
    stop: () => lifetime.stop(),
  };
}

/** A service's process: its server, its signals and its end. */
export function runService<C extends CommonConfig>(
  name: string,
  result: ConfigResult<C>,
  create: (context: ServiceContext<C>) => RunnableService,
): void {
  // Synchronous, so that the last lines before an exit are written.
  const log = pino(
    { level: result.ok ? result.config.logLevel : 'info', base: { service: name } },
    pino.destination({ sync: true }),
  );
  if (!result.ok) {
    log.error({ problems: result.problems }, 'the environment is not valid');
    process.exitCode = 1;
    return;
  }
  log.info({ environment: result.printable }, 'configuration');
  const { config } = result;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = requestCounter(name, registry);
  const service = create({ config, registry, requests, clock: systemClock, random: Math.random, log });
  const server = createAdaptorServer({ fetch: service.app.fetch, createServer });
  if (!(server instanceof Server)) throw new Error('the HTTP adaptor made another kind of server');
  server.listen(config.httpPort, () => log.info({ port: config.httpPort }, 'listening'));

  const starting = service.start().catch((error: unknown) => fail(log, 'start failed', error));
  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => fail(log, 'shutdown took too long', undefined), SHUTDOWN_DEADLINE_MS).unref();
    void shutDown(service, server, starting).then(
      () => process.exit(0),
      (error: unknown) => fail(log, 'shutdown failed', error),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

async function shutDown(service: RunnableService, server: Server, starting: Promise<void>): Promise<void> {
  service.beginStop();
  await closeServer(server, systemClock);
  await starting;
  await service.stop();
}

function fail(log: Logger, message: string, error: unknown): never {
  log.error(error === undefined ? {} : { error: describeError(error) }, message);
  process.exit(1);
}
