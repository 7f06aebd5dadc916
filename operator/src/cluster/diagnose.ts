/** Why a pod does not run, in the words of somebody who has to repair it. */
import type { ConditionReason } from '../api/mod.ts';
import type { PersistentVolumeClaim, Pod } from '../kube/mod.ts';
import type { Component } from './addresses.ts';
import {
  containerStatus,
  guardStatus,
  imageReasons,
  isCrashing,
  isUnschedulable,
  podCondition,
  startReasons,
  type ContainerStatus,
} from './pods.ts';

export interface Diagnosis {
  readonly reason: Extract<
    ConditionReason,
    'ImageUnavailable' | 'Unschedulable' | 'VolumePending' | 'ContainerCrash'
  >;
  /** Names the object, what is wrong with it, and the cure. */
  readonly message: string;
}

/** Where a component stands in the spec. */
export const specFields: Readonly<Record<Component, string>> = {
  nameserver: 'spec.nameServers',
  controller: 'spec.controllers',
  broker: 'spec.brokers',
  proxy: 'spec.proxy',
};

export interface Patient {
  readonly component: Component;
  readonly pod: Pod;
  /** The volume claims of the pod, as far as they are known. */
  readonly claims: readonly PersistentVolumeClaim[];
}

export function diagnose(patient: Patient): Diagnosis | undefined {
  const status = containerStatus(patient.pod);
  return (
    pendingVolume(patient) ??
    unschedulable(patient) ??
    badGuard(patient) ??
    (status === undefined ? undefined : (badImage(patient, status) ?? crash(patient, status)))
  );
}

function unschedulable({ component, pod }: Patient): Diagnosis | undefined {
  if (!isUnschedulable(pod)) return undefined;
  const field = specFields[component];
  return {
    reason: 'Unschedulable',
    message:
      `Pod ${pod.metadata.name} fits on no node: ${sentence(podCondition(pod, 'PodScheduled')?.message)} ` +
      `Lower ${field}.resources.requests, relax ${field}.podTemplate, or add nodes.`,
  };
}

function pendingVolume({ component, pod, claims }: Patient): Diagnosis | undefined {
  // With a class that waits for its first consumer a claim is pending for a moment in every start: only a pod
  // that the scheduler has given up on is stuck.
  const scheduled = podCondition(pod, 'PodScheduled');
  if (scheduled?.status !== 'False') return undefined;
  const claim = claims.find((each) => each.status?.phase !== 'Bound');
  const blamesVolume = /persistentvolumeclaim|storageclass|volume/i.test(scheduled.message ?? '');
  if (claim === undefined || !blamesVolume) return undefined;
  const { storageClassName } = claim.spec ?? {};
  const which =
    storageClassName === undefined ? 'the default storage class' : `storage class ${storageClassName}`;
  return {
    reason: 'VolumePending',
    message:
      `PersistentVolumeClaim ${claim.metadata.name} of pod ${pod.metadata.name} is not bound: ` +
      `${sentence(scheduled.message)} Correct ${specFields[component]}.storage.storageClassName, or see that ` +
      `${which} exists and its provisioner works.`,
  };
}

function badImage({ pod }: Patient, status: ContainerStatus): Diagnosis | undefined {
  const waiting = status.state?.waiting;
  if (waiting?.reason === undefined || !imageReasons.has(waiting.reason)) return undefined;
  return {
    reason: 'ImageUnavailable',
    message:
      `Pod ${pod.metadata.name} cannot get image ${status.image}: ${sentence(waiting.message ?? waiting.reason)} ` +
      'Correct spec.image or spec.imagePullSecrets.',
  };
}

/** What runs beside a broker comes with the operator, whatever `spec.image` says. */
function badGuard({ pod }: Patient): Diagnosis | undefined {
  const status = guardStatus(pod);
  const waiting = status?.state?.waiting;
  if (status === undefined || waiting?.reason === undefined) return undefined;
  const why = sentence(waiting.message ?? waiting.reason);
  if (imageReasons.has(waiting.reason)) {
    return {
      reason: 'ImageUnavailable',
      message:
        `Pod ${pod.metadata.name} cannot get image ${status.image} for its guard: ${why} It is the image of the ` +
        'operator: let the nodes of the brokers pull it, and name the credentials in spec.imagePullSecrets.',
    };
  }
  return startReasons.has(waiting.reason) || waiting.reason === 'CrashLoopBackOff'
    ? {
        reason: 'ContainerCrash',
        message: `The guard of pod ${pod.metadata.name} does not run: ${why} Read its log: kubectl logs ${pod.metadata.name} -c ${status.name}.`,
      }
    : undefined;
}

/** A proxy ends at its start when no broker has registered its system topics yet: that heals with the next start. */
const tolerableProxyRestarts = 2;

function crash({ component, pod }: Patient, status: ContainerStatus): Diagnosis | undefined {
  const waiting = status.state?.waiting;
  if (waiting?.reason !== undefined && startReasons.has(waiting.reason)) {
    return {
      reason: 'ContainerCrash',
      message: `Pod ${pod.metadata.name} cannot start its container: ${sentence(waiting.message ?? waiting.reason)}`,
    };
  }
  if (!isCrashing(status)) return undefined;
  if (component === 'proxy' && status.restartCount < tolerableProxyRestarts) return undefined;
  const ended = status.state?.terminated ?? status.lastState?.terminated;
  const field = specFields[component];
  const how =
    ended?.reason === 'OOMKilled'
      ? `was killed for using more than its memory limit. Raise ${field}.resources.limits.memory.`
      : `ends at once with exit code ${ended?.exitCode ?? 'unknown'}${lastWords(ended?.message)}. ` +
        `Read its log, then correct ${field}.config or spec.image.`;
  return { reason: 'ContainerCrash', message: `Container ${status.name} of pod ${pod.metadata.name} ${how}` };
}

const lastWordsLength = 300;

/** The line that names the error, or else the end of the log: a stack trace ends in frames that say nothing. */
function lastWords(message: string | undefined): string {
  const lines = (message ?? '').split('\n').map((line) => line.trim());
  const errors = lines.filter((line) => /(Error|Exception)\b/.test(line) && !line.startsWith('at '));
  const text = errors[0] ?? lines.join(' ').trim();
  return text === '' ? '' : `, saying: ${text.slice(-lastWordsLength)}`;
}

function sentence(text: string | undefined): string {
  const trimmed = (text ?? 'no reason given').trim();
  const short = trimmed.length > lastWordsLength ? `${trimmed.slice(0, lastWordsLength)}…` : trimmed;
  return /[.!?…]$/.test(short) ? short : `${short}.`;
}
