/**
 * A revision is what pods are made from: configuration files and pod template, together in one immutable Secret
 * named by their hash. So the exact template that a member runs can always be applied again, whatever a newer
 * operator would render.
 */
import { canonicalJson, fromSecretData, type Secret } from '../kube/mod.ts';
import type { ClusterIdentity } from './addresses.ts';
import { liveKeys } from './config/live-keys.ts';
import { parseProperties, renderProperties } from './config/properties.ts';
import { hash10 } from './hash.ts';
import { withoutLive, type Inputs } from './inputs.ts';
import { inputsAnnotation } from './labels.ts';
import { withSource, type ConfigSource, type PodTemplateSpec } from './resources/pod.ts';
import { render } from './resources/templates.ts';
import { restartReasons } from './restart-reasons.ts';

export interface Revision {
  readonly hash: string;
  /** Of everything that its pods are made from but the live settings. */
  readonly inputsHash: string;
  readonly secretName: string;
  readonly files: Readonly<Record<string, string>>;
  readonly template: PodTemplateSpec;
}

/** Key of the Secret that holds the template; it is not mounted. */
const templateKey = 'template.json';

export function secretPrefix(workload: string): string {
  return `${workload}-config-`;
}

/** @param guardImage comes with the operator, and is no input: a newer one restarts nobody */
export function renderRevision(
  id: ClusterIdentity,
  workload: string,
  inputs: Inputs,
  guardImage?: string,
): Revision {
  const { files, template } = render(id, inputs, guardImage);
  const inputsHash = hash10({ id, inputs: withoutLive(inputs) });
  return named(secretPrefix(workload), { inputsHash, files }, template);
}

function named(
  prefix: string,
  content: Pick<Revision, 'inputsHash' | 'files'>,
  template: (source: ConfigSource) => PodTemplateSpec,
): Revision {
  const hash = hash10({ files: content.files, template: template({ secretName: '', revision: '' }) });
  const secretName = `${prefix}${hash}`;
  return { ...content, hash, secretName, template: template({ secretName, revision: hash }) };
}

/** A revision as it is, but for the live settings, which are another's. */
function withLiveSettings(revision: Revision, other: Revision): Revision {
  const files = Object.fromEntries(
    Object.entries(revision.files).map(([file, text]) => {
      const keys = liveKeys(file);
      if (keys.size === 0) return [file, text];
      const rest = [...parseProperties(text)].filter(([key]) => !keys.has(key));
      const live = [...parseProperties(other.files[file] ?? '')].filter(([key]) => keys.has(key));
      return [file, renderProperties(new Map([...rest, ...live]))];
    }),
  );
  const { inputsHash, secretName, hash } = revision;
  return named(secretName.slice(0, -hash.length), { inputsHash, files }, (source) =>
    withSource(revision.template, source),
  );
}

function liveSettings({ files }: Revision): string {
  const said = Object.entries(files).flatMap(([file, text]) =>
    [...parseProperties(text)].filter(([key]) => liveKeys(file).has(key)),
  );
  return canonicalJson(Object.fromEntries(said));
}

export function revisionFiles(revision: Revision): Readonly<Record<string, string>> {
  return { ...revision.files, [templateKey]: canonicalJson(revision.template) };
}

/** Reads a revision back; nothing when the Secret is not one of this workload's. */
export function readRevision(workload: string, secret: Secret): Revision | undefined {
  const { name, annotations } = secret.metadata;
  const prefix = secretPrefix(workload);
  const inputsHash = annotations?.[inputsAnnotation];
  // Before anything is decoded: each workload looks through the Secrets of all.
  if (!name.startsWith(prefix) || inputsHash === undefined) return undefined;
  const encoded = Object.entries(secret.data ?? {});
  const files = Object.fromEntries(encoded.map(([key, value]) => [key, fromSecretData(value)]));
  const { [templateKey]: template, ...mounted } = files;
  if (template === undefined) return undefined;
  const parsed = parseTemplate(template);
  return (
    parsed && {
      hash: name.slice(prefix.length),
      inputsHash,
      secretName: name,
      files: mounted,
      template: parsed,
    }
  );
}

/** Nothing for what this operator did not write: such a Secret is as good as absent. */
function parseTemplate(text: string): PodTemplateSpec | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isTemplate(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isTemplate(value: unknown): value is PodTemplateSpec {
  if (typeof value !== 'object' || value === null || !('spec' in value)) return false;
  const { spec } = value;
  return typeof spec === 'object' && spec !== null && 'containers' in spec && Array.isArray(spec.containers);
}

export interface Kept {
  readonly revision: Revision;
  /** RFC 3339 */
  readonly createdAt: string;
}

export interface Target {
  readonly revision: Revision;
  /** A newer operator would render something else from the same spec; it rides along with a restart that is due. */
  readonly operatorUpgrade: boolean;
}

/**
 * Which revision a workload should have. Same inputs, same revision: what runs is kept, with the live settings of the
 * spec in its file, so that a newer operator restarts nobody for the sake of one. Without a valid rendering
 * (the spec has a wrong setting) the last valid one is kept; nothing comes back when there is none.
 *
 * @param running hashes of the revisions that the workload or its pods name now
 * @param restarting the pods are down anyway, or a person wants them restarted: nothing is spared by their template
 */
export function targetRevision(options: {
  readonly rendered: Revision | undefined;
  readonly kept: readonly Kept[];
  readonly running: readonly string[];
  readonly restarting: boolean;
}): Target | undefined {
  const { rendered, running, restarting } = options;
  const newestFirst = options.kept.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  const find = (accept: (revision: Revision) => boolean): Revision | undefined =>
    newestFirst.find(({ revision }) => accept(revision))?.revision;

  if (rendered === undefined) {
    const last = find((revision) => running.includes(revision.hash)) ?? find(() => true);
    return last === undefined ? undefined : { revision: last, operatorUpgrade: false };
  }
  const sameInputs = (revision: Revision): boolean => revision.inputsHash === rendered.inputsHash;
  const current = restarting
    ? undefined
    : find((revision) => running.includes(revision.hash) && sameInputs(revision));
  if (current === undefined) return { revision: rendered, operatorUpgrade: false };
  const sameLive = liveSettings(current) === liveSettings(rendered);
  const revision = sameLive ? current : withLiveSettings(current, rendered);
  // The order of the lines, which may differ now, is nothing that a pod could be told apart by.
  return restartReasons(revision, rendered).length === 0 && !sameLive
    ? { revision: rendered, operatorUpgrade: false }
    : { revision, operatorUpgrade: revision.hash !== rendered.hash };
}
