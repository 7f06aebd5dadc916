import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { clusterKind, consumerGroupKind, topicKind, userKind } from '../../operator/src/api/definitions.ts';
import { parseCluster, parseConsumerGroup, parseUser, parseTopic } from '../../operator/src/api/mod.ts';
import type { Json } from '../../operator/src/api/schema/authoring.ts';
import { plausibleObjects } from './crd-fuzz.ts';
import { type Answer, ApiServer } from './crd-server.ts';

const seed = Number(process.env['CRD_FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const count = 1000;
const namespace = `gantry-crd-fuzz-${Date.now().toString(36)}`;
let server: ApiServer;

beforeAll(async () => {
  process.stdout.write(`fuzzed objects: CRD_FUZZ_SEED=${seed}\n`);
  server = await ApiServer.connect();
  await server.createNamespace(namespace);
  await server.installCrds();
}, 60_000);

afterAll(async () => {
  await server.deleteNamespace(namespace);
  server.close();
});

interface Sent {
  readonly object: Json;
  readonly answer: Answer;
}

/** A refusal that helps: it names a field and says why. */
function isClear({ status, body }: Answer): boolean {
  const { message = '', details } = body;
  if (status === 400) return /unknown field "[^"]+"|strict decoding error/.test(message);
  const causes = details?.causes ?? [];
  return (
    status === 422 &&
    causes.length > 0 &&
    causes.every(({ field, message: why = '' }) => field !== undefined && why.length > 5)
  );
}

async function sendAll(path: string, objects: readonly Json[]): Promise<readonly Sent[]> {
  const queue = objects.values();
  const sent: Sent[] = [];
  const lane = async (): Promise<void> => {
    for (const object of queue) {
      const answer = await server.call('POST', `${path}?dryRun=All&fieldValidation=Strict`, object);
      sent.push({ object, answer });
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  return sent;
}

/** The server drops a null where there is a default, so a null proves nothing. */
const isAboutSpec = ({ object, answer }: Sent): boolean =>
  answer.status === 422 &&
  !JSON.stringify(object).includes('null') &&
  (answer.body.details?.causes ?? []).some(({ field = '' }) => field.startsWith('spec'));

const specOf = (object: Json): Json =>
  typeof object === 'object' && object !== null && 'spec' in object ? object['spec'] : null;

interface Outcome {
  readonly ok: boolean;
}

describe('fuzzed objects', () => {
  it.each([
    [
      'RocketMQCluster',
      clusterKind,
      (spec: unknown, name: string): Outcome => parseCluster(stored(spec, name)),
    ],
    ['Topic', topicKind, (spec: unknown, name: string): Outcome => parseTopic(stored(spec, name))],
    [
      'ConsumerGroup',
      consumerGroupKind,
      (spec: unknown, name: string): Outcome => parseConsumerGroup(stored(spec, name)),
    ],
    ['User', userKind, (spec: unknown, name: string): Outcome => parseUser(stored(spec, name))],
  ] as const)(
    '%s: refused with field and reason, or parsed by the operator',
    async (_, kind, parse) => {
      const { group, version, plural } = kind.type;
      const path = `/apis/${group}/${version}/namespaces/${namespace}/${plural}`;
      const sent = await sendAll(path, fc.sample(plausibleObjects(kind), { numRuns: count, seed }));
      const accepted = sent.filter(({ answer }) => answer.status === 201);
      const refused = sent.filter(({ answer }) => answer.status !== 201);

      // Neither half may be empty, or the generator proves nothing.
      expect(accepted.length).toBeGreaterThan(count / 20);
      expect(refused.length).toBeGreaterThan(count / 20);
      expect(refused.filter(({ answer }) => !isClear(answer))).toEqual([]);
      expect(
        accepted.filter(({ answer: { body } }) => !parse(body.spec, String(body.metadata?.['name'])).ok),
      ).toEqual([]);
      // The operator is as strict as the server: an object that slipped past it is found out.
      expect(refused.filter(isAboutSpec).filter(({ object }) => parse(specOf(object), 'orders').ok)).toEqual(
        [],
      );
      process.stdout.write(`${plural}: ${accepted.length} accepted, ${refused.length} refused\n`);
    },
    300_000,
  );
});

const stored = (spec: unknown, name: string) => ({
  apiVersion: 'rocketmq.gantry.dev/v1beta1',
  kind: 'any',
  metadata: { name },
  spec,
});
