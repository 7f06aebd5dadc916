/** Makes the Secrets of Users and rotates what is in them. */
import { clusterKeyIn, parseUser, secretNameOf, userNameOf, Users, type User } from '../../api/mod.ts';
import {
  Controller,
  done,
  isControlledBy,
  isKubeError,
  keyOf,
  ownerReference,
  parseKey,
  Secrets,
  type Clock,
  type ControllerMetrics,
  type EventSink,
  type InformerFace,
  type KubeApi,
  type Logger,
  type Namespace,
  type Outcome,
  type Random,
  type Secret,
  toKubeTime,
} from '../../kube/mod.ts';
import {
  consentTo,
  lookUpIn,
  trackClusters,
  watchNamespaces,
  type ClusterObject,
  type ClusterView,
  type Lack,
} from '../../objects/mod.ts';
import { usersOfSecret } from '../informers.ts';
import { nextState } from './rotation.ts';
import { contentOf, has, readState, type SecretContent, type SecretState } from './state.ts';

const WORKERS = 8;
const DEADLINE_MS = 30_000;
/** Nobody tells of Secrets that are not the operator's. */
const POLL_MS = 60_000;
const SECRET_KEY_BYTES = 32;

export interface CredentialsDeps<C extends ClusterObject> {
  readonly api: Pick<KubeApi, 'get' | 'create' | 'mergePatch'>;
  readonly clusters: InformerFace<C>;
  readonly namespaces: InformerFace<Namespace>;
  readonly users: InformerFace<User>;
  /** Those that the operator manages. */
  readonly secrets: InformerFace<Secret>;
  readonly viewOf: (cluster: C) => ClusterView;
  readonly randomBytes: (size: number) => Buffer;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly controllerMetrics?: ControllerMetrics | undefined;
  readonly pollMs?: number;
}

export interface CredentialsController {
  start(signal: AbortSignal): Promise<void>;
  /** By key of a User: why its Secret cannot be made. */
  readonly hindrances: ReadonlyMap<string, Lack>;
}

/**
 * The informers have to be synced at its start.
 *
 * @param touched told of each User, by its key, when it turns out that its Secret cannot be made, or can be again
 */
export function createCredentialsController<C extends ClusterObject>(
  deps: CredentialsDeps<C>,
  touched: (key: string) => void,
): CredentialsController {
  const hindrances = new Map<string, Lack>();
  const note = (key: string, hindrance: Lack | undefined): void => {
    if (hindrances.get(key)?.message === hindrance?.message) return;
    if (hindrance === undefined) hindrances.delete(key);
    else hindrances.set(key, hindrance);
    touched(key);
  };
  const namespaces = lookUpIn(deps.namespaces);
  const isTaken = (user: User): boolean => {
    const clusterKey = clusterKeyIn(user);
    return consentTo({ object: user, clusterKey }, views.get(clusterKey), namespaces) === 'Given';
  };
  const controller = new Controller({
    name: 'user-credentials',
    reconcile: async (key, { signal }) => {
      const user = deps.users.store.get(key);
      if (user === undefined) {
        hindrances.delete(key);
        return done;
      }
      // What it has stays as it is, and nobody is told where the cluster is.
      if (!isTaken(user)) return done;
      try {
        const outcome = await keep(user, views.get(clusterKeyIn(user)), deps, signal);
        note(key, outcome.kind === 'Wait' ? notOwned(user) : undefined);
        return outcome;
      } catch (error) {
        if (isKubeError(error, 'Forbidden', 'Invalid')) note(key, refused(user, error.message));
        throw error;
      }
    },
    workers: WORKERS,
    deadlineMs: DEADLINE_MS,
    clock: deps.clock,
    random: deps.random,
    log: deps.log,
    ...(deps.controllerMetrics === undefined ? {} : { metrics: deps.controllerMetrics }),
  });
  const views = trackClusters(deps.clusters, deps.viewOf, (clusterKey) => {
    for (const user of deps.users.store.list())
      if (clusterKeyIn(user) === clusterKey) controller.enqueue(keyOf(user));
  });
  deps.users.onChange(({ type, object, previous }) => {
    if (type === 'Deleted' || isNews(object, previous)) controller.enqueue(keyOf(object));
  });
  deps.secrets.onChange(({ object }) => {
    for (const user of usersOfSecret(deps.users, object)) controller.enqueue(keyOf(user));
  });
  watchNamespaces(deps.namespaces, (namespace) => {
    for (const user of deps.users.store.list())
      if (user.metadata.namespace === namespace) controller.enqueue(keyOf(user));
  });
  return { start: (signal) => controller.run(signal), hindrances };
}

function notOwned(user: User): Lack {
  const message = `the Secret ${secretNameOf(user)} belongs to somebody else, and is left alone: delete it, or set secretName`;
  return { kind: 'Rejected', reason: 'SecretNotOwned', message };
}

/** By a quota, an admission rule, or a role of the operator that is missing. */
function refused(user: User, why: string): Lack {
  const message = `the Secret ${secretNameOf(user)} cannot be made, Kubernetes refuses it: ${why}`;
  return { kind: 'Waiting', reason: 'SecretNotFound', message };
}

function isNews(user: User, previous: User | undefined): boolean {
  return (
    previous === undefined ||
    user.metadata.generation !== previous.metadata.generation ||
    String(user.status?.accessKeys) !== String(previous.status?.accessKeys)
  );
}

