/** The JSON file of the proxies. */
import { proxyHeartbeatTopic } from '../../api/mod.ts';
import { nameServerAddresses, ports, type ClusterIdentity } from '../addresses.ts';
import type { ProxyInputs } from '../inputs.ts';
import { proxyAccess } from './access-settings.ts';
import { checkConfig, type ConfigProblem } from './key-table.ts';
import { proxyKeys, proxyKeysOf } from './proxy-keys.ts';

const names = 'it follows from the name of the cluster';
const network = 'addresses and ports follow from the Service of the proxies';
const encryption = 'encryption is not served yet';

export const ownedProxyKeys: ReadonlyMap<string, string> = new Map([
  ['rocketMQClusterName', names],
  ['proxyClusterName', names],
  ['proxyName', names],
  ['proxyMode', 'the operator runs proxies in cluster mode'],
  ['brokerConfigPath', 'the operator runs proxies in cluster mode'],
  ['namesrvAddr', 'use spec.nameServers.replicas'],
  ['namesrvDomain', 'use spec.nameServers.replicas'],
  ['namesrvDomainSubgroup', 'use spec.nameServers.replicas'],
  ['grpcServerPort', network],
  ['remotingListenPort', network],
  ['localServeAddr', network],
  ['maxMessageSize', 'use spec.limits.maxMessageBytes'],
  ['maxDelayTimeMills', 'use spec.limits.maxDelaySeconds'],
  ['enableAclRpcHookForClusterMode', 'use spec.security.acl'],
  ['tlsTestModeEnable', encryption],
  ['tlsKeyPath', encryption],
  ['tlsKeyPassword', encryption],
  ['tlsCertPath', encryption],
]);

export const proxyDefaults: Readonly<Record<string, string>> = {
  heartbeatSyncerTopicName: proxyHeartbeatTopic,
  // After a failover the proxies learn the new master within this time, and new topics too.
  topicRouteServiceCacheRefreshSeconds: '5',
  topicConfigCacheRefreshSeconds: '5',
  subscriptionGroupConfigCacheRefreshSeconds: '5',
};

/** How long a proxy goes by what it last heard of a user: one that is new waits for it, one that is gone is served for it. */
const accessDefaults: Readonly<Record<string, string>> = {
  userCacheRefreshSeconds: '5',
  aclCacheRefreshSeconds: '5',
};

type JsonValue = string | number | boolean;

function typed(key: string, value: string): JsonValue {
  const kind = proxyKeys.get(key)?.kind;
  if (kind === 'integer' || kind === 'long' || kind === 'decimal') return Number(value);
  return kind === 'boolean' ? value === 'true' : value;
}

export function proxyConfig(id: ClusterIdentity, inputs: ProxyInputs): string {
  const defaults = inputs.access === undefined ? proxyDefaults : { ...proxyDefaults, ...accessDefaults };
  const settings = Object.entries({ ...defaults, ...inputs.config }).map(
    ([key, value]) => [key, typed(key, value)] as const,
  );
  const own: Readonly<Record<string, JsonValue>> = {
    proxyMode: 'CLUSTER',
    rocketMQClusterName: id.name,
    proxyClusterName: id.name,
    namesrvAddr: nameServerAddresses(id, inputs.nameServers).join(';'),
    grpcServerPort: ports.grpc,
    remotingListenPort: ports.remoting,
    maxMessageSize: inputs.maxMessageBytes,
    maxDelayTimeMills: inputs.maxDelaySeconds * 1000,
    ...(inputs.access === undefined ? {} : proxyAccess(inputs.access)),
  };
  return `${JSON.stringify({ ...Object.fromEntries(settings), ...own }, undefined, 2)}\n`;
}

export function checkProxyConfig(
  version: ProxyInputs['version'],
  config: Readonly<Record<string, string>>,
): readonly ConfigProblem[] {
  return checkConfig(config, {
    path: 'spec.proxy.config',
    keys: proxyKeysOf(version),
    owned: ownedProxyKeys,
  });
}
