import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { kindDefinitions } from '../../operator/src/api/definitions.ts';
import type { KindDefinition } from '../../operator/src/api/schema/crd.ts';
import { Builder, type Case, ruleCases, schemaCases, serverPath } from './crd-cases.ts';
import { type Answer, ApiServer } from './crd-server.ts';

// Of this run alone: a namespace of the last one may still be going away.
const namespace = `gantry-crd-cases-${Date.now().toString(36)}`;
let server: ApiServer;

beforeAll(async () => {
  server = await ApiServer.connect();
  await server.createNamespace(namespace);
  await server.installCrds();
}, 60_000);

afterAll(async () => {
  await server.deleteNamespace(namespace);
  server.close();
});

const collection = ({ type }: KindDefinition): string =>
  `/apis/${type.group}/${type.version}/namespaces/${namespace}/${type.plural}`;

let serial = 0;
/** Cases run on a server that keeps what edits begin with: every one gets an object of its own. */
function named<T extends Case['object']>(object: T, name: string | undefined): T {
  return name === undefined ? object : { ...object, metadata: { name } };
}

async function send(kind: KindDefinition, { from, object }: Case): Promise<Answer> {
  const path = collection(kind);
  if (from === undefined) return server.call('POST', `${path}?dryRun=All&fieldValidation=Strict`, object);

  const own = JSON.stringify(object['metadata']) === '{"name":"case"}' ? `case-${(serial += 1)}` : undefined;
  const created = await server.call('POST', `${path}?fieldValidation=Strict`, named(from, own));
  if (created.status !== 201) throw new Error(`what the edit begins with: ${created.body.message ?? ''}`);
  const { name, resourceVersion } = created.body.metadata ?? {};
  try {
    return await server.call('PUT', `${path}/${String(name)}?dryRun=All&fieldValidation=Strict`, {
      ...object,
      metadata: { name, resourceVersion },
    });
  } finally {
    await server.call('DELETE', `${path}/${String(name)}`);
  }
}

/** What is wrong with an answer, or nothing. */
function faultOf({ title, refusal }: Case, { status, body }: Answer): string | undefined {
  const causes = body.details?.causes ?? [];
  const got = `${title}: ${status} ${body.message ?? ''} ${JSON.stringify(causes)}`;
  if (!refusal) return status < 300 ? undefined : got;
  const isExpected = (message: string): boolean =>
    typeof refusal.message === 'string' ? message.includes(refusal.message) : refusal.message.test(message);
  const found = causes.some(
    // The server's name for the object as a whole.
    ({ field = '', message = '' }) => field.replace('<nil>', '') === refusal.field && isExpected(message),
  );
  return status === 422 && found ? undefined : got;
}

describe.each(kindDefinitions.map((kind) => [kind.type.kind, kind] as const))('%s', (_, kind) => {
  const builder = new Builder(kind);

  it('accepts the smallest object of the reference', async () => {
    const minimal = { title: 'minimal', object: builder.object(kind.minimal) };
    expect(faultOf(minimal, await send(kind, minimal))).toBeUndefined();
  });

  it.each(ruleCases(kind).map((each) => [each.title, each] as const))('rule %s', async (__, each) => {
    expect(faultOf(each, await send(kind, each))).toBeUndefined();
  });

  // A constraint has its say before the rules: what it lets pass may still break one of them.
  it.each(groupByField(schemaCases(kind)))('constraints of %s', async (__, cases) => {
    const answers = await Promise.all(cases.map(async (each) => ({ each, answer: await send(kind, each) })));
    const faults = answers
      .filter(({ each, answer }) => each.refusal !== undefined || !onlyRules(kind, answer))
      .map(({ each, answer }) => faultOf(each, answer));
    expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
  });

  it('refuses an unknown field in every object', async () => {
    const objects = builder.fields.filter(({ schema }) => schema.properties);
    const answers = await Promise.all(
      objects.map(async ({ path }) => ({
        path,
        answer: await send(kind, builder.withUnknown(path, 'nonsense')),
      })),
    );
    expect(answers.map(({ path, answer }) => [answer.status, path, answer.body.message])).toEqual(
      objects.map(({ path }) => [
        400,
        path,
        expect.stringContaining(`unknown field "${serverPath(path)}.nonsense"`),
      ]),
    );
  });
});

function groupByField(cases: readonly Case[]): readonly (readonly [string, readonly Case[]])[] {
  const groups = Map.groupBy(cases, ({ title }) => title.slice(0, title.indexOf(' ')));
  return [...groups];
}

function onlyRules(kind: KindDefinition, { status, body }: Answer): boolean {
  const messages = [...kind.rules, ...new Builder(kind).fields.flatMap(({ rules }) => rules)].map(
    ({ message }) => message,
  );
  const causes = body.details?.causes ?? [];
  return (
    status === 422 &&
    causes.length > 0 &&
    causes.every((cause) => messages.some((message) => cause.message?.includes(message) === true))
  );
}
