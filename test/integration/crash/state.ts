/** The state of a lane in words that are the same for every lane and every run that ended well. */
import { createHash } from 'node:crypto';
import { ConsumerGroups, RocketMQClusters, Topics } from '../../../operator/src/api/mod.ts';
import {
  controllerOf,
  findCondition,
  PersistentVolumeClaims,
  Pods,
  Secrets,
  type KubeApi,
  type KubeObject,
  type Pod,
  type ResourceType,
} from '../../../operator/src/kube/mod.ts';
import { CHILD_TYPES } from '../../e2e/harness/children.ts';
import type { LiveCluster } from '../../fakes/mod.ts';
import { EDITED_KEY, NAME, placeOf } from './shape.ts';

/** What is read of objects of every kind. */
interface Described extends KubeObject {
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: Parameters<typeof findCondition>[0];
    readonly rollout?: { readonly progress: string };
  };
  /** Of Secrets. */
  readonly data?: Readonly<Record<string, string>>;
}

function described({ group, version, kind, plural, namespaced }: ResourceType): ResourceType<Described> {
  return { group, version, kind, plural, namespaced };
}

/** Lines, sorted: what differs between two states is then told line by line. */
export type State = readonly string[];

/** What stands on a cluster. */
const STANDING: readonly ResourceType[] = [Topics, ConsumerGroups];
const DECLARED: readonly ResourceType[] = [RocketMQClusters, ...STANDING];

/** Of everything in the namespace, so that an orphan shows whatever its labels are. */
export async function stateOf(kube: KubeApi, namespace: string, live: LiveCluster): Promise<State> {
  const list = async (type: ResourceType) =>
    (await kube.list(described(type), { namespace, limit: 500 })).items;
  const [declared, children, pods, claims] = await Promise.all([
    Promise.all(DECLARED.map(list)),
    Promise.all(CHILD_TYPES.map(list)),
    kube.list(Pods, { namespace, limit: 500 }),
    list(PersistentVolumeClaims),
  ]);
  const cluster = declared.flat().find(({ kind }) => kind === RocketMQClusters.kind);
  const lines = [
    ...declared.flat().map(describeDeclared),
    ...children.flat().map((child) => describeChild(child, cluster)),
    ...pods.items.map((pod) => describePod(pod, live)),
    ...claims.map(({ metadata }) => `claim ${metadata.name}`),
    ...Object.entries(live.describe()).map(([what, value]) => `rocketmq ${what}: ${JSON.stringify(value)}`),
  ];
  return withoutNames(lines, namespace, children.flat()).toSorted();
}

/** What one has and the other has not, or not as often. */
export function differences(state: State, wanted: State): readonly string[] {
  return [
    ...without(wanted, state).map((line) => `missing: ${line}`),
    ...without(state, wanted).map((line) => `instead: ${line}`),
  ];
}

/** Each holds for lines of one kind only: a hash in another line may spell "dead". */
const UNREADY: readonly RegExp[] = [
  /^(RocketMQCluster|Topic|ConsumerGroup) \S+: (behind|current, Ready (False|Unknown|unknown))/,
  /^(RocketMQCluster|Topic|ConsumerGroup) .*, (warned|rolled out|on its way out)/,
  /^Pod \S+: (Ready (False|Unknown|unknown)|Ready True, role (not|master|replica))/,
  /^Pod .*, on its way out$/,
  /^rocketmq .*(: dead|, apart)/,
];

/** The lines that a cluster at rest does not have. */
export function unready(state: State): readonly string[] {
  return state.filter((line) => UNREADY.some((pattern) => pattern.test(line)));
}

