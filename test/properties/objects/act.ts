/** Carries out what people do and what fails. */
import {
  parseConsumerGroup,
  parseTopic,
  parseUser,
  RocketMQClusters,
  type TopicSpec,
} from '../../../operator/src/api/mod.ts';
import { Secrets, toSecretData, type KubeObject, type Secret } from '../../../operator/src/kube/mod.ts';
import { givenLabel } from '../../../operator/src/user/credentials/lookup.ts';
import type { FakeBroker } from '../../fakes/broker.ts';
import type { Declared, Kind, World } from '../world/world.ts';
import { WorldCluster } from '../world/world-cluster.ts';
import { nameOf, type Action, type Target } from './steps.ts';

const apiVersion = 'rocketmq.gantry.dev/v1beta1';
const nameFields = { Topic: 'topicName', ConsumerGroup: 'groupName', User: 'userName' } as const;
const oddTopic = { readQueueNums: 2, writeQueueNums: 2, perm: 4, order: true } as const;
const oddGroup = { retryMaxTimes: 7, consumeEnable: false } as const;
const byHand = { userType: 'Normal', userStatus: 'enable', password: 'pw by hand' } as const;

/** What is there before anybody declares anything: some of it is declared later, and some never. */
export async function furnish(world: World): Promise<void> {
  for (const { fake, brokers } of world.clusters) {
    for (const master of fake.masters()) {
      for (const topicName of ['OLD', 'FOREIGN', '%RETRY%G_ORDERS', '%RETRY%G', '%DLQ%G'])
        master.topics.add({ topicName, ...oddTopic });
      master.store.fill('FOREIGN', 5);
      // Its retry topic might be one of the group G for messages of ORDERS, too.
      for (const groupName of ['OLD_G', 'G_ORDERS']) master.groups.set(groupName, { groupName, ...oddGroup });
      master.store.offsets.set('FOREIGN@G_ORDERS', new Map([['0', 3]]));
    }
    for (const { store } of brokers) {
      for (const username of ['ops', 'foreign', 'foreign.a'])
        store.users.set(username, { username, ...byHand });
      const entries = [{ resource: '*', actions: ['All'], decision: 'Allow' }] as const;
      store.acls.set('User:foreign', [{ policyType: 'Custom', entries }]);
    }
    fake.registerAll();
    fake.syncMetadata();
  }
  const labels = { [givenLabel.key]: givenLabel.value };
  const data = { secretKey: toSecretData('given by hand') };
  const metadata = { namespace: 'n1', name: 'given', labels };
  const given: Secret = { apiVersion: 'v1', kind: 'Secret', metadata, data };
  await world.api.create(Secrets, given);
}

/** @returns whether there was anything to do */
export async function act(world: World, action: Action): Promise<boolean> {
  switch (action.do) {
    case 'Declare':
      return declare(world, action);
    case 'Edit':
      return edit(world, action.target, action.change);
    case 'Delete':
      return remove(world, action.target);
    case 'Pause':
      await world.api.mergePatch(RocketMQClusters, keyOf(action.cluster), WorldCluster.paused(action.paused));
      return true;
    case 'ByHand':
      return changeByHand(world, action);
    case 'Produce': {
      const { cluster, group } = placeOf(world, action.on);
      const topic = nameOf('Topic', action.topic);
      const { store, topics } = cluster.fake.master(group);
      if (topics.get(topic) === undefined) return false;
      for (const queueId of [0, 7]) store.fill(topic, action.messages, queueId);
      store.offsets.set(`${topic}@G`, new Map([['0', 1]]));
      return true;
    }
    case 'Break':
      return breakMaster(world, action);
    case 'FailOver':
      return failOver(world, action);
    case 'NameServer': {
      const [nameServer] = world.cluster(action.cluster).fake.nameServers;
      if (action.how === 'Forget') nameServer?.forgetAll();
      else if (nameServer !== undefined) nameServer.server.fault = 'Hang';
      return true;
    }
    case 'Controllers':
      for (const { server } of world.cluster(action.cluster).fake.controllers) server.fault = action.how;
      return true;
    case 'Mend':
      await world.cluster(action.cluster).mend();
      return true;
    case 'Operator':
      return operate(world, action.how);
    case 'Watches':
      world.api.compact();
      world.api.endWatches();
      return true;
    case 'Settle':
      return true;
    default:
      return action satisfies never;
  }
}

async function declare(
  world: World,
  { target, cluster, name, spec }: Extract<Action, { do: 'Declare' }>,
): Promise<boolean> {
  const { kind, namespace, object } = target;
  // There is none of the second name in the other namespace.
  const clusterRef = { name: namespace === 'n2' ? 'c' : cluster };
  const own = { [nameFields[kind]]: nameOf(kind, name) };
  const made = parsed(kind, namespace, object, { ...spec, ...own, clusterRef });
  if (made === undefined || find(world, target) !== undefined) return false;
  await world.create(kind, made);
  return true;
}

