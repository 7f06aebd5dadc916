import { KubeError } from './errors.ts';
import type { ResourceType } from './resource-types.ts';
import type { HttpResponse } from './transport.ts';
import type { ApiStatus } from './types.ts';

/** Longer messages (an Invalid with hundreds of causes) serve nobody in a log line. */
const MAX_MESSAGE = 2_000;

/** Verb and path for messages; the query is left out: it may carry selectors and continue tokens. */
export function describeCall(verb: string, path: string): string {
  return `${verb} ${path.split('?', 1)[0]}`;
}

/**
 * The shape is the caller's claim: the server has validated what it stores.
 * @throws KubeError `Protocol` when the answer is not JSON; the text is never quoted, it may be a Secret
 */
export async function readJson<T>(what: string, response: HttpResponse): Promise<T> {
  const text = await response.body.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new KubeError('Protocol', `${what}: the answer is not valid JSON`, { status: response.statusCode });
  }
}

/** The Status in a failed answer, or nothing when some proxy answered with a page of its own. */
export async function readStatus(response: HttpResponse, type: ResourceType): Promise<ApiStatus | undefined> {
  const text = await response.body.text();
  try {
    const status: ApiStatus & { readonly kind?: string } = JSON.parse(text);
    return status.kind === 'Status' ? trimmed(status, type) : undefined;
  } catch {
    return undefined;
  }
}

/** Validation messages quote the refused value. Of Secrets only the fields are kept. */
function trimmed(status: ApiStatus, type: ResourceType): ApiStatus {
  if (type.kind !== 'Secret' || type.group !== '') {
    const message = status.message;
    return message === undefined || message.length <= MAX_MESSAGE
      ? status
      : { ...status, message: `${message.slice(0, MAX_MESSAGE)}…` };
  }
  const causes = status.details?.causes?.map(({ reason, field }) => ({
    ...(reason === undefined ? {} : { reason }),
    ...(field === undefined ? {} : { field }),
  }));
  return {
    ...(status.code === undefined ? {} : { code: status.code }),
    ...(status.reason === undefined ? {} : { reason: status.reason }),
    ...(status.details === undefined
      ? {}
      : { details: { ...status.details, ...(causes === undefined ? {} : { causes }) } }),
  };
}

/** An API server asks for seconds. A proxy before it may ask for an hour, and is back after a minute. */
const RETRY_AFTER_AT_MOST_MS = 60_000;

/** Retry-After in milliseconds, a minute at most; the API server sends seconds, a proxy before it may send a date. */
export function retryAfterMs(response: HttpResponse): number | undefined {
  const header = response.headers['retry-after'];
  const value = Array.isArray(header) ? header[0] : header;
  if (value === undefined) return undefined;
  const seconds = Number(value);
  const askedMs = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(askedMs) ? undefined : Math.min(Math.max(0, askedMs), RETRY_AFTER_AT_MOST_MS);
}
