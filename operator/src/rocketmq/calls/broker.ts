import type { BrokerAdmin } from '../admin.ts';
import { writeProperties } from '../codec/properties.ts';
import { redactConfigValue, redacted } from '../redact.ts';
import type { EpochCache, HaConnection, HaStatus } from '../types.ts';
import { accessCalls } from './access.ts';
import { groupCalls } from './broker-groups.ts';
import { topicCalls } from './broker-topics.ts';
import type { Caller } from './caller.ts';
import { consumerCalls, placeCalls } from './consumers.ts';
import { UnexpectedShape, type Field } from './fields.ts';
import { readConfig } from './settings.ts';
import { readStrings } from './shapes.ts';

export function brokerAdmin(caller: Caller): BrokerAdmin {
  return {
    address: caller.address,
    ...topicCalls(caller),
    ...groupCalls(caller),
    ...consumerCalls(caller),
    ...placeCalls(caller),
    ...accessCalls(caller),

    runtimeInfo: (options) =>
      caller.ask(
        'getBrokerRuntimeInfo',
        {},
        options,
        (body) => new Map(Object.entries(readStrings(body.get('table')))),
      ),

    config: (options) => readConfig(caller, 'getBrokerConfig', options),

    updateConfig: async (values, options) => {
      if (values.size === 0) return;
      const secrets = [...values].filter(([key, value]) => redactConfigValue(key, value) === redacted);
      const body = writeProperties(values);
      await caller.call('updateBrokerConfig', { body, secrets: secrets.map(([, value]) => value) }, options);
    },

    haStatus: (options) => caller.ask('getBrokerHaStatus', {}, options, readHaStatus),

    epochs: (options) =>
      caller.ask('getBrokerEpochCache', {}, options, (body) => ({
        cluster: body.get('clusterName').string(),
        brokerName: body.get('brokerName').string(),
        brokerId: body.get('brokerId').integer(),
        maxOffset: body.get('maxOffset').long(),
        epochs: body.get('epochList').list().map(readEpoch),
      })),
  };
}

function readEpoch(entry: Field): EpochCache['epochs'][number] {
  const epoch = entry.get('epoch').count();
  const startOffset = entry.get('startOffset').long();
  const endOffset = entry.get('endOffset').long();
  if (startOffset < 0n || endOffset < startOffset)
    throw new UnexpectedShape(entry.path, 'an epoch that ends after it begins');
  return { epoch, startOffset, endOffset };
}

function readHaStatus(body: Field): HaStatus {
  if (body.get('master').boolean()) {
    return {
      role: 'master',
      masterCommitLogMaxOffset: body.get('masterCommitLogMaxOffset').integer(),
      inSyncSlaveNums: body.get('inSyncSlaveNums').integer(),
      connections: body.get('haConnectionInfo').list().map(readHaConnection),
    };
  }
  const client = body.get('haClientRuntimeInfo');
  return {
    role: 'slave',
    masterAddress: client.get('masterAddr').string(),
    masterFlushOffset: client.get('masterFlushOffset').integer(),
    maxOffset: client.get('maxOffset').integer(),
    lastReadTimestamp: client.get('lastReadTimestamp').integer(),
    lastWriteTimestamp: client.get('lastWriteTimestamp').integer(),
    transferredByteInSecond: client.get('transferredByteInSecond').integer(),
  };
}

function readHaConnection(connection: Field): HaConnection {
  return {
    address: connection.get('addr').string(),
    slaveAckOffset: connection.get('slaveAckOffset').integer(),
    diff: connection.get('diff').integer(),
    inSync: connection.get('inSync').boolean(),
    transferFromWhere: connection.get('transferFromWhere').integer(),
    transferredByteInSecond: connection.get('transferredByteInSecond').integer(),
  };
}
