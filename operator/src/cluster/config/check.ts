import { controllersOf, exportsMetrics, type RocketMQClusterSpec } from '../../api/mod.ts';
import { memoryProblem } from '../jvm.ts';
import { checkBrokerConfig } from './broker-config.ts';
import { checkControllerConfig } from './controller-config.ts';
import type { ConfigProblem } from './key-table.ts';
import { leaseProblems } from './lease.ts';
import { checkNameServerConfig } from './name-server-config.ts';
import { checkProxyConfig } from './proxy-config.ts';

/** Everything that is wrong with the settings of a spec; empty when they can be put into force. */
export function configProblems(spec: RocketMQClusterSpec): readonly ConfigProblem[] {
  const controllers = controllersOf(spec);
  const memory = (
    [
      ['nameserver', 'nameServers'],
      ['controller', 'controllers'],
      ['broker', 'brokers'],
      ['proxy', 'proxy'],
    ] as const
  ).flatMap(([component, part]): readonly ConfigProblem[] => {
    const message = memoryProblem(component, spec[part]?.resources);
    return message === undefined
      ? []
      : [{ reason: 'InvalidValue', field: `spec.${part}.resources.limits.memory`, message }];
  });
  return [
    ...checkNameServerConfig(spec.nameServers.config),
    ...checkControllerConfig(controllers?.config ?? {}),
    ...checkBrokerConfig(spec.version, spec.brokers.config, {
      failover: spec.brokers.failover,
      exporting: exportsMetrics(spec),
    }),
    ...leaseProblems(spec),
    ...checkProxyConfig(spec.version, spec.proxy.config),
    ...memory,
  ];
}
