/** Access control: on a cluster that runs, under traffic, and on one that begins with it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ConsumerGroups,
  RocketMQClusters,
  Topics,
  Users,
  type RocketMQClusterInput,
} from '../../operator/src/api/mod.ts';
import { NetworkPolicies, Secrets, type KubeApi } from '../../operator/src/kube/mod.ts';
import { brokerAddresses } from './harness/broker-addresses.ts';
import { seed } from './harness/depth.ts';
import { diagnose } from './harness/diagnose.ts';
import { applyExchange, ensureExchange, EXCHANGE } from './harness/install.ts';
import {
  connect,
  createCluster,
  deleteNamespace,
  ensureNamespace,
  intent,
  waitClusterReady,
  waitReady,
} from './harness/kube.ts';
import { killContainer } from './harness/nodes.ts';
import { appliedRows } from './harness/orders.ts';
import type { RawFacts } from './harness/probe/protocol.ts';
import { READER } from './harness/probe/pull.ts';
import type { Signer } from './harness/probe/remoting.ts';
import { Prober } from './harness/prober.ts';
import { report, seconds } from './harness/report.ts';
import { GROUP, smallShape, smallSpec } from './harness/small.ts';
import { faultsOf, noFaults, startStreams, STREAM_TOPIC, type Streams } from './harness/streams.ts';
import { clusterQuestion, memberPods, type Shape } from './harness/topology.ts';
import { loseVolume } from './harness/volumes.ts';
import { waitFor, yes } from './harness/wait.ts';

const SHOW = 'Access control';
const RUNNING: Shape = smallShape('e2e-access', 'running', 3);
const NEW: Shape = smallShape('e2e-access-new', 'guarded', 2);
const [FIRST = '', SECOND = ''] = memberPods(NEW, GROUP);
const NO_PERMISSION = 16;
const [GET_ROUTE, GET_RUNTIME_INFO, DELETE_USER, LIST_USER] = [105, 28, 3003, 3005];
const TOPIC = 'orders';
/** Proxies go by what they last heard of a user for up to 5 s. */
const CACHED_MS = 30_000;
/** The loop looks at everything each 120 s. */
const RESYNC_MS = 200_000;

let kube: KubeApi;
let prober: Prober;
let streams: Streams | undefined;

beforeAll(async () => {
  kube = connect();
  prober = await Prober.start(kube);
  // One RocketMQ at a time.
  await deleteNamespace(kube, EXCHANGE.namespace);
}, 600_000);

afterAll(async () => {
  streams?.abandon();
  await Promise.all([RUNNING, NEW, EXCHANGE].map(async ({ namespace }) => deleteNamespace(kube, namespace)));
}, 600_000);

describe('access control on a cluster that runs', () => {
  const stream: Signer = { accessKey: 'stream', secretKey: `of-the-stream-${String(seed)}` };

  it('comes under traffic that loses nothing, as soon as the users are there', async () => {
    await createCluster(kube, RUNNING, smallSpec(3));
    await giveSecret('stream-credentials', stream.secretKey);
    await declareUser(RUNNING, stream.accessKey, {
      credentials: 'Given',
      secretName: 'stream-credentials',
      policies: [
        { resource: `Topic:${STREAM_TOPIC}`, actions: ['Pub', 'Sub'] },
        { resource: `Group:${READER}`, actions: ['Sub'] },
      ],
    });
    streams = await startStreams(kube, prober, `access-${String(seed)}`, RUNNING, stream);
    await streams.flowing(30_000);
    const started = Date.now();
    await setAccess(RUNNING, true);
    await waitFor({
      what: 'every broker and the proxy to refuse a request that nobody signed',
      deadlineMs: 1_200_000,
      // Those that restart do not answer.
      tolerate: true,
      look: async () => {
        const open = (await anonymous(RUNNING)).filter((answer) => !isRefused(answer));
        return yes(open.length === 0, open.map(({ code, remark }) => `${String(code)} ${remark}`).join('; '));
      },
      diagnose: () => diagnose(kube, RUNNING.namespace),
    });
    await waitClusterReady(kube, RUNNING, 600_000);
    report(SHOW, 'switched on to every request checked, 3 members', seconds(Date.now() - started));
    await streams.flowing(60_000);
    const [result] = await streams.stop();
    streams = undefined;
    if (result === undefined) throw new Error('no stream');
    const { acknowledged, gap, verdict } = result;
    report(
      SHOW,
      'acknowledged, repeated meanwhile',
      `${String(acknowledged)}, ${String(verdict.repeated.length)}`,
    );
    report(SHOW, 'largest gap between acknowledged messages', seconds(gap?.lengthMs ?? 0));
    expect(acknowledged).toBeGreaterThan(100);
    expect(faultsOf(result)).toEqual(noFaults);
  }, 2_400_000);

  it('leaves the operator in charge', async () => {
    const key = { namespace: RUNNING.namespace, name: TOPIC };
    await kube.apply(Topics, intent(Topics, key, { spec: { clusterRef: { name: RUNNING.name } } }));
    const topic = await waitReady(kube, Topics, key, 60_000);
    expect(topic.status?.groups).toEqual([GROUP]);
    await deleteNamespace(kube, RUNNING.namespace);
  }, 400_000);

  async function giveSecret(name: string, secretKey: string): Promise<void> {
    const { namespace } = RUNNING;
    const labels = { 'rocketmq.gantry.dev/credentials': 'user' };
    const data = { secretKey: Buffer.from(secretKey).toString('base64') };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace, labels }, data };
    await kube.create(Secrets, secret);
  }
});