async function edit(world: World, target: Target, change: object): Promise<boolean> {
  const object = find(world, target);
  if (object === undefined) return false;
  const next = parsed(target.kind, target.namespace, target.object, { ...object.spec, ...change });
  if (next === undefined || !follows(object.spec, next.spec)) return false;
  await world.edit(target.kind, { ...object, ...next, metadata: object.metadata });
  return true;
}

/** The rules of the API server about what may follow what. */
function follows(before: object, after: object): boolean {
  const old: Partial<TopicSpec> = before;
  const next: Partial<TopicSpec> = after;
  if (old.adoptionPolicy === 'Observe' && next.adoptionPolicy === 'Fail') return false;
  if (next.brokerGroups === undefined) return true;
  return old.brokerGroups?.every((group) => next.brokerGroups?.includes(group)) === true;
}

async function remove(world: World, target: Target): Promise<boolean> {
  const object = find(world, target);
  if (object === undefined) return false;
  await world.delete(target.kind, object);
  return true;
}

/** As the API server stores it; nothing: it refuses it. */
function parsed(kind: Kind, namespace: string, name: string, given: object): Declared | undefined {
  const spec: unknown = JSON.parse(JSON.stringify(given));
  const object = { apiVersion, kind, metadata: { namespace, name }, spec };
  const result = parse(kind, object);
  return result.ok ? result.value : undefined;
}

function parse(kind: Kind, object: KubeObject & { readonly spec: unknown }) {
  switch (kind) {
    case 'Topic':
      return parseTopic(object);
    case 'ConsumerGroup':
      return parseConsumerGroup(object);
    case 'User':
      return parseUser(object);
    default:
      return kind satisfies never;
  }
}

function find(world: World, { kind, namespace, object }: Target): Declared | undefined {
  return world
    .stored(kind)
    .find(({ metadata }) => metadata.namespace === namespace && metadata.name === object);
}

function changeByHand(world: World, { what, on, kind, name }: Extract<Action, { do: 'ByHand' }>): boolean {
  const { cluster, group } = placeOf(world, on);
  const object = nameOf(kind, name);
  const brokers = kind === 'User' ? cluster.fake.brokers(group) : [cluster.fake.master(group)];
  for (const broker of brokers) changeOn(broker, what, kind, object);
  cluster.fake.registerAll();
  return true;
}

function changeOn(
  { topics, groups, store }: FakeBroker,
  what: 'Put' | 'Change' | 'Remove',
  kind: Kind,
  name: string,
): void {
  switch (kind) {
    case 'Topic':
      if (what === 'Put') topics.add({ topicName: name, ...oddTopic });
      else if (what === 'Remove') store.deleteTopic(name);
      else if (topics.get(name) !== undefined)
        topics.edit(name, { perm: 2, readQueueNums: 12, writeQueueNums: 12 });
      return;
    case 'ConsumerGroup':
      if (what === 'Remove') store.deleteGroup(name, true);
      else if (what === 'Put' || groups.has(name)) groups.set(name, { groupName: name, ...oddGroup });
      return;
    case 'User':
      for (const username of [name, `${name}.a`]) {
        if (what === 'Remove') {
          store.users.delete(username);
          store.acls.delete(`User:${username}`);
        } else if (what === 'Put' || store.users.has(username))
          store.users.set(username, { username, ...byHand });
      }
  }
}

async function breakMaster(world: World, { on, how }: Extract<Action, { do: 'Break' }>): Promise<boolean> {
  const { cluster, group } = placeOf(world, on);
  const master = cluster.fake.master(group);
  if (!master.server.isListening) return false;
  if (how === 'Die') await cluster.fake.kill(master);
  else master.server.fault = how;
  return true;
}

/** What a master that is gone had not given to its replicas is lost, and none of the operator's doing. */
function failOver(world: World, { on }: Extract<Action, { do: 'FailOver' }>): boolean {
  const { cluster, group } = placeOf(world, on);
  const master = cluster.fake.master(group);
  const next = cluster.fake.brokers(group).find((broker) => broker !== master && broker.server.isListening);
  if (next === undefined) return false;
  cluster.fake.syncMetadata([group]);
  for (const [topic, queues] of master.store.messages) next.store.messages.set(topic, new Map(queues));
  cluster.fake.elect(group, next.identity.id);
  return true;
}

async function operate(world: World, how: Extract<Action, { do: 'Operator' }>['how']): Promise<boolean> {
  if (how === 'restart') await world.endOperator('kill');
  if (how === 'restart' || how === 'start') world.startOperator();
  else await world.endOperator(how);
  return true;
}

function placeOf(
  world: World,
  { cluster: key, group }: { readonly cluster: string; readonly group: string },
): { readonly cluster: WorldCluster; readonly group: string } {
  const cluster = world.cluster(key);
  const { groupNames } = cluster.fake;
  return { cluster, group: groupNames.includes(group) ? group : (groupNames[0] ?? group) };
}

function keyOf(text: string): { readonly namespace: string; readonly name: string } {
  const [namespace = '', name = ''] = text.split('/');
  return { namespace, name };
}
