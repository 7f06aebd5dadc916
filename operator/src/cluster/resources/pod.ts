/** What the pods of all components have in common. */
import type { StatefulSet } from '../../kube/mod.ts';
import { ports, type ClusterIdentity, type Component } from '../addresses.ts';
import type { Inputs } from '../inputs.ts';
import { effectiveResources, javaArguments, jdkJavaOptions, rocketmqHome } from '../jvm.ts';
import { componentLabels, revisionAnnotation, selectorLabels } from '../labels.ts';
import { configPath, logPath } from '../paths.ts';

export type PodTemplateSpec = NonNullable<StatefulSet['spec']>['template'];
type PodSpec = NonNullable<PodTemplateSpec['spec']>;
export type Container = PodSpec['containers'][number];
type Volume = NonNullable<PodSpec['volumes']>[number];
type VolumeMount = NonNullable<Container['volumeMounts']>[number];
type Env = NonNullable<Container['env']>[number];
type PreStop = NonNullable<NonNullable<Container['lifecycle']>['preStop']>;
type ContainerPort = NonNullable<Container['ports']>[number];

/** Name and content hash of the Secret that the pods read their configuration from. */
export interface ConfigSource {
  readonly secretName: string;
  readonly revision: string;
}

export interface PodShape {
  readonly inputs: Inputs;
  readonly source: ConfigSource;
  /** Files of the Secret that are mounted. */
  readonly files: readonly string[];
  /** Arguments of the RocketMQ process. */
  readonly program: readonly string[];
  readonly ports: readonly ContainerPort[];
  /** The port that stands for the process in the probes. */
  readonly probePort: number;
  /** How long a start may take: recovery of a store counts. */
  readonly startSeconds: number;
  readonly terminationSeconds: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly env?: readonly Env[];
  readonly volumes?: readonly Volume[];
  readonly mounts?: readonly VolumeMount[];
  readonly readinessGates?: readonly string[];
  /** Beside it for as long as it lives. */
  readonly sidecar?: Container;
  /** Done between the deletion of the pod and SIGTERM; counts against the time that it has to end. */
  readonly preStop?: PreStop;
}

export const logbackFile = 'logback.xml';
const configVolume = 'config';
const uid = 3000;
const probePeriodSeconds = 2;

export function podTemplate(id: ClusterIdentity, shape: PodShape): PodTemplateSpec {
  const { inputs, source } = shape;
  const user = inputs.podTemplate;
  return {
    metadata: {
      labels: { ...user?.labels, ...componentLabels(id, inputs.component), ...shape.labels },
      annotations: { ...user?.annotations, [revisionAnnotation]: source.revision },
    },
    spec: {
      // A guard ends a broker that hangs.
      ...(shape.sidecar === undefined
        ? {}
        : { initContainers: [shape.sidecar], shareProcessNamespace: true }),
      containers: [container(shape)],
      volumes: [
        ...(shape.volumes ?? []),
        {
          name: configVolume,
          secret: {
            secretName: source.secretName,
            items: shape.files.map((file) => ({ key: file, path: file })),
          },
        },
        { name: 'tmp', emptyDir: {} },
        { name: 'logs', emptyDir: {} },
      ],
      ...(shape.readinessGates === undefined
        ? {}
        : { readinessGates: shape.readinessGates.map((conditionType) => ({ conditionType })) }),
      ...(inputs.imagePullSecrets.length === 0 ? {} : { imagePullSecrets: inputs.imagePullSecrets }),
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: shape.terminationSeconds,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: uid,
        runAsGroup: uid,
        fsGroup: uid,
        // A recursive chown of a large commit log would delay every start.
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      affinity: { podAntiAffinity: spread(id, inputs.component, shape.labels), ...user?.affinity },
      ...(user?.nodeSelector === undefined ? {} : { nodeSelector: user.nodeSelector }),
      ...(user?.tolerations === undefined ? {} : { tolerations: user.tolerations }),
      ...(user?.topologySpreadConstraints === undefined
        ? {}
        : { topologySpreadConstraints: user.topologySpreadConstraints }),
      ...(user?.priorityClassName === undefined ? {} : { priorityClassName: user.priorityClassName }),
    },
  };
}

