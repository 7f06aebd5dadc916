/** An answer to each request as a server gives it when all is well, by request code. */
import { ManualClock } from '../../../operator/src/kube/testing/manual-clock.ts';
import { adminsOf } from '../../../operator/src/rocketmq/admins.ts';
import type { Command } from '../../../operator/src/rocketmq/codec/command.ts';
import { FrameDecoder } from '../../../operator/src/rocketmq/codec/frame.ts';
import { requestCodes } from '../../../operator/src/rocketmq/codes.ts';
import { FakeCluster } from '../../fakes/mod.ts';
import { MemoryNetwork } from '../world/memory-network.ts';
import { catalogue } from './catalogue.ts';

const innerCredentials = { accessKey: 'gantry-inner-1', secretKey: 'inner' };
const longEnoughMs = 60_000;
const maxFrameBytes = 64 * 1024 * 1024;

/** What the fakes do not answer, as brokers of 5.5.0 write it. */
const written: Readonly<Record<number, string>> = {
  [requestCodes.getConsumeStats]:
    '{"consumeTps":0.2,"offsetTable":{{"brokerName":"broker-a","queueId":0,"topic":"ORDERS"}:{"brokerOffset":9,"consumerOffset":7,"lastTimestamp":1785542400000,"pullOffset":8},{"brokerName":"broker-a","queueId":1,"topic":"ORDERS"}:{"brokerOffset":0,"consumerOffset":0,"lastTimestamp":0,"pullOffset":0}}}',
  [requestCodes.getBrokerHaStatus]:
    '{"haClientRuntimeInfo":{"lastReadTimestamp":0,"lastWriteTimestamp":0,"masterFlushOffset":0,"maxOffset":0,"transferredByteInSecond":0},"haConnectionInfo":[{"addr":"192.0.2.2:38218","diff":0,"inSync":true,"slaveAckOffset":11022,"transferFromWhere":11022,"transferredByteInSecond":12}],"inSyncSlaveNums":1,"master":true,"masterCommitLogMaxOffset":11022}',
};

export async function samples(): Promise<ReadonlyMap<number, Command>> {
  const clock = new ManualClock();
  const network = new MemoryNetwork(clock);
  const access = { innerCredentials, enforced: true };
  const cluster = await FakeCluster.start({
    cluster: 'c',
    groups: ['broker-a', 'broker-b'],
    access,
    network,
  });
  furnish(cluster);
  const found = new Map<number, Command>();
  network.disturb = (reaction, { code }) => {
    const [answer] = typeof reaction === 'string' ? [] : new FrameDecoder(maxFrameBytes).push(reaction);
    if (answer?.code === 0 && !found.has(code)) found.set(code, answer);
    return reaction;
  };
  const admins = adminsOf(
    { transport: network, requestTimeoutMs: 1_000, credentials: innerCredentials },
    clock,
  );
  const addresses = [
    cluster.nameServerAddresses,
    [cluster.master('broker-a').address],
    cluster.controllerAddresses,
  ];
  for (const { ask } of catalogue)
    for (const [address = ''] of addresses) {
      const asking = ask(admins, address).catch(() => undefined);
      await clock.advance(longEnoughMs);
      await asking;
    }
  const plain = { opaque: 1, flag: 1, version: 513, language: 'JAVA', extFields: {} };
  const emptySuccess = { ...plain, code: 0, remark: 'not set any response code', body: Buffer.alloc(0) };
  return new Map(
    Object.values(requestCodes).map((code) => {
      const body = written[code];
      const own = body === undefined ? found.get(code) : { ...emptySuccess, body: Buffer.from(body) };
      return [code, own ?? emptySuccess];
    }),
  );
}

function furnish(cluster: FakeCluster): void {
  for (const { topics, groups, store } of cluster.masters()) {
    topics.add({ topicName: 'ORDERS', attributes: { 'message.type': 'FIFO' } });
    topics.add({ topicName: '%RETRY%G', readQueueNums: 1, writeQueueNums: 1 });
    const exponentialRetryPolicy = { initial: 10, max: 100, multiplier: 2 };
    const customizedRetryPolicy = { next: [1_000, 5_000] };
    groups.set('G', { groupName: 'G', groupRetryPolicy: { type: 'EXPONENTIAL', exponentialRetryPolicy } });
    groups.set('H', { groupName: 'H', groupRetryPolicy: { type: 'CUSTOMIZED', customizedRetryPolicy } });
    store.fill('ORDERS', 9);
    store.timed.set('ORDERS', 2);
    store.offsets.set('ORDERS@G', new Map([['0', 7]]));
    store.users.set('ops', { username: 'ops', password: 'pw', userType: 'Normal', userStatus: 'enable' });
    const entries = [
      { resource: 'Topic:ORDERS', actions: ['Pub'], sourceIps: ['10.0.0.0/8'], decision: 'Allow' },
    ] as const;
    store.acls.set('User:ops', [{ policyType: 'Custom', entries }]);
  }
  cluster.master('broker-a').clients.set('G', 'client-1', 'client-2');
  cluster.registerAll();
}