type KeepDeps = Pick<
  CredentialsDeps<ClusterObject>,
  'api' | 'secrets' | 'events' | 'randomBytes' | 'clock' | 'log' | 'pollMs'
>;

async function keep(
  observed: User,
  view: ClusterView | undefined,
  deps: KeepDeps,
  signal: AbortSignal,
): Promise<Outcome> {
  const secretKey = { namespace: observed.metadata.namespace ?? '', name: secretNameOf(observed) };
  const cached = wantedOf(observed, deps.secrets.store.get(secretKey), view, deps);
  if (cached === undefined || cached.kept)
    return cached === undefined ? done : afterwards(cached.state, deps);
  // A cache that is late would have credentials made, or changed, twice.
  const user = await deps.api.get(Users, parseKey(keyOf(observed)), { signal });
  const secret = await deps.api.get(Secrets, secretKey, { signal });
  if (user === undefined || user.metadata.uid !== observed.metadata.uid) return done;
  if (secret !== undefined && !isControlledBy(secret, user)) {
    const message = `Secret ${secretKey.name} belongs to somebody else`;
    return { kind: 'Wait', reason: 'SecretNotOwned', message, pollMs: deps.pollMs ?? POLL_MS };
  }
  const wanted = wantedOf(user, secret, view, deps);
  if (wanted === undefined || wanted.kept) return done;
  try {
    await store(user, secret, wanted.content, deps, signal);
  } catch (error) {
    if (!isKubeError(error, 'Conflict') && !isKubeError(error, 'AlreadyExists')) throw error;
    return { kind: 'Retry', reason: 'Conflict', message: `Secret ${secretKey.name} was changed meanwhile` };
  }
  deps.log.info(
    { key: keyOf(user), secret: secretKey.name, phase: wanted.state.phase.kind },
    'credentials stored',
  );
  tell(user, readState(secret, user), wanted.state, deps);
  return afterwards(wanted.state, deps);
}

/** What clients have to know: other names, never what is secret. */
function tell(
  user: User,
  before: SecretState | undefined,
  { current, phase }: SecretState,
  { events }: Pick<KeepDeps, 'events'>,
): void {
  const name = secretNameOf(user);
  const record = (reason: string, note: string): void =>
    events.record(user, { type: 'Normal', reason, action: 'StoreCredentials', note });
  if (before === undefined) record('CredentialsMade', `Secret ${name} has those of ${current.accessKey}`);
  else if (before.current.accessKey !== current.accessKey && phase.kind === 'Retiring') {
    const until = toKubeTime(phase.retiresAtMs);
    const { accessKey } = phase.previous;
    record(
      'CredentialsRotated',
      `Secret ${name} has those of ${current.accessKey}; ${accessKey} works until ${until}`,
    );
  } else if (before.phase.kind === 'Retiring' && phase.kind === 'Idle')
    record('CredentialsRetired', `${before.phase.previous.accessKey} has ended`);
}

interface Wanted {
  readonly state: SecretState;
  readonly content: SecretContent;
  /** The Secret is so already. */
  readonly kept: boolean;
}

/** @returns nothing of a User whose credentials are not to be made, or for which there is nothing to read them from */
function wantedOf(
  stored: User,
  secret: Secret | undefined,
  view: ClusterView | undefined,
  { randomBytes, clock }: Pick<KeepDeps, 'randomBytes' | 'clock'>,
): Wanted | undefined {
  const parsed = parseUser(stored);
  if (!parsed.ok || stored.metadata.deletionTimestamp !== undefined) return undefined;
  const user = parsed.value;
  if (user.spec.credentials === 'Given') return undefined;
  const own = secret !== undefined && isControlledBy(secret, user) ? secret : undefined;
  const state = nextState(readState(own, user), {
    userName: userNameOf(user),
    rotation: user.spec.rotation,
    accessKeys: stored.status?.accessKeys ?? [],
    nowMs: clock.now(),
    paused: view?.paused === true,
    newSecretKey: () => randomBytes(SECRET_KEY_BYTES).toString('base64url'),
  });
  const content = contentOf(state, view?.grpc);
  return { state, content, kept: own !== undefined && has(own, content) };
}

async function store(
  user: User,
  secret: Secret | undefined,
  { labels, annotations, data }: SecretContent,
  { api }: Pick<KeepDeps, 'api'>,
  signal: AbortSignal,
): Promise<void> {
  const { namespace = '' } = user.metadata;
  const name = secretNameOf(user);
  if (secret !== undefined) {
    const { uid, resourceVersion } = secret.metadata;
    const patch = { metadata: { uid, resourceVersion, labels, annotations }, data };
    await api.mergePatch(Secrets, { namespace, name }, patch, { signal });
    return;
  }
  const made = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace,
      labels,
      annotations: present(annotations),
      ownerReferences: [ownerReference(user)],
    },
    type: 'Opaque',
    data: present(data),
  };
  await api.create(Secrets, made, { signal });
}

function present(values: Readonly<Record<string, string | null>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === null ? [] : [[key, value]])),
  );
}

function afterwards({ phase }: SecretState, { clock }: Pick<KeepDeps, 'clock'>): Outcome {
  const leftMs = phase.kind === 'Retiring' ? phase.retiresAtMs - clock.now() : 0;
  // What is due and stays waits for its cluster, which tells when it goes on.
  return leftMs > 0 ? { kind: 'Done', requeueAfterMs: leftMs } : done;
}