function without(lines: State, others: State): State {
  const left = [...others];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

function describeDeclared({ kind, metadata, status }: Described): string {
  const ready = findCondition(status?.conditions, 'Ready');
  const isCurrent = status?.observedGeneration === metadata.generation;
  const why = ready?.status === 'True' ? '' : (ready?.message ?? '');
  const warnings = findCondition(status?.conditions, 'Warnings');
  const warned = warnings?.status === 'True' ? `, warned: ${warnings.message ?? ''}` : '';
  const rolling = status?.rollout === undefined ? '' : `, rolled out ${status.rollout.progress}`;
  const going = metadata.deletionTimestamp === undefined ? '' : ', on its way out';
  return `${kind} ${metadata.name}: ${isCurrent ? 'current' : 'behind'}, Ready ${ready?.status ?? 'unknown'} ${why}${warned}${rolling}${going}`;
}

function describeChild(child: Described, cluster: KubeObject | undefined): string {
  const { kind, metadata } = child;
  const owner = controllerOf(child);
  const isOwned = cluster !== undefined && owner?.uid === cluster.metadata.uid;
  const whose = isOwned ? 'owned' : `of ${owner?.name ?? 'nobody'}`;
  const { clusterIP: _ip, clusterIPs: _ips, ...spec } = child.spec ?? {};
  const content = kind === Secrets.kind ? decoded(child) : spec;
  return `${kind} ${metadata.name} ${whose} ${JSON.stringify(metadata.labels ?? {})} ${JSON.stringify(content)}`;
}

function decoded({ data = {} }: Described): object {
  const entries = Object.entries(data);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}

/** Roles move from run to run; what is asked is that the labels tell them right. */
function describePod(pod: Pod, live: LiveCluster): string {
  const { metadata, status } = pod;
  const {
    'rocketmq.gantry.dev/role': role,
    'pod-template-hash': _template,
    'controller-revision-hash': _revision,
    ...labels
  } = metadata.labels ?? {};
  const isMaster = live.groups.some((info) => info.masterAddress === `${status?.podIP ?? ''}:10911`);
  const { 'app.kubernetes.io/component': component = '' } = labels;
  const expected = component === 'broker' ? (isMaster ? 'master' : 'replica') : undefined;
  const roleIs = role === expected ? 'role told' : `role ${role ?? 'not told'}`;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'unknown';
  const revision = metadata.annotations?.['rocketmq.gantry.dev/revision'] ?? 'none';
  const going = metadata.deletionTimestamp === undefined ? '' : ', on its way out';
  return `Pod ${placeOf(metadata.name)}: Ready ${ready}, ${roleIs}, revision ${revision} ${JSON.stringify(labels)}${going}`;
}

/** Takes out what differs between lanes and edits by design: the namespace, the edited value, and so the hashes. */
function withoutNames(lines: readonly string[], namespace: string, children: readonly Described[]): State {
  const edited = new RegExp(`(${EDITED_KEY}\\W{1,6})\\d+`, 'g');
  const plain = (text: string): string =>
    text.replaceAll(namespace, 'NAMESPACE').replaceAll(edited, '$1EDITED');
  const hashes = children
    .filter(({ kind }) => kind === Secrets.kind)
    .map((secret) => {
      const hash = secret.metadata.name.split('-').at(-1) ?? '';
      const content = plain(JSON.stringify(decoded(secret))).replaceAll(hash, 'REVISION');
      return [hash, createHash('sha256').update(content).digest('hex').slice(0, 10)] as const;
    });
  return lines.map((line) => hashes.reduce((text, [hash, name]) => text.replaceAll(hash, name), plain(line)));
}

/** Whatever there is of a cluster and of what stands on it; volumes are nobody's to delete. */
export async function remains(kube: KubeApi, namespace: string): Promise<readonly string[]> {
  const lists = await Promise.all(
    [...DECLARED, ...CHILD_TYPES, Pods].map((type) => kube.list(type, { namespace, limit: 500 })),
  );
  return lists.flatMap(({ items }) => items.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
}

/** What is still of a cluster that was deleted, and who of those that stood on it does not say so. */
export async function undeleted(kube: KubeApi, namespace: string): Promise<readonly string[]> {
  const lists = await Promise.all(
    [RocketMQClusters, ...CHILD_TYPES, Pods].map((type) => kube.list(type, { namespace, limit: 500 })),
  );
  const left = lists.flatMap(({ items }) => items.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
  const objects = await Promise.all(STANDING.map((type) => kube.list(described(type), { namespace })));
  const blind = objects
    .flatMap(({ items }) => items)
    .map(describeDeclared)
    .filter((text) => !text.includes('current, Ready False'));
  return [...left, ...blind];
}

/** Claim → uid. */
export async function claimUids(kube: KubeApi, namespace: string): Promise<ReadonlyMap<string, string>> {
  const { items } = await kube.list(PersistentVolumeClaims, { namespace, limit: 500 });
  return new Map(items.map(({ metadata }) => [metadata.name, metadata.uid ?? '']));
}

export const clusterKey = (namespace: string) => ({ namespace, name: NAME });
