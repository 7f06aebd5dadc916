import { afterEach, describe, expect, it } from '@jest/globals';
import { Counter, Registry } from 'prom-client';
import { startHttpServer } from './http-server.ts';
import type { Health, RunningHttpServer } from './http-server.ts';

const running: RunningHttpServer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function start(health: { liveness?: Health; readiness?: Health } = {}): Promise<string> {
  const registry = new Registry();
  new Counter({ name: 'gantry_test_total', help: 'A test.', registers: [registry] }).inc(3);
  const server = await startHttpServer({
    port: 0,
    registry,
    liveness: () => health.liveness ?? { healthy: true },
    readiness: () => health.readiness ?? { healthy: true },
  });
  running.push(server);
  return `http://127.0.0.1:${server.port}`;
}

describe('the HTTP server', () => {
  it('answers probes and metrics', async () => {
    const url = await start();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('gantry_test_total 3');
    expect((await fetch(`${url}/`)).status).toBe(404);
  });

  it('says why it is not ready', async () => {
    const url = await start({ readiness: { healthy: false, problem: 'the caches are not filled' } });
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.text()).toBe('the caches are not filled\n');
  });

  it('refuses a port that is taken', async () => {
    const url = await start();
    const port = Number(new URL(url).port);
    const healthy = (): Health => ({ healthy: true });
    await expect(
      startHttpServer({ port, registry: new Registry(), liveness: healthy, readiness: healthy }),
    ).rejects.toThrow('EADDRINUSE');
  });
});
