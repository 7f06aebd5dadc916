/** Why a messaging call failed. `retryable` says whether the same call may succeed later unchanged. */
export type MessagingErrorCode =
  | 'IncompatibleClient' // rocketmq-client-nodejs is not the release that our repairs were written for
  | 'StartTimeout'
  | 'StartFailed'
  | 'NotRunning'
  | 'SendFailed'
  | 'InvalidMessage' // what was to be sent does not fit its tag, or is too large
  | 'EndTransactionFailed'
  | 'HandlerTimeout'
  | 'EncryptionUnavailable' // no key to send with, or none to read with: nothing is sent or buried meanwhile
  | 'KeyNotYetKnown' // a message needs a key that may still be on its way to this pod
  | 'Closed';

export class MessagingError extends Error {
  override readonly name = 'MessagingError';
  readonly code: MessagingErrorCode;
  readonly retryable: boolean;

  constructor(
    code: MessagingErrorCode,
    message: string,
    options: { readonly retryable: boolean; readonly cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable;
  }
}

/** The text of anything that was thrown, with its cause, for a log field or a dead letter's reason. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : ` (cause: ${describeError(error.cause)})`;
  return `${error.message}${cause}`;
}

/** Whether an error says of itself that the same call may succeed later; one that says nothing does not. */
export function isRetryable(error: unknown): boolean {
  return error instanceof Error && 'retryable' in error && error.retryable === true;
}