describe('a cluster that begins with access control', () => {
  it('is Ready, and takes nothing that nobody signed', async () => {
    await ensureNamespace(kube, NEW.namespace);
    const started = Date.now();
    await createCluster(kube, NEW, withAccess(smallSpec(2)));
    report(SHOW, 'apply to Ready with access control', seconds(Date.now() - started));
    expect((await anonymous(NEW)).map(({ remark }) => remark)).toEqual(
      Array.from({ length: 3 }, () => expect.stringContaining('username cannot be null')),
    );
  }, 900_000);

  it('lets a user do what its policies allow, and nothing else', async () => {
    const clusterRef = { name: NEW.name };
    for (const name of [TOPIC, 'trades'])
      await kube.apply(Topics, intent(Topics, inNew(name), { spec: { clusterRef } }));
    await kube.apply(ConsumerGroups, intent(ConsumerGroups, inNew('settlement'), { spec: { clusterRef } }));
    for (const name of [TOPIC, 'trades']) await waitReady(kube, Topics, inNew(name), 120_000);
    await declareUser(NEW, 'order-service', { policies: [{ resource: `Topic:${TOPIC}`, actions: ['Pub'] }] });
    await declareUser(NEW, 'auditor', { policies: [{ resource: 'Topic:trades', actions: ['Sub'] }] });
    for (const name of ['order-service', 'auditor']) await waitReady(kube, Users, inNew(name), 120_000);
    const own = await credentialsOf('order-service');
    expect(own.endpoints).toBe(`${NEW.name}-proxy.${NEW.namespace}.svc.cluster.local:8081`);

    expect(await route(own)).toMatchObject({ code: 0 });
    const remarks = [undefined, await credentialsOf('auditor'), { ...own, secretKey: 'guessed' }].map(
      async (signer) => (await route(signer)).remark,
    );
    expect(await Promise.all(remarks)).toEqual([
      expect.stringContaining('username cannot be null'),
      expect.stringContaining('has no permission to access Topic:orders'),
      expect.stringContaining('check signature failed'),
    ]);

    const broker = await master();
    const message = { broker, topic: TOPIC, body: 'x', timeoutMs: 5_000 };
    expect(await prober.send({ ...message, signedBy: own })).toMatchObject({ code: 0 });
    expect(await prober.send({ ...message, topic: 'trades', signedBy: own })).toMatchObject({
      code: NO_PERMISSION,
    });
  }, 400_000);

  it('keeps users on every member, also on one whose volume was lost', async () => {
    await loseVolume(kube, inNew(SECOND));
    await waitClusterReady(kube, NEW, 600_000);
    await waitFor({
      what: `${SECOND} to have the users again`,
      deadlineMs: RESYNC_MS,
      look: async () => {
        const names = await usersOn(SECOND);
        return yes(names.includes('order-service.a') && names.includes('auditor.a'), names.join(', '));
      },
      diagnose: () => diagnose(kube, NEW.namespace),
    });
    for (const pod of [FIRST, SECOND])
      expect((await usersOn(pod)).filter((name) => !name.startsWith('gantry-inner-'))).toEqual([
        'auditor.a',
        'order-service.a',
      ]);
  }, 1_000_000);

  it('makes a user again that somebody deleted on a broker', async () => {
    const { of } = await brokerAddresses(kube, NEW);
    const request = { address: of(FIRST), code: DELETE_USER, fields: { username: 'auditor.a' } };
    const started = Date.now();
    expect(await prober.raw({ ...request, signedBy: await inner() })).toMatchObject({ code: 0 });
    await waitFor({
      what: 'the user to be there again',
      deadlineMs: RESYNC_MS,
      look: async () => {
        const names = await usersOn(FIRST);
        return yes(names.includes('auditor.a'), names.join(', '));
      },
      diagnose: () => diagnose(kube, NEW.namespace),
    });
    report(SHOW, 'a user deleted by hand to back on the broker', seconds(Date.now() - started));
  }, 300_000);

  it('serves its users after a failover', async () => {
    const own = await credentialsOf('order-service');
    const before = await master();
    const { podOf } = await brokerAddresses(kube, NEW);
    await killContainer(kube, inNew(podOf(before)));
    const after = await waitFor({
      what: 'a send to be taken again',
      deadlineMs: 120_000,
      look: async () => {
        const broker = await master();
        const answer = await prober.send({
          broker,
          topic: TOPIC,
          body: 'after',
          timeoutMs: 3_000,
          signedBy: own,
        });
        return broker !== before && answer.code === 0
          ? { done: broker }
          : { pending: `${broker}: ${answer.remark}` };
      },
      diagnose: () => diagnose(kube, NEW.namespace),
    });
    expect(after).not.toBe(before);
    await waitClusterReady(kube, NEW, 600_000);
  }, 800_000);

  it('rotates credentials: both work for a while, and then the old ones end', async () => {
    const old = await credentialsOf('order-service');
    await kube.mergePatch(Users, inNew('order-service'), {
      spec: { rotation: { id: 'first', overlapSeconds: 60 } },
    });
    const current = await waitFor({
      what: 'the Secret to have other credentials',
      deadlineMs: 120_000,
      look: async () => {
        const now = await credentialsOf('order-service');
        return now.accessKey === old.accessKey ? { pending: now.accessKey } : { done: now };
      },
      diagnose: () => diagnose(kube, NEW.namespace),
    });
    expect([old.accessKey, current.accessKey]).toEqual(['order-service.a', 'order-service.b']);
    expect(await route(current)).toMatchObject({ code: 0 });
    expect(await route(old)).toMatchObject({ code: 0 });
    await waitFor({
      what: 'the old credentials to end',
      deadlineMs: 60_000 + CACHED_MS + 60_000,
      look: async () => {
        const answer = await route(old);
        return yes(isRefused(answer), `${String(answer.code)} ${answer.remark}`);
      },
      diagnose: () => diagnose(kube, NEW.namespace),
    });
    expect(await route(current)).toMatchObject({ code: 0 });
    expect(await usersOn(FIRST)).not.toContain(old.accessKey);
  }, 500_000);

  it('has network policies for as long as they are asked for', async () => {
    const names = async (): Promise<readonly string[]> =>
      (await kube.list(NetworkPolicies, { namespace: NEW.namespace })).items
        .map(({ metadata }) => metadata.name)
        .toSorted();
    for (const [mode, expected] of [
      ['Enabled', ['guarded-broker', 'guarded-controller', 'guarded-nameserver']],
      ['Disabled', []],
    ] as const) {
      await kube.mergePatch(RocketMQClusters, inNew(NEW.name), {
        spec: { security: { networkPolicy: { mode } } },
      });
      const present = await waitFor({
        what: `other network policies in mode ${mode}`,
        deadlineMs: 60_000,
        look: async () => {
          const now = await names();
          return now.length === expected.length ? { done: now } : { pending: now.join(', ') };
        },
        diagnose: () => diagnose(kube, NEW.namespace),
      });
      expect(present).toEqual(expected);
    }
  }, 200_000);

  it('ends the credentials of a user that is deleted', async () => {
    const own = await credentialsOf('order-service');
    await kube.delete(Users, inNew('order-service'));
    await waitFor({
      what: 'the credentials to end',
      deadlineMs: 60_000 + CACHED_MS,
      look: async () => {
        const answer = await route(own);
        return yes(isRefused(answer), `${String(answer.code)} ${answer.remark}`);
      },
      diagnose: () => diagnose(kube, NEW.namespace),
    });
    expect(await kube.get(Secrets, inNew('order-service-rocketmq'))).toBeUndefined();
  }, 300_000);
});

