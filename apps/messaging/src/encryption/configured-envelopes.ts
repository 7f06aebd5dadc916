import type { Logger } from '../client/logger.ts';
import type { Clock } from '../clock.ts';
import { plainEnvelopes, type EnvelopeCodec } from '../envelope.ts';
import { encryptedEnvelopes, type EncryptedEnvelopesOptions } from './encrypted-envelopes.ts';
import { mountedKeyRing } from './key-ring.ts';

export interface ConfiguredEnvelopesOptions extends Omit<EncryptedEnvelopesOptions, 'keys'> {
  /** Where the Secret with the keys is mounted. Absent: bodies go in clear. */
  readonly keysDirectory: string | undefined;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
}

/** Envelopes as a service is configured. */
export function configuredEnvelopes(options: ConfiguredEnvelopesOptions): EnvelopeCodec {
  const { keysDirectory: directory, plaintext, metrics, clock, log } = options;
  if (directory === undefined) return plainEnvelopes;
  return encryptedEnvelopes({ keys: mountedKeyRing({ directory, clock, log }), plaintext, metrics });
}
