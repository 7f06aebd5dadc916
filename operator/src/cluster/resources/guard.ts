/** The container beside a broker that keeps it from acknowledging as a master that was replaced: decision 13. */
import { controllerAddresses, ports, registeredAddress, type ClusterIdentity } from '../addresses.ts';
import { hasLease, leaseMs } from '../config/lease.ts';
import { healthPath } from '../../guard/mod.ts';
import type { BrokerInputs } from '../inputs.ts';
import { guardName } from '../pods.ts';
import { credentialsSecretName } from './credentials-secret.ts';
import type { Container, PodTemplateSpec } from './pod.ts';

export function isGuarded({ controllers, replication, replicas }: BrokerInputs): boolean {
  return hasLease({ elected: controllers !== undefined, replication, replicas });
}

export function guardContainer(id: ClusterIdentity, inputs: BrokerInputs, image: string): Container {
  const { group, controllers = 0 } = inputs;
  const health = { httpGet: { path: healthPath, port: ports.guard } };
  return {
    name: guardName,
    image,
    imagePullPolicy: 'IfNotPresent',
    // A sidecar: it is there before the broker starts, and until it has ended.
    restartPolicy: 'Always',
    command: [
      'node',
      '--max-semi-space-size=1',
      '--optimize-for-size',
      '--max-old-space-size=32',
      '/app/guard.mjs',
    ],
    env: [
      { name: 'POD_IP', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } },
      { name: 'MALLOC_ARENA_MAX', value: '1' },
      { name: 'GUARD_GROUP', value: group },
      { name: 'GUARD_BROKER', value: registeredAddress('$(POD_IP)') },
      { name: 'GUARD_CONTROLLERS', value: controllerAddresses(id, controllers).join(';') },
      { name: 'GUARD_LEASE_MS', value: String(leaseMs(inputs.config)) },
      { name: 'GUARD_PORT', value: String(ports.guard) },
      ...(inputs.access === undefined ? [] : credentialsEnv(id)),
    ],
    ports: [{ name: 'guard', containerPort: ports.guard }],
    // The same on both sides: a pod whose broker is as certain of its share stays so.
    resources: { requests: guardShare, limits: guardShare },
    livenessProbe: { ...health, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
  };
}

/** It closes its broker by a request that the broker checks. */
function credentialsEnv(id: ClusterIdentity): NonNullable<Container['env']> {
  const from = (key: 'accessKey' | 'secretKey') => ({
    secretKeyRef: { name: credentialsSecretName(id), key },
  });
  return [
    { name: 'GUARD_ACCESS_KEY', valueFrom: from('accessKey') },
    { name: 'GUARD_SECRET_KEY', valueFrom: from('secretKey') },
  ];
}

/** Whether pods of a template have one. */
export function hasGuard({ spec }: PodTemplateSpec): boolean {
  return spec?.initContainers?.some(({ name }) => name === guardName) ?? false;
}

const guardShare = { cpu: '100m', memory: '96Mi' } as const;
