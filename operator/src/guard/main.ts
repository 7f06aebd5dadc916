/** The process beside each broker of a group with an elected master: see decision 13. */
import { existsSync, rmSync } from 'node:fs';
import { systemClock } from '../kube/clock.ts';
import { probe, startHttpServer } from '../http-server.ts';
import { createLogger } from '../logging.ts';
import { RocketmqClient } from '../rocketmq/mod.ts';
import { readCredentials, readGuardConfig } from './config.ts';
import { createControllers } from './controllers.ts';
import { closingFile, overrideFile } from './files.ts';
import { guard } from './guard.ts';
import { endBroker } from './process.ts';
import { questionsInLease } from './timings.ts';
import { healthPath, Turns } from './turns.ts';

const config = readGuardConfig(process.env);
const log = createLogger('info');
log.info({ config }, 'guarding');
const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => stopping.abort(new Error(`received ${signal}`)));
}
const { signal } = stopping;
const credentials = readCredentials(process.env);
const rocketmq = new RocketmqClient({
  connectTimeoutMs: 1_000,
  ...(credentials === undefined ? {} : { credentials }),
});
const { group, broker: address, controllers: addresses } = config;
// Controllers that work answer within milliseconds; on a starved machine an answer is good for as long as the lease is.
const callTimeoutMs = config.leaseMs / questionsInLease;
const controllers = createControllers({ rocketmq, addresses, group, address, callTimeoutMs });
const turns = new Turns(systemClock);
await startHttpServer({ port: config.port, pages: { [healthPath]: probe(() => turns.health()) } });
await guard(
  {
    broker: rocketmq.broker(address),
    controllers,
    isOverridden: () => existsSync(overrideFile),
    isEnding: () => existsSync(closingFile),
    hasEnded: () => rmSync(closingFile, { force: true }),
    endBroker: () => endBroker('/proc', (pid, how) => process.kill(pid, how)),
    onTurn: (loop) => turns.turned(loop),
    leaseMs: config.leaseMs,
    clock: systemClock,
    log,
  },
  signal,
);
process.exit();
