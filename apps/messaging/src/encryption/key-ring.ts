import { createSecretKey } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Logger } from '../client/logger.ts';
import { describeError, MessagingError } from '../errors.ts';
import { KEY_BYTES, type EncryptionKey } from './cipher.ts';

/** The keys that there are. Both throw `EncryptionUnavailable` (retryable) while there are none. */
export interface KeyRing {
  /** The key for new messages. */
  current(): EncryptionKey;
  /** The key of a message; undefined when the ring does not have it, or not yet. */
  find(id: string): EncryptionKey | undefined;
}

export interface MountedKeyRingOptions {
  /** Where the Secret is mounted. Each entry is a key: its name is the key's id, its content the 32 bytes. */
  readonly directory: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
}

/** A kubelet brings a changed Secret within about a minute, so that more often says nothing new. */
const REREAD_MS = 1_000;
/** The kubelets of the readers bring a new key at their own time, up to a minute and a half: until then nobody sends with it. */
const SETTLE_MS = 120_000;

/** "key-9" comes before "key-10", and "2026-11-29" before "2026-12-01". */
const byAge = new Intl.Collator('en', { numeric: true });

interface KnownKey extends EncryptionKey {
  readonly sinceMs: number;
}

/**
 * The keys of a mounted Secret, read again and again. The last of their names, in numeric order, is the newest. A key that
 * comes to others is sent with two minutes later, so that every reader has it by then. What is there at the start is used at
 * once: an older key may be about to go, and a message whose key is gone is lost, while readers wait for one that comes.
 * What cannot be read leaves the last keys in force; a Secret without entries leaves none.
 */
export function mountedKeyRing({ directory, clock, log }: MountedKeyRingOptions): KeyRing {
  let keys: readonly KnownKey[] = [];
  let readAtMs: number | undefined;
  let problem: unknown;

  const refresh = (): readonly KnownKey[] => {
    const nowMs = clock.now();
    if (readAtMs !== undefined && nowMs - readAtMs < REREAD_MS) return keys;
    readAtMs = nowMs;
    try {
      const since = new Map(keys.map(({ id, sinceMs }) => [id, sinceMs]));
      const comesMs = keys.length === 0 ? -Infinity : nowMs;
      keys = readKeys(directory).map((key) => ({ ...key, sinceMs: since.get(key.id) ?? comesMs }));
      problem = undefined;
    } catch (error) {
      if (problem === undefined) log.error({ directory, error: describeError(error) }, 'keys not read');
      problem = error;
    }
    return keys;
  };

  const present = (): readonly KnownKey[] => {
    const found = refresh();
    if (found.length > 0) return found;
    const message = `${directory} has no key to encrypt with`;
    throw new MessagingError('EncryptionUnavailable', message, { retryable: true, cause: problem });
  };

  return {
    current: () => chooseCurrent(present(), clock.now()),
    find: (id) => present().find((key) => key.id === id),
  };
}

/** Of keys by age: the newest that everybody has, else the newest. */
function chooseCurrent(keys: readonly KnownKey[], nowMs: number): EncryptionKey {
  const settled = keys.filter(({ sinceMs }) => nowMs - sinceMs >= SETTLE_MS);
  const chosen = settled.at(-1) ?? keys.at(-1);
  if (chosen === undefined) throw new Error('a key ring without keys');
  return chosen;
}

/** All from one version of the Secret: a kubelet switches the link `..data` from the directory of one to that of the next. */
function readKeys(directory: string): readonly EncryptionKey[] {
  const data = join(directory, '..data');
  const version = existsSync(data) ? realpathSync(data) : directory;
  const names = readdirSync(version).filter((name) => !name.startsWith('.'));
  return names.toSorted(byAge.compare).map((id) => readKey(version, id));
}

function readKey(directory: string, id: string): EncryptionKey {
  const bytes = readFileSync(join(directory, id));
  if (bytes.length !== KEY_BYTES)
    throw new Error(
      `key ${id} has ${bytes.length} bytes; a key of AES-256 has ${KEY_BYTES}: openssl rand 32`,
    );
  return { id, key: createSecretKey(bytes) };
}