/** The same template, its configuration from another Secret. */
export function withSource(template: PodTemplateSpec, source: ConfigSource): PodTemplateSpec {
  const { metadata, spec } = template;
  const volumes = spec?.volumes?.map((volume) =>
    volume.name === configVolume
      ? { ...volume, secret: { ...volume.secret, secretName: source.secretName } }
      : volume,
  );
  const annotations = { ...metadata?.annotations, [revisionAnnotation]: source.revision };
  return {
    ...template,
    metadata: { ...metadata, annotations },
    ...(spec === undefined ? {} : { spec: { ...spec, ...(volumes === undefined ? {} : { volumes }) } }),
  };
}

function container(shape: PodShape): Container {
  const { inputs } = shape;
  return {
    name: inputs.component,
    image: inputs.image,
    imagePullPolicy: inputs.imagePullPolicy,
    // Java is the process itself: a shell as process 1 would swallow SIGTERM and the store would not be closed.
    command: ['java'],
    args: javaArguments({
      component: inputs.component,
      version: inputs.version,
      resources: inputs.resources,
      logbackFile: `${configPath}/${logbackFile}`,
      program: shape.program,
    }),
    env: [
      { name: 'ROCKETMQ_HOME', value: rocketmqHome(inputs.version) },
      { name: 'JDK_JAVA_OPTIONS', value: jdkJavaOptions },
      // glibc would keep an arena of 64 MiB for each of many threads.
      { name: 'MALLOC_ARENA_MAX', value: '2' },
      ...(shape.env ?? []),
    ],
    ports: shape.ports,
    resources: effectiveResources(inputs.component, inputs.resources),
    ...probes(shape),
    ...(shape.preStop === undefined ? {} : { lifecycle: { preStop: shape.preStop } }),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    // The last lines of a process that ends at once are the diagnosis.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      ...(shape.mounts ?? []),
      { name: configVolume, mountPath: configPath, readOnly: true },
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'logs', mountPath: logPath },
    ],
  };
}

/**
 * A port that accepts is all that Kubernetes can see without a shell in the container. Liveness waits a minute, so
 * that a long collection or a slow disk restarts nothing; what ready means beyond that is asked by the operator.
 */
function probes(shape: PodShape): Pick<Container, 'startupProbe' | 'readinessProbe' | 'livenessProbe'> {
  const tcpSocket = { port: shape.probePort };
  return {
    startupProbe: {
      tcpSocket,
      periodSeconds: probePeriodSeconds,
      failureThreshold: Math.ceil(shape.startSeconds / probePeriodSeconds),
    },
    readinessProbe: { tcpSocket, periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 },
    livenessProbe: { tcpSocket, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
  };
}

type AntiAffinity = NonNullable<NonNullable<PodSpec['affinity']>['podAntiAffinity']>;

/** Apart from each other where there are nodes enough; members of one group above all. */
function spread(
  id: ClusterIdentity,
  component: Component,
  labels: Readonly<Record<string, string>> = {},
): AntiAffinity {
  const { 'rocketmq.gantry.dev/group': group } = labels;
  const matchLabels = {
    ...selectorLabels(id, component),
    ...(group === undefined ? {} : { 'rocketmq.gantry.dev/group': group }),
  };
  return {
    preferredDuringSchedulingIgnoredDuringExecution: [
      {
        weight: 100,
        podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels } },
      },
    ],
  };
}

/** By its name a PodMonitor finds it. */
export const metricsPort: ContainerPort = { name: 'metrics', containerPort: ports.metrics };

export const namedPorts = {
  nameserver: [{ name: 'remoting', containerPort: ports.nameServer }],
  controller: [
    { name: 'remoting', containerPort: ports.controller },
    { name: 'raft', containerPort: ports.controllerRaft },
  ],
  broker: [
    { name: 'fast', containerPort: ports.brokerFast },
    { name: 'remoting', containerPort: ports.broker },
    { name: 'ha', containerPort: ports.brokerHa },
  ],
  proxy: [
    { name: 'grpc', containerPort: ports.grpc },
    { name: 'remoting', containerPort: ports.remoting },
  ],
} as const satisfies Readonly<Record<Component, readonly ContainerPort[]>>;
