import { RocketmqError, type RocketmqErrorCode } from '../rocketmq/mod.ts';

/** An answer, or the fact that there is none. What was not answered stays unknown: never empty, never zero. */
export type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

export async function settle<T>(call: Promise<T>): Promise<Answer<T>> {
  try {
    return { ok: true, value: await call };
  } catch (error) {
    return { ok: false, error };
  }
}

const WORDS: Partial<Record<RocketmqErrorCode, string>> = {
  Timeout: 'does not answer in time',
  Connect: 'cannot be reached',
  Closed: 'closed the connection',
  Busy: 'is busy',
  Aborted: 'was not asked to the end',
};

/** Whether a server said nothing: asking it for something else would be in vain, too. */
export function isSilence(error: unknown): boolean {
  return !(error instanceof RocketmqError) || WORDS[error.code] !== undefined;
}

/**
 * Why a server is taken as silent, in words that stay the same from one try to the next: conditions quote them,
 * and a status that changes with every retry is a status write with every retry.
 */
export function whyNot(error: unknown): string {
  if (!(error instanceof RocketmqError)) return 'cannot be asked';
  return WORDS[error.code] ?? `answers with an error (${error.code})`;
}

/** The broker looked at this item and said no; asking again in a second would get the same answer. */
export function isVerdictOfBroker(error: RocketmqError): boolean {
  return error.code === 'Refused' || error.code === 'Invalid' || error.code === 'NotPermitted';
}

/** Brokers answer some refusals with a whole Java stack trace. */
export function firstLine(message: string): string {
  return (message.split('\n', 1)[0] ?? '').slice(0, 500);
}
