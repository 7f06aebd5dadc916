import { createServer, Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { describeError, systemClock, type Logger } from '@gantry/messaging';
import { pino } from 'pino';
import { collectDefaultMetrics, Counter, Registry } from 'prom-client';
import { readConfig, type Config } from './config.ts';
import { createHttpApp } from './http.ts';
import { OrderService } from './service.ts';
import { closeServer } from './shutdown.ts';

/** Whatever hangs past this is left to the restart; below terminationGracePeriodSeconds (60). */
const SHUTDOWN_DEADLINE_MS = 55_000;
const MAX_ORDERS_IN_FLIGHT = 512;

function run(config: Config, log: Logger): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'gantry_order_requests_total',
    help: 'HTTP requests answered, by route and status',
    labelNames: ['route', 'status'],
    registers: [registry],
  });
  const service = new OrderService({ config, registry, clock: systemClock, random: Math.random, log });
  const app = createHttpApp({ api: service, registry, requests, maxInFlight: MAX_ORDERS_IN_FLIGHT, log });
  const server = createAdaptorServer({ fetch: app.fetch, createServer });
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

async function shutDown(service: OrderService, server: Server, starting: Promise<void>): Promise<void> {
  service.beginStop();
  await closeServer(server, systemClock);
  await starting;
  await service.stop();
}

function fail(log: Logger, message: string, error: unknown): never {
  log.error(error === undefined ? {} : { error: describeError(error) }, message);
  process.exit(1);
}

const result = readConfig(process.env);
// Synchronous, so that the last lines before an exit are written.
const log = pino(
  { level: result.ok ? result.config.logLevel : 'info', base: { service: 'order' } },
  pino.destination({ sync: true }),
);
if (result.ok) {
  log.info({ environment: result.printable }, 'configuration');
  run(result.config, log);
} else {
  log.error({ problems: result.problems }, 'the environment is not valid');
  process.exitCode = 1;
}
