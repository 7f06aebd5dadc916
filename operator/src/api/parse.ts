import type * as z from 'zod';
import { rocketMQClusterSpec } from './cluster.ts';
import { consumerGroupSpec } from './consumer-group.ts';
import { clusterRules, consumerGroupRules, topicRules, userRules } from './definitions.ts';
import type { ConsumerGroup, RocketMQCluster, Topic, User } from './kinds.ts';
import type { KubeObject } from '../kube/mod.ts';
import type { DeclaredRule } from './schema/authoring.ts';
import { topicSpec } from './topic.ts';
import { userSpec } from './user.ts';

/** What is wrong with one field, in the words and with the path that the API server would use. */
export interface Problem {
  /** For example `spec.brokers.groups[0].name`; `` for the object as a whole. */
  readonly field: string;
  readonly message: string;
}

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] };

/** All problems in one sentence, for the message of a condition. */
export const describeProblems = (problems: readonly Problem[]): string =>
  problems.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)).join('; ');

/** An object as it comes from the API server, its spec not yet trusted. */
export type Unparsed<T extends KubeObject & { readonly spec: unknown }> = Omit<T, 'spec'> & {
  readonly spec?: unknown;
};

/**
 * Checks a stored object against the same schema and rules that the CRD has. The API server has done it already;
 * but a rule may be newer than the object, and the CRD older than the operator. Defaults are filled in.
 */
export const parseCluster = (object: Unparsed<RocketMQCluster>): Parsed<RocketMQCluster> =>
  parse(rocketMQClusterSpec, clusterRules, object);
export const parseTopic = (object: Unparsed<Topic>): Parsed<Topic> => parse(topicSpec, topicRules, object);
export const parseConsumerGroup = (object: Unparsed<ConsumerGroup>): Parsed<ConsumerGroup> =>
  parse(consumerGroupSpec, consumerGroupRules, object);
export const parseUser = (object: Unparsed<User>): Parsed<User> => parse(userSpec, userRules, object);

function parse<Base, Spec>(
  schema: z.ZodType<Spec>,
  rules: readonly DeclaredRule<Base & { spec: Spec }>[],
  object: Base & { readonly spec?: unknown },
): Parsed<Base & { spec: Spec }> {
  const result = schema.safeParse(object.spec, { error: inServersWords });
  if (!result.success) return { ok: false, problems: result.error.issues.map(toProblem) };

  const value = { ...object, spec: result.data };
  const broken = rules.filter(({ holds }) => holds && !holds(value));
  if (broken.length > 0)
    return { ok: false, problems: broken.map(({ message }) => ({ field: '', message })) };
  return { ok: true, value };
}

/** Nothing: zod's own words. */
function inServersWords({ code, input }: z.core.$ZodRawIssue): string | undefined {
  return code === 'invalid_type' && input === undefined ? 'Required value' : undefined;
}

function toProblem(issue: z.core.$ZodIssue): Problem {
  const field = issue.path.reduce<string>(
    (path, key) => (typeof key === 'number' ? `${path}[${key}]` : `${path}.${String(key)}`),
    'spec',
  );
  return { field, message: issue.message };
}
