/** The properties file of one member of a broker group. */
import type { RocketMQClusterSpec } from '../../api/mod.ts';
import { nameServerAddresses, ports, type ClusterIdentity } from '../addresses.ts';
import type { BrokerInputs } from '../inputs.ts';
import { storePath } from '../paths.ts';
import { workarounds } from '../versions.ts';
import { brokerAccess } from './access-settings.ts';
import { brokerKeysOf } from './broker-keys.ts';
import { checkConfig, type ConfigProblem } from './key-table.ts';
import { renderProperties } from './properties.ts';
import {
  acknowledgementSettings,
  replicationDefaults,
  replicationHost,
  roleSettings,
} from './replication.ts';

const names = 'it follows from the names of the cluster and its groups';
const network = 'addresses and ports follow from the names of the pods';
const mode = 'it follows from spec.brokers.failover';
const store = 'the store is the volume of the pod';
const access = 'use spec.security.acl';

export const ownedBrokerKeys: ReadonlyMap<string, string> = new Map([
  ['brokerClusterName', names],
  ['brokerName', names],
  ['brokerId', mode],
  ['brokerRole', mode],
  ['brokerIP1', network],
  ['brokerIP2', network],
  ['bindAddress', network],
  ['listenPort', network],
  ['haListenPort', network],
  ['haMasterAddress', network],
  ['namesrvAddr', 'use spec.nameServers.replicas'],
  ['fetchNamesrvAddrByAddressServer', network],
  ['fetchNameSrvAddrByDnsLookup', network],
  ['controllerAddr', 'use spec.controllers.replicas'],
  ['fetchControllerAddrByDnsLookup', network],
  ['enableControllerMode', mode],
  ['enableSlaveActingMaster', mode],
  ['enableDLegerCommitLog', mode],
  ['dLegerGroup', mode],
  ['dLegerPeers', mode],
  ['dLegerSelfId', mode],
  ['asyncLearner', mode],
  ['storePathRootDir', store],
  ['storePathCommitLog', store],
  ['storePathEpochFile', store],
  ['storePathBrokerIdentity', store],
  ['storePathDLedgerCommitLog', store],
  ['flushDiskType', 'use spec.brokers.flush'],
  ['allAckInSyncStateSet', 'use spec.brokers.replication'],
  ['inSyncReplicas', 'use spec.brokers.minInSyncReplicas'],
  ['minInSyncReplicas', 'use spec.brokers.minInSyncReplicas'],
  ['enableAutoInSyncReplicas', 'use spec.brokers.minInSyncReplicas'],
  ['totalReplicas', 'use spec.brokers.replicas'],
  ['maxMessageSize', 'use spec.limits.maxMessageBytes'],
  ['timerMaxDelaySec', 'use spec.limits.maxDelaySeconds'],
  ['autoCreateTopicEnable', 'declare a Topic instead'],
  ['autoCreateSubscriptionGroup', 'declare a ConsumerGroup instead'],
  ['transientStorePoolEnable', 'acknowledged messages would be lost with the process'],
  ['clusterTopicEnable', 'the proxies find the masters by the topic of the cluster'],
  ['brokerTopicEnable', 'clients find the group by its topic'],
  ['brokerPermission', 'the operator uses it to close a group'],
  ['startAcceptSendRequestTimeStamp', 'the operator uses it to close a group'],
  ['rocketmqHome', 'it follows from spec.version'],
  ['brokerConfigPath', 'the operator renders the file'],
  ['configBlackList', 'the operator renders the file'],
  ['inBrokerContainer', mode],
  ['useTLS', 'encryption is not served yet'],
  ['aclEnable', access],
  ['authenticationEnabled', access],
  ['authenticationProvider', access],
  ['authenticationMetadataProvider', access],
  ['authorizationEnabled', access],
  ['authorizationProvider', access],
  ['authorizationMetadataProvider', access],
  ['authConfigPath', access],
  ['initAuthenticationUser', access],
  ['innerClientAuthenticationCredentials', access],
  ['migrateAuthFromV1Enabled', access],
]);

/** How a fixed master takes sends again after its start, and when it refuses them: see roleSettings. */
export const ownedKeysOfFixedMasters: ReadonlyMap<string, string> = new Map([
  ['skipPreOnline', mode],
  ['compatibleWithOldNameSrv', mode],
]);

const monitoring = 'use spec.monitoring.brokerMetrics';

