import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../clock.ts';

/** A user of RocketMQ. */
export interface Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
}

/** What requests are signed by, asked for each of them. */
export type CredentialsSource = () => Credentials;

/** A kubelet brings a changed Secret within about a minute, so that more often says nothing new. */
const REREAD_MS = 1_000;

/**
 * The Secret of a User, mounted as a directory. It is read again and again: a rotation replaces both files, and the old
 * credentials work only for so long. What cannot be read leaves the last ones in force.
 *
 * @throws Error of the file system while there have been none yet
 */
export function mountedCredentials(directory: string, clock: Clock): CredentialsSource {
  let last: { readonly credentials: Credentials; readonly atMs: number } | undefined;
  return () => {
    const nowMs = clock.now();
    if (last !== undefined && nowMs - last.atMs < REREAD_MS) return last.credentials;
    try {
      last = { credentials: read(directory), atMs: nowMs };
    } catch (error) {
      if (last === undefined) throw error;
    }
    return last.credentials;
  };
}

/** Both from one version of the Secret: a kubelet switches a link from the directory of one to that of the next. */
function read(directory: string): Credentials {
  const version = dirname(realpathSync(join(directory, 'accessKey')));
  return {
    accessKey: readFileSync(join(version, 'accessKey'), 'utf8'),
    secretKey: readFileSync(join(version, 'secretKey'), 'utf8'),
  };
}

/** What the stock client signs by; it looks at it for each request. */
export class Session {
  accessKey = '';
  accessSecret = '';
  readonly #source: CredentialsSource;

  constructor(source: CredentialsSource) {
    this.#source = source;
  }

  refresh(): void {
    const { accessKey, secretKey } = this.#source();
    this.accessKey = accessKey;
    this.accessSecret = secretKey;
  }
}
