/** Configuration files and pod template of each component. */
import type { ClusterIdentity } from '../addresses.ts';
import { componentName, ports } from '../addresses.ts';
import { proxyFile } from '../config/access-settings.ts';
import { brokerConfig } from '../config/broker-config.ts';
import { controllerConfig } from '../config/controller-config.ts';
import { brokerFile } from '../config/live-keys.ts';
import { nameServerConfig, nameServerFile } from '../config/name-server-config.ts';
import { proxyConfig } from '../config/proxy-config.ts';
import {
  isElected,
  type BrokerInputs,
  type ControllerInputs,
  type Inputs,
  type NameServerInputs,
  type ProxyInputs,
} from '../inputs.ts';
import { inSyncGate, memberLabels } from '../labels.ts';
import { consoleLogback } from '../logback.ts';
import { configPath, nameServerPath, storePath } from '../paths.ts';
import { guardContainer, isGuarded } from './guard.ts';
import {
  logbackFile,
  metricsPort,
  namedPorts,
  podTemplate,
  type ConfigSource,
  type PodTemplateSpec,
} from './pod.ts';
import { awaitHandOver, preStopSeconds } from './pre-stop.ts';

export interface Rendered {
  readonly files: Readonly<Record<string, string>>;
  readonly template: (source: ConfigSource) => PodTemplateSpec;
}

/** @param guardImage what guards run from; without it there are none */
export function render(id: ClusterIdentity, inputs: Inputs, guardImage: string | undefined): Rendered {
  switch (inputs.component) {
    case 'nameserver':
      return nameServer(id, inputs);
    case 'controller':
      return controller(id, inputs);
    case 'broker':
      return broker(id, inputs, guardImage);
    case 'proxy':
      return proxy(id, inputs);
    default:
      return inputs satisfies never;
  }
}

function nameServer(id: ClusterIdentity, inputs: NameServerInputs): Rendered {
  const files = { [nameServerFile]: nameServerConfig(inputs), [logbackFile]: consoleLogback };
  return {
    files,
    template: (source) =>
      podTemplate(id, {
        inputs,
        source,
        files: Object.keys(files),
        program: ['-c', `${configPath}/${nameServerFile}`],
        ports: namedPorts.nameserver,
        probePort: ports.nameServer,
        startSeconds: 600,
        terminationSeconds: 30,
        volumes: [{ name: 'namesrv', emptyDir: {} }],
        mounts: [{ name: 'namesrv', mountPath: nameServerPath }],
      }),
  };
}

/** All controllers share a template; each reads the file that has its own name. */
function controller(id: ClusterIdentity, inputs: ControllerInputs): Rendered {
  const own = Array.from({ length: inputs.replicas }, (_, ordinal) => [
    `${componentName(id, 'controller')}-${ordinal}.conf`,
    controllerConfig(id, inputs, ordinal),
  ]);
  const files = { ...Object.fromEntries(own), [logbackFile]: consoleLogback };
  return {
    files,
    template: (source) =>
      podTemplate(id, {
        inputs,
        source,
        files: Object.keys(files),
        program: ['-c', `${configPath}/$(POD_NAME).conf`],
        env: [
          { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
        ],
        ports: namedPorts.controller,
        probePort: ports.controller,
        startSeconds: 600,
        terminationSeconds: 30,
        mounts: [{ name: 'store', mountPath: storePath }],
      }),
  };
}

function broker(id: ClusterIdentity, inputs: BrokerInputs, guardImage: string | undefined): Rendered {
  const files = { [brokerFile]: brokerConfig(id, inputs), [logbackFile]: consoleLogback };
  // One that is master for good has nobody to hand over to.
  const handsOver = isElected(inputs);
  const guard =
    guardImage !== undefined && isGuarded(inputs) ? guardContainer(id, inputs, guardImage) : undefined;
  return {
    files,
    template: (source) =>
      podTemplate(id, {
        inputs,
        source,
        files: Object.keys(files),
        program: ['-c', `${configPath}/${brokerFile}`],
        ports: [...namedPorts.broker, ...(inputs.exportsMetrics === true ? [metricsPort] : [])],
        probePort: ports.broker,
        // Recovery reads back what was not flushed, tens of gigabytes after a crash.
        startSeconds: 1800,
        // The shutdown hook waits for flush and dispatch; killed before, the next start recovers the long way.
        terminationSeconds: 180 + (handsOver ? preStopSeconds : 0),
        ...(handsOver ? { preStop: { exec: { command: [...awaitHandOver(ports.brokerHa)] } } } : {}),
        labels: memberLabels(inputs.group, inputs.member),
        mounts: [{ name: 'store', mountPath: storePath }],
        readinessGates: [inSyncGate],
        ...(guard === undefined ? {} : { sidecar: guard }),
      }),
  };
}

function proxy(id: ClusterIdentity, inputs: ProxyInputs): Rendered {
  const files = { [proxyFile]: proxyConfig(id, inputs), [logbackFile]: consoleLogback };
  return {
    files,
    template: (source) =>
      podTemplate(id, {
        inputs,
        source,
        files: Object.keys(files),
        program: ['-pc', `${configPath}/${proxyFile}`],
        ports: namedPorts.proxy,
        probePort: ports.grpc,
        startSeconds: 600,
        // Endpoints have to forget the pod first; then open gRPC calls have 30 s.
        preStop: { sleep: { seconds: 5 } },
        terminationSeconds: 60,
      }),
  };
}
