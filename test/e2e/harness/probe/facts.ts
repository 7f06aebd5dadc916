/** Asks name servers, controllers and brokers themselves; believes nothing that the operator says. */
import { asMembers, asText, succeeded } from './answers.ts';
import { parseLenient, type Json } from './lenient-json.ts';
import type {
  ClusterFacts,
  ClusterQuestion,
  GroupFacts,
  OffsetsFacts,
  OffsetsQuestion,
  RawFacts,
  RawQuestion,
  SendFacts,
  SendQuestion,
} from './protocol.ts';
import { ask, type Question } from './remoting.ts';

const SEND_MESSAGE = 10;
const GET_ALL_CONSUMER_OFFSET = 43;
const GET_BROKER_CLUSTER_INFO = 106;
const GET_TOPIC_STATS_INFO = 202;
const CONTROLLER_GET_METADATA_INFO = 1005;
const CONTROLLER_GET_SYNC_STATE_DATA = 1006;

export async function clusterFacts(question: ClusterQuestion): Promise<ClusterFacts> {
  const errors: string[] = [];
  const attempt = async <T>(asked: string, get: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await get();
    } catch (error) {
      errors.push(`${asked}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };
  const [leaders, registrations] = await Promise.all([
    Promise.all(question.controllers.map((address) => attempt('controller', () => leaderOf(address)))),
    Promise.all(question.nameServers.map((address) => attempt('name server', () => brokersOf(address)))),
  ]);
  const controllers = Object.fromEntries(
    question.controllers.flatMap((address, index) => {
      const leader = leaders[index];
      return leader === undefined ? [] : [[address, leader]];
    }),
  );
  const controllerLeader = leaders.find((leader) => leader !== undefined && leader !== '');
  const states =
    controllerLeader === undefined
      ? undefined
      : await attempt('controller leader', () => syncStates(controllerLeader, question.groups));
  const groups = Object.fromEntries(
    question.groups.map((group): [string, GroupFacts] => [
      group,
      {
        ...(states?.[group] ?? { inSync: [], notInSync: [], ids: [] }),
        registrations: Object.fromEntries(
          question.nameServers.map((address, index) => [address, registrations[index]?.[group] ?? {}]),
        ),
      },
    ]),
  );
  return {
    ...(controllerLeader === undefined ? {} : { controllerLeader }),
    controllers,
    groups,
    errors,
  };
}

async function leaderOf(controller: string): Promise<string> {
  const answer = succeeded(await ask(controller, { code: CONTROLLER_GET_METADATA_INFO }));
  return answer.fields['controllerLeaderAddress'] ?? '';
}

/** Group → id → address; the master is id 0. */
export async function brokersOf(
  nameServer: string,
  timeoutMs = 5_000,
): Promise<Record<string, Record<string, string>>> {
  const answer = succeeded(await ask(nameServer, { code: GET_BROKER_CLUSTER_INFO, timeoutMs }));
  const table = member(parseLenient(answer.body), 'brokerAddrTable');
  return Object.fromEntries(
    Object.entries(asMembers(table)).map(([name, group]) => [
      name,
      Object.fromEntries(
        Object.entries(asMembers(member(group, 'brokerAddrs'))).map(([id, address]) => [id, asText(address)]),
      ),
    ]),
  );
}

async function syncStates(
  leader: string,
  groups: readonly string[],
): Promise<Record<string, Omit<GroupFacts, 'registrations'>>> {
  const answer = succeeded(
    await ask(leader, { code: CONTROLLER_GET_SYNC_STATE_DATA, body: JSON.stringify(groups) }),
  );
  const each = (replicas: Json | undefined, key: string): string[] =>
    (Array.isArray(replicas) ? replicas : []).map((replica) => asText(member(replica, key)));
  return Object.fromEntries(
    Object.entries(asMembers(member(parseLenient(answer.body), 'replicasInfoTable'))).map(([name, state]) => {
      const master = member(state, 'masterAddress');
      const [inSync, notInSync] = [member(state, 'inSyncReplicas'), member(state, 'notInSyncReplicas')];
      return [
        name,
        {
          ...(typeof master === 'string' && master !== '' ? { masterAddress: master } : {}),
          inSync: each(inSync, 'brokerAddress'),
          notInSync: each(notInSync, 'brokerAddress'),
          ids: [...each(inSync, 'brokerId'), ...each(notInSync, 'brokerId')],
        },
      ];
    }),
  );
}

/** @throws Error when there is no answer; a refusal is one */
export async function raw({ address, times = 1, ...question }: RawQuestion): Promise<RawFacts> {
  let answer = await ask(address, question);
  for (let sent = 1; sent < times && answer.code === 0; sent += 1) answer = await ask(address, question);
  return { code: answer.code, remark: answer.remark, body: answer.body };
}

/** One plain message, as a producer sends it. */
export function sendQuestion(message: Omit<SendQuestion, 'broker'>): Question {
  return {
    code: SEND_MESSAGE,
    timeoutMs: message.timeoutMs,
    body: message.body,
    ...(message.signedBy === undefined ? {} : { signedBy: message.signedBy }),
    fields: {
      producerGroup: 'gantry-probe',
      topic: message.topic,
      defaultTopic: 'TBW102',
      defaultTopicQueueNums: '1',
      queueId: String(message.queueId ?? 0),
      sysFlag: '0',
      bornTimestamp: String(Date.now()),
      flag: '0',
      properties: '',
      reconsumeTimes: '0',
      unitMode: 'false',
      batch: 'false',
    },
  };
}

/** Sends one plain message to one broker. */
export async function send(question: SendQuestion): Promise<SendFacts> {
  const started = Date.now();
  const tookMs = (): number => Date.now() - started;
  try {
    const answer = await ask(question.broker, sendQuestion(question));
    const { msgId } = answer.fields;
    const messageId = msgId === undefined ? {} : { messageId: msgId };
    return { code: answer.code, remark: answer.remark, tookMs: tookMs(), ...messageId };
  } catch (error) {
    return { remark: error instanceof Error ? error.message : String(error), tookMs: tookMs() };
  }
}

export async function offsets(question: OffsetsQuestion): Promise<OffsetsFacts> {
  const perBroker = await Promise.all(
    question.brokers.map(async (broker) => {
      const [stats, committed] = await Promise.all([
        ask(broker, { code: GET_TOPIC_STATS_INFO, fields: { topic: question.topic } }).then(succeeded),
        ask(broker, { code: GET_ALL_CONSUMER_OFFSET }).then(succeeded),
      ]);
      const commits = asMembers(
        member(member(parseLenient(committed.body), 'offsetTable'), `${question.topic}@${question.group}`),
      );
      return Object.entries(asMembers(member(parseLenient(stats.body), 'offsetTable'))).map(
        ([key, range]) => {
          const queueId = Number(member(parseLenient(key), 'queueId'));
          const commit = commits[String(queueId)];
          return {
            broker,
            queueId,
            minOffset: Number(member(range, 'minOffset')),
            maxOffset: Number(member(range, 'maxOffset')),
            ...(typeof commit === 'number' ? { committed: commit } : {}),
          };
        },
      );
    }),
  );
  return { queues: perBroker.flat() };
}

function member(value: Json | undefined, name: string): Json | undefined {
  return asMembers(value)[name];
}
