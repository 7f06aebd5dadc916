import { afterEach, describe, expect, it } from '@jest/globals';
import { Counter, Registry } from 'prom-client';
import { metrics, probe, startHttpServer } from './http-server.ts';
import type { Page, RunningHttpServer } from './http-server.ts';

const running: RunningHttpServer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function start(pages: Readonly<Record<string, Page>>): Promise<string> {
  const server = await startHttpServer({ port: 0, pages });
  running.push(server);
  return `http://127.0.0.1:${server.port}`;
}

const healthy = probe(() => ({ healthy: true }));

async function get(url: string): Promise<readonly [number, string]> {
  const response = await fetch(url);
  return [response.status, await response.text()];
}

describe('the HTTP server', () => {
  it('answers probes', async () => {
    const url = await start({
      '/healthz': healthy,
      '/readyz': probe(() => ({ healthy: false, problem: 'the caches are not filled' })),
    });
    expect(await get(`${url}/healthz`)).toEqual([200, 'ok\n']);
    expect(await get(`${url}/readyz`)).toEqual([503, 'the caches are not filled\n']);
  });

  it('answers metrics, in the format that it says', async () => {
    const registry = new Registry();
    new Counter({ name: 'gantry_test_total', help: 'A test.', registers: [registry] }).inc(3);
    const url = await start({ '/metrics': metrics(registry) });
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toBe(registry.contentType);
    expect(await response.text()).toContain('gantry_test_total 3');
  });

  it('says which paths there are', async () => {
    const url = await start({ '/healthz': healthy, '/readyz': healthy });
    expect(await get(`${url}/`)).toEqual([404, 'not found; try /healthz, /readyz\n']);
  });

  it('goes on after a page that failed', async () => {
    const fail = (): never => {
      throw new Error('no figures');
    };
    const url = await start({ '/healthz': healthy, '/metrics': fail });
    expect(await get(`${url}/metrics`)).toEqual([500, 'no figures\n']);
    expect(await get(`${url}/healthz`)).toEqual([200, 'ok\n']);
  });

  it('refuses a port that is taken', async () => {
    const url = await start({});
    const port = Number(new URL(url).port);
    await expect(startHttpServer({ port, pages: {} })).rejects.toThrow('EADDRINUSE');
  });
});
