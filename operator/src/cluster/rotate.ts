/** Carries a rotation of the inner credentials out: tells brokers their users, and changes the Secrets in between. */
import { Secrets } from '../kube/mod.ts';
import type { Credentials } from '../rocketmq/mod.ts';
import { call, type Attendant } from './attendant.ts';
import { credentialsIn } from './config/access-settings.ts';
import { failureOf, remove, type Failure } from './execute.ts';
import type { Rocketmq, SigningRocketmq } from './observe.ts';
import { keptRevision, type Desired } from './plan.ts';
import {
  credentialsSecret,
  newCredentials,
  nextSecret,
  type RandomBytes,
} from './resources/credentials-secret.ts';
import { usersToEnd, usersToPut, type Rotation, type RotationSecrets } from './rotation.ts';
import { createOwn } from './store-credentials.ts';
import type { ClusterSnapshot, MemberView } from './view.ts';

interface Rotator extends Attendant {
  readonly signing: SigningRocketmq;
  readonly randomBytes: RandomBytes;
}

interface Rotated {
  readonly failures: readonly Failure[];
  /** Brokers that keep it up, as clauses. */
  readonly waitsFor: readonly string[];
}

/** One step of it. */
export async function rotateCredentials(
  rotator: Rotator,
  rotation: Rotation,
  secrets: RotationSecrets,
  desired: Desired,
  { members }: Pick<ClusterSnapshot, 'members'>,
): Promise<Rotated> {
  const onEach = async (work: (broker: Broker) => Promise<void>): Promise<readonly string[]> =>
    onEachBroker(rotator, members, desired, work);
  try {
    return { failures: [], waitsFor: await step(rotator, rotation, secrets, desired, onEach) };
  } catch (error) {
    return { failures: [failureOf(error)], waitsFor: [] };
  }
}

type Broker = ReturnType<Rocketmq['broker']>;

/** @returns brokers that keep it up */
async function step(
  rotator: Rotator,
  rotation: Rotation,
  { current, next }: RotationSecrets,
  { parent }: Desired,
  onEach: (work: (broker: Broker) => Promise<void>) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  switch (rotation.kind) {
    case 'Idle':
      return [];
    case 'Begin': {
      const secret = nextSecret(parent, newCredentials(rotator.randomBytes), rotation.beforeMs);
      const note = 'there are new inner credentials, and brokers and proxies restart for them';
      if (await createOwn(rotator, secret)) tell(rotator, 'RotationStarted', note);
      return [];
    }
    case 'Tell': {
      const waitsFor = await onEach(async (broker) => put(rotator, broker, rotation.pairs));
      if (waitsFor.length > 0 || current === undefined) return waitsFor;
      await remove(rotator, Secrets, current);
      await createOwn(rotator, credentialsSecret(parent, rotation.next, next));
      return [];
    }
    case 'Roll':
      return onEach(async (broker) => put(rotator, broker, rotation.pairs));
    case 'Retire': {
      const waitsFor = await onEach(async (broker) => end(rotator, broker, rotation.current));
      if (waitsFor.length > 0 || next === undefined) return waitsFor;
      await remove(rotator, Secrets, next);
      tell(rotator, 'RotationFinished', 'the former inner credentials have ended on every broker');
      return [];
    }
    default:
      return rotation satisfies never;
  }
}

async function put(rotator: Rotator, broker: Broker, pairs: readonly Credentials[]): Promise<void> {
  for (const { user, exists } of usersToPut(pairs, await broker.users(call(rotator))))
    await (exists ? broker.changeUser(user, call(rotator)) : broker.createUser(user, call(rotator)));
}

async function end(rotator: Rotator, broker: Broker, current: Credentials): Promise<void> {
  for (const username of usersToEnd(current, await broker.users(call(rotator))))
    await broker.deleteUser(username, call(rotator));
}

/** Each is asked by the pair in its own configuration: with an empty volume it knows no other. */
async function onEachBroker(
  { signing, log }: Rotator,
  members: readonly MemberView[],
  desired: Desired,
  work: (broker: Broker) => Promise<void>,
): Promise<readonly string[]> {
  const waits = await Promise.all(
    members
      .filter(({ component }) => component === 'broker')
      .map(async ({ pod, phase, address, workload, revision = '' }) => {
        if (phase !== 'Up') return [`${pod} is not up`];
        const files = keptRevision(desired, workload, revision)?.files;
        try {
          await work(signing.as(files && credentialsIn(files)).broker(address));
          return [];
        } catch (error) {
          log.info({ pod, err: error }, 'a broker was not told of a rotation of inner credentials');
          return [`${pod} does not take it`];
        }
      }),
  );
  return waits.flat();
}

function tell({ events, cluster }: Rotator, reason: string, note: string): void {
  events.record(cluster, { type: 'Normal', reason, action: 'Rotate', note });
}