describe('the exchange with access control', () => {
  it('serves orders from end to end by a User of its own, also across a rotation', async () => {
    await deleteNamespace(kube, NEW.namespace);
    const setting = 'cluster.spec.security.acl.enabled=true';
    await applyExchange(setting);
    await ensureExchange(kube);
    expect(await placeOrders('before')).toEqual([]);
    await applyExchange(setting, 'order.rotation.id=first', 'order.rotation.overlapSeconds=120');
    const user = { namespace: EXCHANGE.namespace, name: 'order' };
    await waitFor({
      what: 'the old credentials of the order service to end',
      deadlineMs: 400_000,
      look: async () => {
        const { accessKeys = [] } = (await kube.get(Users, user))?.status ?? {};
        return yes(String(accessKeys) === 'order.b', accessKeys.join(', '));
      },
      diagnose: () => diagnose(kube, EXCHANGE.namespace),
    });
    expect(await placeOrders('after')).toEqual([]);
  }, 1_800_000);
});

/** @returns orders that the service did not take */
async function placeOrders(what: string): Promise<readonly string[]> {
  const refused: string[] = [];
  const load = {
    url: `http://order.${EXCHANGE.namespace}.svc:8080`,
    users: ['1', '2'],
    ordersPerUser: 10,
    streamsPerUser: {},
    run: `access-${what}-${String(seed)}`,
    attemptTimeoutMs: 8_000,
    giveUpMs: 120_000,
  };
  await prober.load(load, (line) => {
    if (line.type === 'order' && line.ackedAt === undefined) refused.push(line.failure ?? line.clientOrderId);
  });
  const applied = async (): Promise<number> =>
    new Set((await appliedRows(EXCHANGE.namespace, load.run)).map(({ clientOrderId }) => clientOrderId)).size;
  await waitFor({
    what: 'every order to be applied by the consumer',
    deadlineMs: 120_000,
    look: async () => {
      const count = await applied();
      return yes(count === load.users.length * load.ordersPerUser, `${String(count)} are`);
    },
    diagnose: () => diagnose(kube, EXCHANGE.namespace),
  });
  return refused;
}