/** While spec.monitoring.brokerMetrics is Enabled; otherwise they may say where else metrics go. */
export const ownedKeysOfExporters: ReadonlyMap<string, string> = new Map([
  ['metricsExporterType', monitoring],
  ['metricsPromExporterHost', monitoring],
  ['metricsPromExporterPort', monitoring],
]);

/** Replica and disk waits end before the clients' 3 s, so that a client gets the broker's answer instead of its own timeout. */
export const brokerDefaults: Readonly<Record<string, string>> = {
  haSendHeartbeatInterval: '1000',
  // How long a replica stays with a master that hangs, and a fixed master takes a hung replica for one in sync. Above
  // RocketMQ's own haSendHeartbeatInterval of 5 s: a connection that is quiet for longer is ended.
  haHousekeepingInterval: '10000',
  registerNameServerPeriod: '10000',
  // A replica learns where its master replicates from by a registration, which ends when the last name server has answered or
  // this is over: 24 s by default, for which a name server that was cut off keeps replicas with a master that was, too.
  registerBrokerTimeoutMills: '3000',
  slaveTimeout: '2500',
  syncFlushTimeout: '2500',
  waitTimeMillsInSendQueue: '1000',
};

/** On all addresses, so that a port can be forwarded to it: of itself it has that of the pod only. */
const exporter: ReadonlyMap<string, string> = new Map([
  ['metricsExporterType', 'PROM'],
  ['metricsPromExporterHost', '0.0.0.0'],
  ['metricsPromExporterPort', String(ports.metrics)],
]);

function owned(id: ClusterIdentity, inputs: BrokerInputs): ReadonlyMap<string, string> {
  return new Map([
    ['brokerClusterName', id.name],
    ['brokerName', inputs.group],
    // No brokerIP1: the broker registers the pod's IP. A proxy finds out which group asks about a transaction by looking
    // the IP of the connection up among the registered addresses (ClusterTransactionService), and throws the question
    // away when they are names: no orphaned transaction would ever end.
    ['brokerIP2', replicationHost(id, inputs)],
    ['listenPort', String(ports.broker)],
    ['namesrvAddr', nameServerAddresses(id, inputs.nameServers).join(';')],
    ...roleSettings(id, inputs),
    ['storePathRootDir', storePath],
    ['flushDiskType', inputs.flush === 'Sync' ? 'SYNC_FLUSH' : 'ASYNC_FLUSH'],
    ...acknowledgementSettings(inputs),
    ['maxMessageSize', String(inputs.maxMessageBytes)],
    ['timerMaxDelaySec', String(inputs.maxDelaySeconds)],
    ['autoCreateTopicEnable', 'false'],
    ['autoCreateSubscriptionGroup', 'false'],
    ['clusterTopicEnable', 'true'],
    ['brokerTopicEnable', 'true'],
    ...(inputs.access === undefined ? [] : brokerAccess(inputs.access)),
    ...(inputs.exportsMetrics === true ? exporter : []),
  ]);
}

/** What the operator owns wins, workarounds of the version included; then the user; then our defaults. */
export function brokerConfig(id: ClusterIdentity, inputs: BrokerInputs): string {
  const fixes = [...workarounds(inputs.version)].map(([key, { value }]) => [key, value] as const);
  return renderProperties(
    new Map([
      ...replicationDefaults(inputs),
      ...Object.entries(brokerDefaults),
      ...Object.entries(inputs.config),
      ...fixes,
      ...owned(id, inputs),
    ]),
  );
}

/** What a version cannot do without, with the reason. */
export function ownedKeysOfVersion(version: BrokerInputs['version']): ReadonlyMap<string, string> {
  return new Map([...workarounds(version)].map(([key, { why }]) => [key, `without it ${why}`]));
}

export function checkBrokerConfig(
  version: BrokerInputs['version'],
  config: Readonly<Record<string, string>>,
  {
    failover,
    exporting,
  }: {
    readonly failover?: RocketMQClusterSpec['brokers']['failover'];
    readonly exporting?: boolean;
  } = {},
): readonly ConfigProblem[] {
  return checkConfig(config, {
    path: 'spec.brokers.config',
    keys: brokerKeysOf(version),
    owned: new Map([
      ...ownedBrokerKeys,
      ...(failover === 'Static' ? ownedKeysOfFixedMasters : []),
      ...(exporting === true ? ownedKeysOfExporters : []),
      ...ownedKeysOfVersion(version),
    ]),
  });
}
