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
  expect({ status: created.status, message: created.body.message }).toEqual({
    status: 201,
    message: undefined,
  });
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

function expectAnswer({ title, refusal }: Case, { status, body }: Answer): void {
  const seen = { title, status, message: body.message };
  if (!refusal) {
    expect(seen).toEqual({ title, status: expect.any(Number), message: undefined });
    expect(status).toBeLessThan(300);
    return;
  }
  expect(seen).toMatchObject({ title, status: 422 });
  const causes = body.details?.causes ?? [];
  const at = causes.filter((cause) => (cause.field ?? '').replace('<nil>', '') === refusal.field);
  const matches = at.some(({ message = '' }) =>
    typeof refusal.message === 'string' ? message.includes(refusal.message) : refusal.message.test(message),
  );
  expect({ title, matches, causes }).toMatchObject({ matches: true });
}

describe.each(kindDefinitions.map((kind) => [kind.type.kind, kind] as const))('%s', (_, kind) => {
  const builder = new Builder(kind);

  it('accepts the smallest object of the reference', async () => {
    expectAnswer(
      { title: 'minimal', object: {} },
      await send(kind, { title: '', object: builder.object(kind.minimal) }),
    );
  });

  it.each(ruleCases(kind).map((each) => [each.title, each] as const))('rule %s', async (__, each) => {
    expectAnswer(each, await send(kind, each));
  });

  // A constraint has its say before the rules: what it lets pass may still break one of them.
  it.each(groupByField(schemaCases(kind)))('constraints of %s', async (__, cases) => {
    const answers = await Promise.all(cases.map(async (each) => ({ each, answer: await send(kind, each) })));
    for (const { each, answer } of answers) {
      const ruled = each.refusal === undefined && onlyRules(kind, answer);
      if (!ruled) expectAnswer(each, answer);
    }
  });

  it('refuses an unknown field in every object', async () => {
    for (const field of builder.fields.filter(({ schema }) => schema.properties)) {
      const sample = builder.sample(field.path);
      if (typeof sample !== 'object') throw new Error(`${field.path} is no object`);
      const object = builder.object(builder.withValue(field.path, { ...sample, nonsense: 1 }));
      const answer = await send(kind, { title: field.path, object });
      expect({ path: field.path, status: answer.status }).toEqual({ path: field.path, status: 400 });
      expect(answer.body.message).toContain(`unknown field "${serverPath(field.path)}.nonsense"`);
    }
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
