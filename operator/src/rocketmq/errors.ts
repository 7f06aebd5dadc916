/**
 * Why a call failed, as a closed list:
 * - `Timeout`: no answer before the deadline. A write may or may not have happened.
 * - `Aborted`: the caller's signal fired, or this process does not lead any more and sent nothing.
 * - `Connect`: the server cannot be reached; nothing was sent.
 * - `Closed`: the connection ended while the call waited, or the client is closed. A write may have happened.
 * - `Protocol`: the answer is not what RocketMQ's protocol allows.
 * - `Busy`: the server refused for load (codes 2, 14, 215) and did nothing.
 * - `Unsupported`: this server, or this version of it, does not know the request (code 3).
 * - `NotFound`: topic, group, broker or user is unknown to the server (codes 17, 22, 24, 26, 2008, 2010; 16 with such a text).
 * - `NotPermitted`: access control or a blacklist refused (code 16).
 * - `Invalid`: an argument is not allowed, found here before sending or by the server (code 29).
 * - `NotLeader`: the controller is not the leader and none could be followed (code 2007).
 * - `Refused`: any other response code; see `responseCode`.
 */
export type RocketmqErrorCode =
  | 'Timeout'
  | 'Aborted'
  | 'Connect'
  | 'Closed'
  | 'Protocol'
  | 'Busy'
  | 'Unsupported'
  | 'NotFound'
  | 'NotPermitted'
  | 'Invalid'
  | 'NotLeader'
  | 'Refused';

/** The same call can never succeed as it stands; everything else may, later. */
const permanent: ReadonlySet<RocketmqErrorCode> = new Set([
  'Aborted',
  'Unsupported',
  'NotPermitted',
  'Invalid',
]);

export interface RocketmqErrorDetails {
  /** host:port of the server that was asked. */
  readonly address: string;
  /** RocketMQ's own response code, when the server answered. */
  readonly responseCode?: number | undefined;
  readonly cause?: unknown;
}

/** Every failure of this client. The message names the server and never holds a credential. */
export class RocketmqError extends Error {
  readonly code: RocketmqErrorCode;
  readonly address: string;
  /** The message without the address. */
  readonly reason: string;
  readonly responseCode: number | undefined;
  /** False when repeating the same call is pointless. */
  readonly retryable: boolean;

  constructor(code: RocketmqErrorCode, message: string, details: RocketmqErrorDetails) {
    super(
      `${details.address}: ${message}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.name = 'RocketmqError';
    this.code = code;
    this.address = details.address;
    this.reason = message;
    this.responseCode = details.responseCode;
    this.retryable = !permanent.has(code);
  }
}

/** Nothing listens at the address. For a process that hangs the kernel goes on to take connections. */
export function nobodyListens(error: unknown): boolean {
  if (!(error instanceof RocketmqError) || error.code !== 'Connect') return false;
  const { cause } = error;
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'ECONNREFUSED';
}

/** Nothing listens any more, or whoever did has ended its connections: a process that hangs keeps them. */
export function hasEnded(error: unknown): boolean {
  return (error instanceof RocketmqError && error.code === 'Closed') || nobodyListens(error);
}
