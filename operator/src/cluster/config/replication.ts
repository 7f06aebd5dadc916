/** The settings of a broker in which elected and fixed masters differ: its role, and whom a send waits for. */
import { brokerHost, fixedMasterHost, heartbeatAddresses, type ClusterIdentity } from '../addresses.ts';
import { isFixedMaster, type BrokerInputs } from '../inputs.ts';

type Entries = readonly (readonly [string, string])[];

/**
 * Re-attachment within seconds instead of RocketMQ's tens of seconds; measured values of a master that is killed: a new one
 * after 0.3 to 3 s.
 */
export const electedDefaults: Readonly<Record<string, string>> = {
  // RocketMQ's own, and not less. A controller that becomes leader looks at once who has not been heard of for so long, and
  // elects others in their place (RaftBrokerHeartBeatManager waits for the first heartbeats of its process only): while there
  // was no leader nobody was heard of. It has to be longer than that takes, or every master is deposed in full health.
  controllerHeartBeatTimeoutMills: '10000',
  syncControllerMetadataPeriod: '3000',
  syncBrokerMetadataPeriod: '2000',
  checkSyncStateSetPeriod: '1000',
  haMaxTimeSlaveNotCatchup: '5000',
};

export function replicationDefaults({ controllers }: BrokerInputs): Entries {
  return controllers === undefined ? [] : Object.entries(electedDefaults);
}

/**
 * What a master registers as its replication address, and replicas learn from the name servers; a name outlives the
 * pod. `haMasterAddress` cannot say it to them: it is set before there is anybody to take it (the HA client comes with
 * DefaultMessageStore.start), and then keeps what the name servers say from them (BrokerController of 5.4.0 and 5.5.0).
 */
export function replicationHost(id: ClusterIdentity, inputs: BrokerInputs): string {
  const { group, member } = inputs;
  return isFixedMaster(inputs) ? fixedMasterHost(id, group) : brokerHost(id, group, member);
}

export function roleSettings(id: ClusterIdentity, inputs: BrokerInputs): Entries {
  const { controllers, member } = inputs;
  if (controllers !== undefined) {
    return [
      ['enableControllerMode', 'true'],
      ['controllerAddr', heartbeatAddresses(id, controllers).join(';')],
    ];
  }
  return isFixedMaster(inputs)
    ? masterSettings(inputs)
    : [
        ['brokerId', String(member)],
        ['brokerRole', 'SLAVE'],
      ];
}

/**
 * Only in acting-master mode does a master look for replicas before it stores a message, and refuse (CommitLog of
 * 5.5.0); else it stores, waits for slaveTimeout, and answers FLUSH_SLAVE_TIMEOUT. It is the master's mode alone. A
 * replica in it would check transactions while its master is away, and pass over each half message that it cannot
 * move to another group (TransactionalMessageServiceImpl). And the master would not come back online before it had
 * read its replicas' offsets (BrokerPreOnlineService), which 5.5.0 cannot once anybody has pulled from one
 * (decision 9), and would take them for its own: so it skips that.
 */
function masterSettings({ replication }: BrokerInputs): Entries {
  if (replication === 'Async') return [...idOfMaster, ['brokerRole', 'ASYNC_MASTER']];
  return [
    ...idOfMaster,
    ['brokerRole', 'SYNC_MASTER'],
    ['enableSlaveActingMaster', 'true'],
    ['skipPreOnline', 'true'],
    // It asks name servers who is in the group; those of 4.x only knew routes.
    ['compatibleWithOldNameSrv', 'false'],
  ];
}

const idOfMaster: Entries = [['brokerId', '0']];

export function acknowledgementSettings(inputs: BrokerInputs): Entries {
  const { controllers, replication, replicas, minInSyncReplicas } = inputs;
  const sync = replication === 'Sync';
  return [
    // SYNC_MASTER alone does not wait in RocketMQ 5; this does, for every member of the sync-state set.
    ...(controllers === undefined ? [] : [['allAckInSyncStateSet', String(sync)] as const]),
    // What a fixed SYNC_MASTER waits for: so many members, and no more.
    ['inSyncReplicas', String(sync ? minInSyncReplicas : 1)],
    ['minInSyncReplicas', String(minInSyncReplicas)],
    ...(controllers === undefined ? [['enableAutoInSyncReplicas', 'false'] as const] : []),
    ['totalReplicas', String(replicas)],
  ];
}
