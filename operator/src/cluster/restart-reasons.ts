/**
 * Why a pod of one revision has to restart to become one of another. Each checker looks at one thing and says what
 * differs in it, or nothing; none of them knows another. Values are not told: a setting may hold a secret.
 */
import { canonicalJson } from '../kube/mod.ts';
import { listed } from '../listed.ts';
import { liveKeys } from './config/live-keys.ts';
import { restartBeforeAnnotation, revisionAnnotation } from './labels.ts';
import { logbackFile, withSource, type PodTemplateSpec } from './resources/pod.ts';
import type { Revision } from './revision.ts';

export type RestartCause =
  | 'VersionChanged'
  | 'ImageChanged'
  | 'ImagePullChanged'
  | 'ConfigChanged'
  | 'LoggingChanged'
  | 'ResourcesChanged'
  | 'JvmChanged'
  | 'EnvironmentChanged'
  | 'PlacementChanged'
  | 'VolumesChanged'
  | 'GuardChanged'
  | 'ProbesChanged'
  | 'ShutdownChanged'
  | 'SecurityChanged'
  | 'MetadataChanged'
  | 'TemplateChanged'
  | 'RevisionUnknown'
  | 'Requested';

export interface RestartReason {
  readonly cause: RestartCause;
  /** Part of a sentence: "the image", "maxMessageSize, traceOn". */
  readonly what: string;
}

const shown = 5;

type PodSpec = NonNullable<PodTemplateSpec['spec']>;
type Container = PodSpec['containers'][number];
type Checker = (before: Revision, after: Revision) => RestartReason | undefined;

/** A person asked for it, by annotation. */
export const requested: RestartReason = {
  cause: 'Requested',
  what: `the annotation ${restartBeforeAnnotation}`,
};

/**
 * Empty when they differ by nothing, or by settings alone that a running process takes over. What no checker knows is a
 * change of the template.
 */
export function restartReasons(before: Revision | undefined, after: Revision): readonly RestartReason[] {
  if (before === undefined) {
    return [
      { cause: 'RevisionUnknown', what: 'its configuration, the old one of which is not known any more' },
    ];
  }
  const found = checkers.flatMap((check) => check(before, after) ?? []);
  if (found.length > 0 || bare(before) === bare(after)) return found;
  return [{ cause: 'TemplateChanged', what: 'the pod template' }];
}

/** Without the names by which it differs from every other. */
function bare({ template }: Revision): string {
  return canonicalJson(withSource(template, { secretName: '', revision: '' }));
}

/** `ConfigChanged: traceOn; ImageChanged: the image` */
export function describeReasons(reasons: readonly RestartReason[]): string {
  return reasons.map(({ cause, what }) => `${cause}: ${what}`).join('; ');
}

const checkers: readonly Checker[] = [
  differs('VersionChanged', 'the version of RocketMQ', ({ template }) => variable(template, 'ROCKETMQ_HOME')),
  differs('ImageChanged', 'the image', ({ template }) => container(template)?.image),
  differs('ImagePullChanged', 'how the image is pulled', ({ template }) => [
    container(template)?.imagePullPolicy,
    template.spec?.imagePullSecrets,
  ]),
  (before, after) => {
    const keys = changedSettings(before.files, after.files);
    return keys.length === 0 ? undefined : { cause: 'ConfigChanged', what: listed(keys, shown) };
  },
  differs('LoggingChanged', 'the configuration of the log', ({ files }) => files[logbackFile]),
  differs('ResourcesChanged', 'the resources', ({ template }) => container(template)?.resources),
  differs('JvmChanged', 'the arguments of Java', ({ template }) => [
    container(template)?.command,
    container(template)?.args,
    variable(template, 'JDK_JAVA_OPTIONS'),
  ]),
  differs('EnvironmentChanged', 'the environment', ({ template }) =>
    container(template)?.env?.filter(({ name }) => !['ROCKETMQ_HOME', 'JDK_JAVA_OPTIONS'].includes(name)),
  ),
  differs('PlacementChanged', 'where it may run', ({ template: { spec } }) => [
    spec?.affinity,
    spec?.nodeSelector,
    spec?.tolerations,
    spec?.topologySpreadConstraints,
    spec?.priorityClassName,
  ]),
  differs('VolumesChanged', 'the volumes', ({ template }) => [
    // The Secret of the configuration is named by the revision.
    template.spec?.volumes?.map(({ secret, ...volume }) => [volume, secret?.items]),
    container(template)?.volumeMounts,
  ]),
  differs('GuardChanged', 'the guard of the broker', ({ template }) => [
    template.spec?.initContainers,
    template.spec?.shareProcessNamespace,
  ]),
  differs('ProbesChanged', 'the probes', ({ template }) => [
    container(template)?.startupProbe,
    container(template)?.readinessProbe,
    container(template)?.livenessProbe,
    template.spec?.readinessGates,
  ]),
  differs('ShutdownChanged', 'how it stops', ({ template }) => [
    template.spec?.terminationGracePeriodSeconds,
    container(template)?.lifecycle,
  ]),
  differs('SecurityChanged', 'the security context', ({ template }) => [
    template.spec?.securityContext,
    container(template)?.securityContext,
    template.spec?.automountServiceAccountToken,
  ]),
  differs('MetadataChanged', 'labels or annotations', ({ template: { metadata } }) => {
    const { [revisionAnnotation]: _revision, ...annotations } = metadata?.annotations ?? {};
    return [metadata?.labels, annotations];
  }),
];

function differs(cause: RestartCause, what: string, part: (revision: Revision) => unknown): Checker {
  return (before, after) =>
    canonicalJson([part(before)]) === canonicalJson([part(after)]) ? undefined : { cause, what };
}

function container(template: PodTemplateSpec): Container | undefined {
  return template.spec?.containers[0];
}

function variable(template: PodTemplateSpec, name: string): string | undefined {
  return container(template)?.env?.find((each) => each.name === name)?.value;
}

/** Keys of the settings that differ and want a restart, over all files but the log's. Sorted. */
function changedSettings(before: Revision['files'], after: Revision['files']): readonly string[] {
  const changed = new Set<string>();
  for (const file of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (file === logbackFile) continue;
    const [old, now] = [settings(before[file] ?? ''), settings(after[file] ?? '')];
    const live = liveKeys(file);
    for (const key of new Set([...old.keys(), ...now.keys()])) {
      if (!live.has(key) && old.get(key) !== now.get(key)) changed.add(key);
    }
  }
  return [...changed].toSorted();
}

/** Of a properties file, or of the proxy's JSON, whose renderer writes a setting a line as well. */
function settings(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, key, value] = /^\s*"?([\w.]+)"?\s*[=:]\s*(.*?),?\s*$/.exec(line) ?? [];
      return key === undefined || value === undefined ? [] : [[key, value]];
    }),
  );
}
