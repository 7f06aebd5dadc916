/**
 * Pods that were told to end, until the informer shows it. A pass in between would see a pod that stays and does not
 * answer any more, would write the template of its old revision back, and the StatefulSet controller would make the
 * next pod from that one.
 */
import { toKubeTime, type Pod } from '../kube/mod.ts';
import type { Children } from './children.ts';

/** Such pods as the API server has them by now. @param ending uids */
export function withEnding(children: Children, ending: ReadonlySet<string>, nowMs: number): Children {
  if (ending.size === 0) return children;
  const asEnding = (pod: Pod): Pod =>
    ending.has(pod.metadata.uid ?? '') && pod.metadata.deletionTimestamp === undefined
      ? { ...pod, metadata: { ...pod.metadata, deletionTimestamp: toKubeTime(nowMs) } }
      : pod;
  return { ...children, pods: new Map([...children.pods].map(([name, pod]) => [name, asEnding(pod)])) };
}

/** Those that are still shown at all; of the others nothing can be mistaken. */
export function stillShown({ pods }: Children, ending: ReadonlySet<string>): readonly string[] {
  const shown = new Set([...pods.values()].map(({ metadata }) => metadata.uid));
  return [...ending].filter((uid) => shown.has(uid));
}
