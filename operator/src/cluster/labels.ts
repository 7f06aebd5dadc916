import type { ClusterIdentity, Component } from './addresses.ts';

export const domain = 'rocketmq.gantry.dev';
export const groupLabel = `${domain}/group`;
const memberLabel = `${domain}/member`;
/** `master` or `replica`; kept by the operator on the pods of brokers. */
export const roleLabel = `${domain}/role`;
/** On pods and templates: the revision that they were made from. */
export const revisionAnnotation = `${domain}/revision`;
/** On configuration Secrets: hash of everything in the spec that the revision was made from. */
export const inputsAnnotation = `${domain}/inputs`;
/** On a RocketMQCluster: `true` and nothing is changed, whatever happens. */
export const pausedAnnotation = `${domain}/paused`;
/** On a RocketMQCluster: pods made before this moment (RFC 3339) restart, in order. */
export const restartBeforeAnnotation = `${domain}/restart-before`;
/** On a RocketMQCluster: inner credentials made before this moment (RFC 3339) are replaced, in order. */
export const rotateBeforeAnnotation = `${domain}/rotate-inner-credentials-before`;
/** On a RocketMQCluster: pods of brokers, separated by commas, that are kept down. */
export const fencedAnnotation = `${domain}/fenced`;
/** On a RocketMQCluster: `pod@moment`: the volume of this broker is made anew if it was made before (RFC 3339). */
export const rebuildAnnotation = `${domain}/rebuild`;
/** Readiness gate of broker pods: registered in every name server and in the sync-state set. */
export const inSyncGate = `${domain}/in-sync`;

export const managedBy = { 'app.kubernetes.io/managed-by': 'gantry' } as const;

/** Labels that never change, so they may stand in a StatefulSet's selector. */
export function selectorLabels(id: ClusterIdentity, component: Component): Readonly<Record<string, string>> {
  return {
    'app.kubernetes.io/name': 'rocketmq',
    'app.kubernetes.io/instance': id.name,
    'app.kubernetes.io/component': component,
  };
}

export function componentLabels(id: ClusterIdentity, component: Component): Readonly<Record<string, string>> {
  return { ...selectorLabels(id, component), ...managedBy };
}

export function memberLabels(group: string, member: number): Readonly<Record<string, string>> {
  return { [groupLabel]: group, [memberLabel]: String(member) };
}
