/** What has to be on the brokers, and said of it, when everything is well and at rest: written down a second time on purpose. */
import { fromSecretData, isControlledBy, Secrets, type Secret } from '../../../operator/src/kube/mod.ts';
import { secretNameOf, type ConsumerGroup, type Topic, type User } from '../../../operator/src/api/mod.ts';
import type { FakeBroker } from '../../fakes/broker.ts';
import type { Declared, World } from '../world/world.ts';
import type { WorldCluster } from '../world/world-cluster.ts';
import { claimedBy, claims, heldOn, keyOf, textOf, usersOf, type Said } from './claims.ts';

interface Ready {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export function readyOf(object: Declared): Ready | undefined {
  return object.status?.conditions?.find(({ type }) => type === 'Ready');
}

/** Reasons after which nothing moves until somebody changes something. */
const final: ReadonlySet<string> = new Set([
  'Reconciled',
  'Conflict',
  'AlreadyExists',
  'Differs',
  'SecretNotOwned',
  'SecretNotFound',
  'ClusterNotFound',
  'BrokerGroupNotFound',
]);

export function isAtRest(object: Declared): boolean {
  const reason = readyOf(object)?.reason ?? '';
  if (object.metadata.deletionTimestamp !== undefined) return reason === 'DeletionBlocked';
  return final.has(reason) && object.status?.observedGeneration === object.metadata.generation;
}

/** @returns what is not as it has to be */
export function wrongsAtRest(world: World): readonly string[] {
  return [...claims(world).values()].flatMap((all) => {
    const [first, ...others] = all;
    if (first === undefined) return [];
    return [
      ...others.flatMap((other) => (other.leaving ? [] : expects(other, 'Conflict'))),
      ...(first.leaving ? [] : wrongsOf(first, world)),
    ];
  });
}

function wrongsOf(first: Said, world: World): readonly string[] {
  const cluster = world.cluster(first.claim.cluster);
  if (first.misplaced) return expects(first, 'BrokerGroupNotFound');
  if (first.kind === 'User') return wrongsOfUser(first, world, cluster);
  const held = heldOn(cluster, first.claim);
  const own = claimedBy(first.object);
  const foreign = first.groups.some((group) => held.includes(group) && !own.includes(group));
  if (first.adoption === 'Fail' && foreign) return expects(first, 'AlreadyExists');
  const differing = first.groups.filter((group) => !isAs(first, cluster.fake.master(group)));
  if (first.adoption === 'Observe') return expects(first, differing.length === 0 ? 'Reconciled' : 'Differs');
  return [
    ...expects(first, 'Reconciled'),
    ...differing.map((group) => `${textOf(first.claim)} is not as ${keyOf(first.object)} says on ${group}`),
    ...routesLackedBy(first, cluster),
  ];
}

function expects({ kind, object }: Said, reason: string): readonly string[] {
  const ready = readyOf(object);
  return ready?.reason === reason
    ? []
    : [`${kind} ${keyOf(object)} has ${ready?.reason} and not ${reason}: ${ready?.message}`];
}

const messageTypes: Readonly<Record<string, string>> = {
  Normal: 'NORMAL',
  FIFO: 'FIFO',
  Delay: 'DELAY',
  Transaction: 'TRANSACTION',
};
const permissions: Readonly<Record<string, number>> = { ReadWrite: 6, ReadOnly: 4 };

function isAs({ kind, object, claim }: Said, master: FakeBroker): boolean {
  const spec: object = object.spec;
  return kind === 'Topic' ? isTopicAs(spec, master, claim.name) : isGroupAs(spec, master, claim.name);
}

function isTopicAs(spec: Partial<Topic['spec']>, { topics }: FakeBroker, name: string): boolean {
  const held = topics.get(name);
  if (held === undefined) return false;
  const { queuesPerBroker, type = '', permission = '', attributes = {} } = spec;
  const { readQueueNums, writeQueueNums, perm } = held;
  const wanted = { ...attributes, 'message.type': messageTypes[type] };
  return (
    readQueueNums === queuesPerBroker &&
    writeQueueNums === queuesPerBroker &&
    perm === permissions[permission] &&
    Object.entries(wanted).every(([key, value]) => held.attributes[key] === value)
  );
}

/** RocketMQ's own table begins so. */
const ownDelays = '[1000,5000,10000,30000,60000,';

function isGroupAs(spec: Partial<ConsumerGroup['spec']>, { groups }: FakeBroker, name: string): boolean {
  const held = groups.get(name);
  if (held === undefined) return false;
  const { ordered, broadcast, retry } = spec;
  const { exponential, custom } = retry?.policy ?? {};
  const policy = JSON.stringify(held['groupRetryPolicy'] ?? null);
  const hasPolicy =
    exponential === undefined
      ? policy.includes(custom === undefined ? ownDelays : JSON.stringify(custom.delaysMs))
      : policy.includes('EXPONENTIAL') && policy.includes(`"initial":${exponential.initialMs}`);
  return (
    held['consumeMessageOrderly'] === ordered &&
    held['consumeBroadcastEnable'] === broadcast &&
    held['retryMaxTimes'] === retry?.maxAttempts &&
    hasPolicy
  );
}

function routesLackedBy({ kind, claim, groups }: Said, { fake }: WorldCluster): readonly string[] {
  if (kind !== 'Topic' || groups.length === 0) return [];
  return fake.nameServers.flatMap((nameServer) =>
    nameServer.hasRoute(claim.name) ? [] : [`${nameServer.address} routes no ${textOf(claim)}`],
  );
}

function wrongsOfUser(first: Said, world: World, cluster: WorldCluster): readonly string[] {
  const { object, claim } = first;
  const user = world
    .stored('User')
    .find((each): each is User => each.metadata.uid === object.metadata.uid && 'credentials' in each.spec);
  if (user === undefined) return [`${keyOf(object)} is no User`];
  const secret = world.api
    .stored(Secrets)
    .find(
      ({ metadata }) =>
        metadata.namespace === user.metadata.namespace && metadata.name === secretNameOf(user),
    );
  const given = user.spec.credentials === 'Given';
  if (given && !isGiven(secret)) return expects(first, 'SecretNotFound');
  if (!given && secret !== undefined && !isControlledBy(secret, user))
    return expects(first, 'SecretNotOwned');
  const text = (key: string): string => fromSecretData(secret?.data?.[key]);
  const pairs = new Map(
    given
      ? [[claim.name, text('secretKey')]]
      : (['', 'next', 'previous'] as const).flatMap((prefix) => {
          const name = text(prefix === '' ? 'accessKey' : `${prefix}AccessKey`);
          return name === ''
            ? []
            : [[name, text(prefix === '' ? 'secretKey' : `${prefix}SecretKey`)] as const];
        }),
  );
  const resources = (user.spec.policies ?? []).map(({ resource }) => resource).toSorted();
  return [
    ...expects(first, 'Reconciled'),
    ...cluster.brokers.flatMap(({ store, address }) =>
      usersOf(claim.name).flatMap((name) => {
        const stored = store.users.get(name);
        const held = (store.acls.get(`User:${name}`) ?? []).flatMap(({ entries }) =>
          entries.map(({ resource }) => resource),
        );
        const asSaid =
          stored?.password === pairs.get(name) &&
          (stored === undefined || stored.userType === user.spec.type) &&
          (stored === undefined || held.toSorted().join(' ') === resources.join(' '));
        return asSaid ? [] : [`user ${name} is not as ${keyOf(object)} says on ${address}`];
      }),
    ),
  ];
}

function isGiven(secret: Secret | undefined): boolean {
  return secret?.metadata.labels?.['rocketmq.gantry.dev/credentials'] === 'user';
}
