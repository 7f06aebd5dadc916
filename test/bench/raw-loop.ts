/**
 * A program: topics and users made by a plain loop over RocketMQ's protocol, and read back. What no operator can be faster
 * than. It reads its question from standard input, since credentials are part of it, and writes its answer.
 */
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { ADMIN_CALLS_IN_FLIGHT, forEachLimited } from '../../operator/src/objects/mod.ts';
import {
  RocketmqClient,
  type AccessPolicy,
  type Credentials,
  type TopicWrite,
} from '../../operator/src/rocketmq/mod.ts';

export interface RawQuestion {
  readonly nameServers: readonly string[];
  readonly credentials: Credentials;
  /** Of the names; nothing of them exists yet. */
  readonly prefix: string;
  readonly topics: number;
  readonly users: number;
}

export interface RawAnswer {
  /** Request 17 for one topic after the other, on all masters at once. */
  readonly singlyMs: number;
  /** Request 18 with up to 500 topics. */
  readonly listedMs: number;
  /** A user and his policies are a request each, on all members at once. */
  readonly usersMs: number;
}

const TIMEOUT_MS = 10_000;
const ROUTE_TIMEOUT_MS = 60_000;
const ROUTE_POLL_MS = 20;

async function makeTopics(
  client: RocketmqClient,
  { nameServers }: Pick<RawQuestion, 'nameServers'>,
  topics: readonly TopicWrite[],
  write: 'Singly' | 'Listed',
): Promise<number> {
  const startedAt = performance.now();
  const masters = (await brokersOf(client, nameServers)).flatMap((addresses) => addresses.get(0) ?? []);
  await Promise.all(
    masters.map(async (address) => {
      const broker = client.broker(address);
      if (write === 'Singly')
        for (const topic of topics) await broker.putTopic(topic, { timeoutMs: TIMEOUT_MS });
      else await broker.putTopics(topics, { timeoutMs: TIMEOUT_MS });
      const { topics: held } = await broker.topicConfigs({ timeoutMs: TIMEOUT_MS });
      expectAll(namesOf(topics), held, `broker ${address}`);
    }),
  );
  await Promise.all(nameServers.map(async (address) => routed(client, address, topics)));
  return performance.now() - startedAt;
}

async function makeUsers(
  client: RocketmqClient,
  { nameServers }: Pick<RawQuestion, 'nameServers'>,
  names: readonly string[],
): Promise<number> {
  const startedAt = performance.now();
  const members = (await brokersOf(client, nameServers)).flatMap((addresses) => [...addresses.values()]);
  await Promise.all(
    members.map(async (address) => {
      const broker = client.broker(address);
      await forEachLimited(names, ADMIN_CALLS_IN_FLIGHT, async (username) => {
        const user = { username, password: username, type: 'Normal', enabled: true } as const;
        await broker.createUser(user, { timeoutMs: TIMEOUT_MS });
        await broker.putPolicies(username, policiesOf(username), { timeoutMs: TIMEOUT_MS });
      });
      const [users, policies] = await Promise.all([
        broker.users({ timeoutMs: TIMEOUT_MS }),
        broker.policies({ timeoutMs: TIMEOUT_MS }),
      ]);
      expectAll(names, users, `broker ${address}`);
      expectAll(names, policies, `broker ${address}`);
    }),
  );
  return performance.now() - startedAt;
}

/** Of each group: the addresses of its brokers by their ids. */
async function brokersOf(
  client: RocketmqClient,
  [nameServer = '']: readonly string[],
): Promise<readonly ReadonlyMap<number, string>[]> {
  const { brokers } = await client.nameServer(nameServer).clusterInfo({ timeoutMs: TIMEOUT_MS });
  if (brokers.size === 0) throw new Error(`name server ${nameServer} knows no broker`);
  return [...brokers.values()].map(({ addresses }) => addresses);
}

/** Brokers tell name servers after they have answered. */
async function routed(client: RocketmqClient, address: string, topics: readonly TopicWrite[]): Promise<void> {
  const endsAt = performance.now() + ROUTE_TIMEOUT_MS;
  for (;;) {
    const names = await client.nameServer(address).topicNames({ timeoutMs: TIMEOUT_MS });
    if (topics.every(({ topicName }) => names.has(topicName))) return;
    if (performance.now() > endsAt) expectAll(namesOf(topics), names, `name server ${address}`);
    await sleep(ROUTE_POLL_MS);
  }
}

function namesOf(topics: readonly TopicWrite[]): readonly string[] {
  return topics.map(({ topicName }) => topicName);
}

function expectAll(names: readonly string[], held: { has(name: string): boolean }, where: string): void {
  const missing = names.filter((name) => !held.has(name));
  if (missing.length > 0)
    throw new Error(`${where} lacks ${missing.length} of ${names.length}, among them ${missing[0]}`);
}

/** As many as benchUsers has. */
function policiesOf(name: string): readonly AccessPolicy[] {
  const allowed = { policyType: 'Custom', sourceIps: [], decision: 'Allow' } as const;
  return [
    { ...allowed, resource: `Topic:${name}`, actions: ['Pub', 'Sub'] },
    { ...allowed, resource: `Group:${name}`, actions: ['Sub'] },
    { ...allowed, resource: 'Topic:shared-*', actions: ['Sub'] },
  ];
}

function topicsNamed(prefix: string, count: number): readonly TopicWrite[] {
  return Array.from({ length: count }, (_, index) => ({
    topicName: `${prefix}-${index}`,
    readQueueNums: 4,
    writeQueueNums: 4,
    perm: 6,
    order: false,
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: 0,
    attributes: { 'message.type': 'NORMAL' },
  }));
}

const question: RawQuestion = JSON.parse(await text(process.stdin));
const { credentials, prefix, topics, users } = question;
const client = new RocketmqClient({ credentials });
try {
  const answer: RawAnswer = {
    singlyMs: await makeTopics(client, question, topicsNamed(`${prefix}-singly`, topics), 'Singly'),
    listedMs: await makeTopics(client, question, topicsNamed(`${prefix}-listed`, topics), 'Listed'),
    usersMs: await makeUsers(
      client,
      question,
      Array.from({ length: users }, (_, index) => `${prefix}-user-${index}`),
    ),
  };
  process.stdout.write(JSON.stringify(answer));
} finally {
  await client.close();
}
