import type { ApiStatus, StatusCause } from './types.ts';

/** The server's reasons by their own names; the last group is ours, for calls that got no usable answer. */
export type KubeErrorCode =
  | 'BadRequest'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'Conflict'
  | 'AlreadyExists'
  | 'Gone'
  | 'Invalid'
  | 'TooManyRequests'
  | 'InternalError'
  | 'Unavailable'
  | 'Timeout'
  | 'Network'
  | 'Protocol'
  | 'Aborted'
  | 'Closed';

/** Codes after which the same call may succeed later without anybody changing it. */
const RETRYABLE: ReadonlySet<KubeErrorCode> = new Set([
  'Conflict',
  'Gone',
  'TooManyRequests',
  'InternalError',
  'Unavailable',
  'Unauthorized', // a projected token was rotated: the next call reads the new one
  'Timeout',
  'Network',
  'Protocol',
]);

export interface KubeErrorOptions {
  readonly status?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly causes?: readonly StatusCause[] | undefined;
  readonly cause?: unknown;
}

/** Any failed call to the API server. Messages name verb and path, never a header, a body or a token. */
export class KubeError extends Error {
  readonly code: KubeErrorCode;
  readonly retryable: boolean;
  /** HTTP status; absent when no answer came. */
  readonly status?: number;
  readonly retryAfterMs?: number;
  /** Field by field, as the server lists them: validation errors, or the owners of conflicting fields. */
  readonly causes: readonly StatusCause[];

  constructor(code: KubeErrorCode, message: string, options: KubeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KubeError';
    this.code = code;
    this.retryable = RETRYABLE.has(code);
    if (options.status !== undefined) this.status = options.status;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
    this.causes = options.causes ?? [];
  }
}

/** Narrowing that reads well: `if (isKubeError(error, 'NotFound'))`. Without a code: any KubeError. */
export function isKubeError(error: unknown, ...codes: readonly KubeErrorCode[]): error is KubeError {
  return error instanceof KubeError && (codes.length === 0 || codes.includes(error.code));
}

const BY_STATUS: ReadonlyMap<number, KubeErrorCode> = new Map([
  [400, 'BadRequest'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [409, 'Conflict'],
  [410, 'Gone'],
  [422, 'Invalid'],
  [429, 'TooManyRequests'],
  [502, 'Unavailable'],
  [503, 'Unavailable'],
  [504, 'Timeout'],
]);

/** Reason outranks status: 409 is both Conflict and AlreadyExists, 410 both Gone and Expired. */
const BY_REASON: ReadonlyMap<string, KubeErrorCode> = new Map([
  ['AlreadyExists', 'AlreadyExists'],
  ['Conflict', 'Conflict'],
  ['Expired', 'Gone'],
  ['Gone', 'Gone'],
  ['Invalid', 'Invalid'],
  ['ServerTimeout', 'Timeout'],
  ['Timeout', 'Timeout'],
  ['ServiceUnavailable', 'Unavailable'],
]);

export function codeOf(status: number, reason: string | undefined): KubeErrorCode {
  const byReason = reason === undefined ? undefined : BY_REASON.get(reason);
  return byReason ?? BY_STATUS.get(status) ?? (status >= 500 ? 'InternalError' : 'BadRequest');
}

/**
 * Turns a failed answer into a KubeError.
 * @param what verb and path, for the message
 * @param retryAfterMs from the Retry-After header; the body's own hint is used when there is none
 */
export function fromStatus(
  what: string,
  httpStatus: number,
  body: ApiStatus | undefined,
  retryAfterMs?: number,
): KubeError {
  const hint = body?.details?.retryAfterSeconds;
  return new KubeError(
    codeOf(httpStatus, body?.reason),
    `${what}: ${httpStatus} ${body?.message ?? body?.reason ?? 'no Status in the answer'}`,
    {
      status: httpStatus,
      retryAfterMs: retryAfterMs ?? (hint === undefined || hint <= 0 ? undefined : hint * 1000),
      causes: body?.details?.causes,
    },
  );
}
