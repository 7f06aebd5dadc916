import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../kube/mod.ts';
import type { Master } from '../objects/mod.ts';
import { inFlightByGroup, observeInFlight, type InFlight } from './in-flight.ts';
import type { ReadersOnMasters } from './readers.ts';

const METRIC = 'rocketmq_consumer_inflight_messages';
const sample = (group: string, topic: string, count: number, isRetry = false): string =>
  `${METRIC}{cluster="c",consumer_group="${group}",is_retry="${isRetry}",node_id="a",topic="${topic}"} ${count}.0\n`;

/** Exporters of brokers: one port, another address of this host for each. */
class Exporters {
  readonly asked: string[] = [];
  readonly #servers: Server[] = [];
  #port = 0;

  static async start(...answers: readonly ((response: ServerResponse) => void)[]): Promise<Exporters> {
    const exporters = new Exporters();
    for (const answer of answers) await exporters.#listen(answer);
    return exporters;
  }

  async #listen(answer: (response: ServerResponse) => void): Promise<void> {
    const server = createServer((request, response) => {
      this.asked.push(request.url ?? '');
      answer(response);
    });
    this.#servers.push(server);
    await new Promise<void>((resolve) =>
      server.listen(this.#port, `127.0.0.${this.#servers.length}`, resolve),
    );
    const address = server.address();
    if (address !== null && typeof address === 'object') this.#port = address.port;
  }

  async look(readers: ReadersOnMasters, masters = this.masters(), timeoutMs = 5_000): Promise<InFlight> {
    const { signal } = new AbortController();
    const call = { clock: systemClock, signal, timeoutMs };
    return observeInFlight(masters, readers, { metricsPort: this.#port }, call);
  }

  masters(): readonly Master[] {
    return this.#servers.map((_, index) => ({
      kind: 'Confirmed',
      group: `broker-${'ab'.charAt(index)}`,
      address: `127.0.0.${index + 1}:10911`,
    }));
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#servers.map(async (server) => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }),
    );
  }
}

const says =
  (text: string, status = 200) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { 'Content-Type': 'text/plain; version=0.0.4' }).end(text);
  };

const readers = (
  ofA: Readonly<Record<string, readonly string[]>>,
  ofB: Readonly<Record<string, readonly string[]>> = {},
): ReadersOnMasters =>
  new Map([
    ['broker-a', new Map(Object.entries(ofA))],
    ['broker-b', new Map(Object.entries(ofB))],
  ]);

let exporters: Exporters | undefined;
afterEach(async () => exporters?.stop());

describe('observeInFlight', () => {
  it('adds up what masters tell of a group, retries too, and asks for nothing else', async () => {
    const other = `# TYPE ${METRIC} gauge\nrocketmq_consumer_lag_messages{consumer_group="g"} 99\n`;
    exporters = await Exporters.start(
      says(other + sample('g', 't', 3) + sample('g', 't', 2, true) + sample('h', 't', 0)),
      says(sample('g', 't', 4)),
    );
    expect(await exporters.look(readers({ t: ['g', 'h'] }, { t: ['g'] }))).toEqual({
      kind: 'Known',
      counts: new Map([
        ['g', 9],
        ['h', 0],
      ]),
    });
    expect(exporters.asked).toEqual(Array.from({ length: 2 }, () => `/metrics?name%5B%5D=${METRIC}`));
  });

  it('knows nothing while a broker exports nothing, or is unknown', async () => {
    exporters = await Exporters.start(says(sample('g', 't', 3)), says('', 500));
    const known = readers({ t: ['g'] });
    expect(await exporters.look(known)).toEqual({
      kind: 'Unknown',
      why: 'broker-b: its exporter answers with 500',
    });
    const [first] = exporters.masters();
    const lost: Master = { kind: 'Unknown', group: 'broker-b', reason: 'MasterUnknown', why: 'it is away' };
    expect(await exporters.look(known, first === undefined ? [] : [first, lost])).toEqual({
      kind: 'Unknown',
      why: 'it is away',
    });
  });

  it('does not wait for a broker that hangs', async () => {
    exporters = await Exporters.start((response) => response.writeHead(200).write('#'));
    expect(await exporters.look(readers({}), undefined, 100)).toEqual({
      kind: 'Unknown',
      why: 'broker-a: its exporter does not answer in time',
    });
  });

  it.each([
    ['something else than metrics', says(`${METRIC}<html>`)],
    ['a line without end', says(`${METRIC}{${'x'.repeat(2_000_000)}`)],
  ])('takes %s for no answer', async (_what, answer) => {
    exporters = await Exporters.start(answer);
    expect(await exporters.look(readers({}))).toEqual({
      kind: 'Unknown',
      why: 'broker-a: its exporter answers with something else than metrics',
    });
  });

  it('is told that nobody listens', async () => {
    exporters = await Exporters.start(says(''));
    const masters = exporters.masters();
    await exporters.stop();
    expect(await exporters.look(readers({}), masters)).toEqual({
      kind: 'Unknown',
      why: 'broker-a: its exporter cannot be reached',
    });
  });

  it('asks nobody where nothing is exported', async () => {
    const call = { clock: systemClock, signal: new AbortController().signal, timeoutMs: 1 };
    expect(await observeInFlight([], readers({}), {}, call)).toMatchObject({ kind: 'Unknown' });
  });
});

describe('inFlightByGroup', () => {
  const told = (
    ...masters: readonly (readonly [string, string, string, number])[]
  ): Parameters<typeof inFlightByGroup>[0] => {
    const counts = new Map<string, Map<string, Map<string, number>>>([
      ['broker-a', new Map()],
      ['broker-b', new Map()],
    ]);
    for (const [master, group, topic, count] of masters) {
      const groups = counts.get(master) ?? new Map<string, Map<string, number>>();
      groups.set(group, new Map([...(groups.get(group) ?? []), [topic, count]]));
      counts.set(master, groups);
    }
    return counts;
  };

  it.each([
    ['no broker tells of it', told(), readers({ t: ['g'] }), undefined],
    [
      'one on which it has a place does not tell of it',
      told(['broker-a', 'g', 't', 3]),
      readers({ t: ['g'] }, { t: ['g'] }),
      undefined,
    ],
    [
      'nobody knows whether it has a place on one',
      told(['broker-a', 'g', 't', 3]),
      new Map([['broker-a', new Map([['t', ['g']]])]]),
      undefined,
    ],
    ['it reads on one broker group only', told(['broker-a', 'g', 't', 3]), readers({ t: ['g'] }), 3],
    [
      'it left a place in a topic that it does not read any more',
      told(['broker-a', 'g', 't', 3]),
      readers({ t: ['g'] }, { old: ['g'] }),
      3,
    ],
    [
      'it reads two topics on two',
      told(['broker-a', 'g', 't', 3], ['broker-b', 'g', 'u', 4]),
      readers({ t: ['g'] }, { u: ['g'] }),
      7,
    ],
  ] as const)('when %s', (_when, counts, places, expected) => {
    expect(inFlightByGroup(counts, places).get('g')).toBe(expected);
  });
});
