import type { z } from 'zod';
import { clusterKind, consumerGroupKind, topicKind } from './definitions.ts';
import type { ConsumerGroup, RocketMQCluster, Topic } from './kinds.ts';
import type { KubeObject } from '../kube/mod.ts';
import type { KindDefinition } from './schema/crd.ts';

/** What is wrong with one field, in the words and with the path that the API server would use. */
export interface Problem {
  /** For example `spec.brokers.groups[0].name`; `` for the object as a whole. */
  readonly field: string;
  readonly message: string;
}

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] };

/** An object as it comes from the API server, its spec not yet trusted. */
export type Unparsed<T extends KubeObject & { readonly spec: unknown }> = Omit<T, 'spec'> & {
  readonly spec?: unknown;
};

/**
 * Checks a stored object against the same schema and rules that the CRD has. The API server has done it already;
 * but a rule may be newer than the object, and the CRD older than the operator. Defaults are filled in.
 */
export const parseCluster = (object: Unparsed<RocketMQCluster>): Parsed<RocketMQCluster> =>
  parse<RocketMQCluster>(clusterKind, object);
export const parseTopic = (object: Unparsed<Topic>): Parsed<Topic> => parse<Topic>(topicKind, object);
export const parseConsumerGroup = (object: Unparsed<ConsumerGroup>): Parsed<ConsumerGroup> =>
  parse<ConsumerGroup>(consumerGroupKind, object);

function parse<T extends KubeObject & { readonly spec: unknown }>(
  kind: KindDefinition,
  object: Unparsed<T>,
): Parsed<T> {
  const result = kind.spec.safeParse(object.spec);
  if (!result.success) return { ok: false, problems: result.error.issues.map(toProblem) };

  const value = { ...object, spec: result.data } as unknown as T;
  const broken = kind.rules.filter((rule) => rule.holds && !rule.holds(value as never));
  if (broken.length > 0)
    return { ok: false, problems: broken.map(({ message }) => ({ field: '', message })) };
  return { ok: true, value };
}

function toProblem(issue: z.core.$ZodIssue): Problem {
  const field = issue.path.reduce<string>(
    (path, key) => (typeof key === 'number' ? `${path}[${key}]` : `${path}.${String(key)}`),
    'spec',
  );
  return { field, message: issue.message };
}
