/** Access control on a cluster that begins with it: who is let in, and what becomes of users and credentials. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ConsumerGroups,
  RocketMQClusters,
  Topics,
  Users,
  type RocketMQClusterInput,
} from '../../operator/src/api/mod.ts';
import { rotateBeforeAnnotation } from '../../operator/src/cluster/labels.ts';
import { nextSecretName } from '../../operator/src/cluster/resources/credentials-secret.ts';
import { fromSecretData, NetworkPolicies, Secrets, type KubeApi } from '../../operator/src/kube/mod.ts';
import { anonymous, declareUser, isRefused, routeQuestion } from './harness/access.ts';
import { brokerAddresses } from './harness/broker-addresses.ts';
import { diagnose } from './harness/diagnose.ts';
import { EXCHANGE } from './harness/install.ts';
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
import type { RawFacts } from './harness/probe/protocol.ts';
import type { Signer } from './harness/probe/remoting.ts';
import { Prober } from './harness/prober.ts';
import { report, seconds } from './harness/report.ts';
import { secretValues, shownPlaces } from './harness/secret-places.ts';
import { findSecrets } from './harness/secret-search.ts';
import { GROUP, smallShape, smallSpec } from './harness/small.ts';
import { clusterQuestion, memberPods, type Shape } from './harness/topology.ts';
import { loseVolume } from './harness/volumes.ts';
import { waitFor, yes } from './harness/wait.ts';

const SHOW = 'Access control';
const NEW: Shape = smallShape('e2e-access-new', 'guarded', 2);
const [FIRST = '', SECOND = ''] = memberPods(NEW, GROUP);
const NO_PERMISSION = 16;
const [DELETE_USER, LIST_USER] = [3003, 3005];
const TOPIC = 'orders';
/** Proxies go by what they last heard of a user for up to 5 s. */
const CACHED_MS = 30_000;
/** The loop looks at everything each 120 s. */
const RESYNC_MS = 200_000;

let kube: KubeApi;
let prober: Prober;

beforeAll(async () => {
  kube = connect();
  prober = await Prober.start(kube);
  // One RocketMQ at a time.
  await deleteNamespace(kube, EXCHANGE.namespace);
}, 600_000);

afterAll(async () => {
  await deleteNamespace(kube, NEW.namespace);
}, 600_000);

describe('a cluster that begins with access control', () => {
  it('is Ready, and takes nothing that nobody signed', async () => {
    await ensureNamespace(kube, NEW.namespace);
    const started = Date.now();
    await createCluster(kube, NEW, withAccess(smallSpec(2)));
    report(SHOW, 'apply to Ready with access control', seconds(Date.now() - started));
    expect((await anonymous(kube, prober, NEW)).map(({ remark }) => remark)).toEqual(
      Array.from({ length: 3 }, () => expect.stringContaining('username cannot be null')),
    );
  }, 900_000);

  it('lets a user do what its policies allow, and nothing else', async () => {
    const clusterRef = { name: NEW.name };
    for (const name of [TOPIC, 'trades'])
      await kube.apply(Topics, intent(Topics, inNew(name), { spec: { clusterRef } }));
    await kube.apply(ConsumerGroups, intent(ConsumerGroups, inNew('settlement'), { spec: { clusterRef } }));
    for (const name of [TOPIC, 'trades']) await waitReady(kube, Topics, inNew(name), 120_000);
    await declareUser(kube, NEW, 'order-service', {
      policies: [{ resource: `Topic:${TOPIC}`, actions: ['Pub'] }],
    });
    await declareUser(kube, NEW, 'auditor', { policies: [{ resource: 'Topic:trades', actions: ['Sub'] }] });
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

  it('rotates its own credentials: every broker restarts with new ones, and the old ones end', async () => {
    const old = await inner();
    const own = await credentialsOf('order-service');
    const started = Date.now();
    await kube.mergePatch(RocketMQClusters, inNew(NEW.name), {
      metadata: { annotations: { [rotateBeforeAnnotation]: new Date(started).toISOString() } },
    });
    await waitFor({
      what: 'the old inner credentials to have ended',
      deadlineMs: 900_000,
      look: async () => {
        const isOn = (await kube.get(Secrets, inNew(nextSecretName(NEW)))) !== undefined;
        const { accessKey } = await inner();
        return yes(!isOn && !['', old.accessKey].includes(accessKey), isOn ? 'it goes on' : accessKey);
      },
      diagnose: () => diagnose(kube, NEW.namespace),
    });
    await waitClusterReady(kube, NEW, 600_000);
    report(SHOW, 'new inner credentials asked for to the end of the old ones', seconds(Date.now() - started));
    const { accessKey } = await inner();
    const { of } = await brokerAddresses(kube, NEW);
    for (const pod of [FIRST, SECOND]) {
      expect((await usersOn(pod)).filter((name) => name.startsWith('gantry-inner-'))).toEqual([accessKey]);
      expect(isRefused(await prober.raw({ address: of(pod), code: LIST_USER, signedBy: old }))).toBe(true);
    }
    expect(await route(own)).toMatchObject({ code: 0 });
  }, 1_600_000);

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

  it('shows no credentials anywhere but in Secrets', async () => {
    const secrets = await secretValues(kube, NEW.namespace);
    expect(secrets.size).toBeGreaterThanOrEqual(3);
    const places = await shownPlaces(kube, NEW.namespace);
    const planted = { name: 'a planted one', text: `x${[...secrets.values()][0] ?? ''}` };
    const [first = ''] = secrets.keys();
    expect(findSecrets(secrets, [...places, planted])).toEqual([`${first} in a planted one`]);
    report(SHOW, 'logs, events and objects searched for credentials', String(places.length));
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

function withAccess(spec: RocketMQClusterInput): RocketMQClusterInput {
  return { ...spec, security: { acl: { enabled: true } } };
}

const inNew = (name: string) => ({ namespace: NEW.namespace, name });

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
  const text = (key: string): string => fromSecretData(data[key]);
  return { accessKey: text('accessKey'), secretKey: text('secretKey'), endpoints: text('endpoints') };
}

/** By name, as the broker in a pod lists them. */
async function usersOn(pod: string): Promise<readonly string[]> {
  const { of } = await brokerAddresses(kube, NEW);
  const { body } = await prober.raw({ address: of(pod), code: LIST_USER, signedBy: await inner() });
  const users: readonly { readonly username: string }[] = JSON.parse(body === '' ? '[]' : body);
  return users.map(({ username }) => username).toSorted();
}