function withAccess(spec: RocketMQClusterInput): RocketMQClusterInput {
  return { ...spec, security: { acl: { enabled: true } } };
}

const inNew = (name: string) => ({ namespace: NEW.namespace, name });

async function setAccess({ namespace, name }: Shape, enabled: boolean): Promise<void> {
  await kube.mergePatch(RocketMQClusters, { namespace, name }, { spec: { security: { acl: { enabled } } } });
}

async function declareUser({ namespace, name: cluster }: Shape, name: string, spec: object): Promise<void> {
  const whole = { clusterRef: { name: cluster }, ...spec };
  await kube.apply(Users, intent(Users, { namespace, name }, { spec: whole }), { force: true });
}

/** What each broker and the proxy say to a request that nobody signed. */
async function anonymous(shape: Shape): Promise<readonly RawFacts[]> {
  const { of } = await brokerAddresses(kube, shape);
  const brokers = memberPods(shape, GROUP).map(async (pod) =>
    prober.raw({ address: of(pod), code: GET_RUNTIME_INFO }),
  );
  return Promise.all([...brokers, prober.raw(routeQuestion(shape, STREAM_TOPIC))]);
}

/** Brokers answer 16, the remoting port of a proxy answers 1; both say why. */
function isRefused({ code, remark }: RawFacts): boolean {
  const words = /username cannot be null|check signature failed|is not found|no permission/;
  return code !== 0 && words.test(remark);
}

function routeQuestion({ namespace, name }: Shape, topic: string) {
  const address = `${name}-proxy.${namespace}.svc.cluster.local:8080`;
  return { address, code: GET_ROUTE, fields: { topic } };
}

/** Where a client of the proxy is led to for the topic. */
async function route(signedBy: Signer | undefined): Promise<RawFacts> {
  return prober.raw({ ...routeQuestion(NEW, TOPIC), ...(signedBy === undefined ? {} : { signedBy }) });
}

async function master(): Promise<string> {
  const { groups } = await prober.cluster(clusterQuestion(NEW));
  return groups[GROUP]?.masterAddress ?? '';
}

async function credentialsOf(user: string): Promise<Signer & { readonly endpoints: string }> {
  return read(`${user}-rocketmq`);
}

async function inner(): Promise<Signer> {
  return read(`${NEW.name}-inner-credentials`);
}

async function read(name: string): Promise<Signer & { readonly endpoints: string }> {
  const data = (await kube.get(Secrets, inNew(name)))?.data ?? {};
  const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString('utf8');
  return { accessKey: text('accessKey'), secretKey: text('secretKey'), endpoints: text('endpoints') };
}

/** By name, as the broker in a pod lists them. */
async function usersOn(pod: string): Promise<readonly string[]> {
  const { of } = await brokerAddresses(kube, NEW);
  const { body } = await prober.raw({ address: of(pod), code: LIST_USER, signedBy: await inner() });
  const users: readonly { readonly username: string }[] = JSON.parse(body === '' ? '[]' : body);
  return users.map(({ username }) => username).toSorted();
}
