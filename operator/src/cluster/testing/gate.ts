import type { Credentials } from '../../rocketmq/mod.ts';
import { accessStage, credentialsIn } from '../config/access-settings.ts';
import { brokerFile } from '../config/live-keys.ts';
import type { BrokerMetadata } from './broker-metadata.ts';

/** A broker as its pod and its file have it. */
interface GatedBroker {
  readonly pod: string;
  readonly uid: string | undefined;
  readonly file: string;
  readonly users: BrokerMetadata['users'];
}

/** Whom brokers let in. */
export class Gate {
  /** By pod: the uid of the one whose broker has started. */
  readonly #started = new Map<string, string | undefined>();

  /**
   * As a broker that checks requests does, once it has made the user that it is configured with.
   *
   * @param signer undefined: the request is not signed
   */
  lets({ pod, uid, file, users }: GatedBroker, signer: Credentials | undefined): boolean {
    const files = { [brokerFile]: file };
    const own = credentialsIn(files);
    if (own !== undefined && this.#started.get(pod) !== uid && !users.has(own.accessKey))
      users.set(own.accessKey, {
        username: own.accessKey,
        password: own.secretKey,
        type: 'Super',
        enabled: true,
      });
    this.#started.set(pod, uid);
    if (accessStage(files) !== 'Checks') return true;
    const user = users.get(signer?.accessKey ?? '');
    return user !== undefined && user.password === signer?.secretKey;
  }
}

/** A broker as whoever it does not let in has it. */
export function refusing<T extends object>(broker: T, pod: string): T {
  return new Proxy(broker, {
    get: () => () => Promise.reject(new Error(`${pod}: User:… is not found.`)),
  });
}
