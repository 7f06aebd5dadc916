/** The Secret that the operator makes for a User, read and written. Everything about a rotation is in it. */
import { userNameOf, type User } from '../../api/mod.ts';
import { fromSecretData, toKubeTime, toSecretData, type Secret } from '../../kube/mod.ts';
import type { Credentials } from '../../rocketmq/mod.ts';
import { turnsOf } from '../names.ts';

export interface SecretState {
  /** What clients take. */
  readonly current: Credentials;
  /** The rotation that it was last made by; nothing when it was not rotated yet. */
  readonly rotationId: string | undefined;
  readonly phase: Phase;
}

/**
 * - `Staged`: the next ones are told to the brokers.
 * - `Retiring`: clients take the new ones; the previous ones work until then.
 */
export type Phase =
  | { readonly kind: 'Idle' }
  | { readonly kind: 'Staged'; readonly next: Credentials }
  | { readonly kind: 'Retiring'; readonly previous: Credentials; readonly retiresAtMs: number };

/** As the status of a User has it. */
export interface RotationStatus {
  readonly id: string;
  readonly retiresAt?: string;
}

const rotationAnnotation = 'rocketmq.gantry.dev/rotation';
const retiresAtAnnotation = 'rocketmq.gantry.dev/retires-at';

/** All that brokers are to know. */
export function pairsOf({ current, phase }: SecretState): readonly Credentials[] {
  switch (phase.kind) {
    case 'Idle':
      return [current];
    case 'Staged':
      return [current, phase.next];
    case 'Retiring':
      return [current, phase.previous];
    default:
      return phase satisfies never;
  }
}

export function rotationOf({ rotationId, phase }: SecretState): RotationStatus | undefined {
  if (rotationId === undefined) return undefined;
  return {
    id: rotationId,
    ...(phase.kind === 'Retiring' ? { retiresAt: toKubeTime(phase.retiresAtMs) } : {}),
  };
}

/** @returns nothing of a Secret that has no credentials of this user that could be used */
export function readState(secret: Secret | undefined, user: User): SecretState | undefined {
  const names = turnsOf(userNameOf(user));
  const pair = (keyOfName: string, keyOfSecret: string, than?: string): Credentials | undefined => {
    const accessKey = fromSecretData(secret?.data?.[keyOfName]);
    const secretKey = fromSecretData(secret?.data?.[keyOfSecret]);
    return names.includes(accessKey) && accessKey !== than && secretKey !== ''
      ? { accessKey, secretKey }
      : undefined;
  };
  const current = pair('accessKey', 'secretKey');
  if (current === undefined) return undefined;
  const annotations = secret?.metadata.annotations;
  const next = pair('nextAccessKey', 'nextSecretKey', current.accessKey);
  const previous = pair('previousAccessKey', 'previousSecretKey', current.accessKey);
  const rotationId = annotations?.[rotationAnnotation];
  if (next !== undefined) return { current, rotationId, phase: { kind: 'Staged', next } };
  if (previous === undefined) return { current, rotationId, phase: { kind: 'Idle' } };
  // Of a time that cannot be read they end now.
  const retiresAtMs = Date.parse(annotations?.[retiresAtAnnotation] ?? '') || 0;
  return { current, rotationId, phase: { kind: 'Retiring', previous, retiresAtMs } };
}

/** What a Secret is to have; null: what it is not to have. */
export interface SecretContent {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string | null>>;
  readonly data: Readonly<Record<string, string | null>>;
}

const labels = {
  'app.kubernetes.io/name': 'rocketmq',
  'app.kubernetes.io/component': 'user',
  'app.kubernetes.io/managed-by': 'gantry',
} as const;

/** @param endpoints of the proxies; nothing: they are not known, and stay as they are */
export function contentOf(state: SecretState, endpoints: string | undefined): SecretContent {
  const { current, rotationId = null, phase } = state;
  const next = phase.kind === 'Staged' ? phase.next : undefined;
  const previous = phase.kind === 'Retiring' ? phase : undefined;
  return {
    labels,
    annotations: {
      [rotationAnnotation]: rotationId,
      [retiresAtAnnotation]: previous === undefined ? null : toKubeTime(previous.retiresAtMs),
    },
    data: {
      accessKey: dataOf(current.accessKey),
      secretKey: dataOf(current.secretKey),
      nextAccessKey: dataOf(next?.accessKey),
      nextSecretKey: dataOf(next?.secretKey),
      previousAccessKey: dataOf(previous?.previous.accessKey),
      previousSecretKey: dataOf(previous?.previous.secretKey),
      ...(endpoints === undefined ? {} : { endpoints: dataOf(endpoints) }),
    },
  };
}

function dataOf(text: string | undefined): string | null {
  return text === undefined ? null : toSecretData(text);
}

export function has({ metadata, data }: Secret, content: SecretContent): boolean {
  return (
    holds(content.labels, metadata.labels) &&
    holds(content.annotations, metadata.annotations) &&
    holds(content.data, data)
  );
}

function holds(
  wanted: Readonly<Record<string, string | null>>,
  held: Readonly<Record<string, string>> = {},
): boolean {
  return Object.entries(wanted).every(([key, value]) => (held[key] ?? null) === value);
}
