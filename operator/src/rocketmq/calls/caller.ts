import type { Command } from '../codec/command.ts';
import { readJson } from '../codec/json-reader.ts';
import { requestCodes, responseCodes, writes, type RequestName } from '../codes.ts';
import { RocketmqError, type RocketmqErrorCode } from '../errors.ts';
import { redactText } from '../redact.ts';
import { sign, type Credentials } from '../signing.ts';
import type { Transport } from '../transport/pool.ts';
import type { CallOptions } from '../types.ts';
import { Field, UnexpectedShape } from './fields.ts';

/** Servers close the connection on a larger request without saying why. */
const maxRequestBytes = 16 * 1024 * 1024;
/** Of a server's words an error keeps so many: room for a Java stack trace. */
const maxWords = 2_000;

export interface Arguments {
  readonly extFields?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: string;
  /** Response codes besides 0 that are an answer, not a failure. */
  readonly accept?: readonly number[];
  /** Texts of the request that no error may show, should the server repeat them. */
  readonly secrets?: readonly string[];
}

export interface CallerOptions {
  readonly transport: Transport;
  readonly address: string;
  readonly requestTimeoutMs: number;
  readonly credentials?: Credentials | undefined;
  /** Asked right before a write is sent; absent: every write is. */
  readonly mayWrite?: (() => boolean) | undefined;
}

/** Requests to one server: signs, sends, and turns response codes into typed errors. */
export class Caller {
  readonly address: string;
  readonly #options: CallerOptions;

  constructor(options: CallerOptions) {
    this.address = options.address;
    this.#options = options;
  }

  /** The same credentials and limits, towards another server. */
  at(address: string): Caller {
    return new Caller({ ...this.#options, address });
  }

  /** @throws RocketmqError */
  async call(name: RequestName, given: Arguments, options: CallOptions = {}): Promise<Command> {
    const { transport, credentials, requestTimeoutMs, mayWrite } = this.#options;
    if (writes.has(name) && mayWrite?.() === false)
      throw this.error('Aborted', `${name}: not the leader any more: the request was not sent`);
    const body = Buffer.from(given.body ?? '');
    if (body.length > maxRequestBytes) throw this.error('Invalid', `${name}: the request is too large`);
    const plain = Object.fromEntries(
      Object.entries(given.extFields ?? {}).map(([key, value]) => [key, String(value)]),
    );
    const request = {
      code: requestCodes[name],
      extFields: credentials === undefined ? plain : sign(plain, body, credentials),
      body,
    };
    const timeoutMs = options.timeoutMs ?? requestTimeoutMs;
    const response = await transport.call(this.address, request, { timeoutMs, signal: options.signal });
    if (response.code === responseCodes.success || given.accept?.includes(response.code) === true)
      return response;
    throw this.#refusal(name, response, given.secrets ?? []);
  }

  /** Runs a reader over the JSON body; what it cannot read throws `Protocol`. */
  read<T>(name: RequestName, response: Command, reader: (body: Field) => T): T {
    try {
      return reader(new Field(readJson(response.body.toString('utf8')), 'body'));
    } catch (cause) {
      if (!(cause instanceof SyntaxError) && !(cause instanceof UnexpectedShape)) throw cause;
      const why = cause.message.slice(0, maxWords);
      throw this.error('Protocol', `${name}: the answer cannot be read: ${why}`, cause);
    }
  }

  /** Asks and reads in one step. @throws RocketmqError */
  async ask<T>(
    name: RequestName,
    given: Arguments,
    options: CallOptions | undefined,
    reader: (body: Field, extFields: Readonly<Record<string, string>>) => T,
  ): Promise<T> {
    const response = await this.call(name, given, options);
    return this.read(name, response, (body) => reader(body, response.extFields));
  }

  error(code: RocketmqErrorCode, message: string, cause?: unknown, responseCode?: number): RocketmqError {
    return new RocketmqError(code, message, { address: this.address, cause, responseCode });
  }

  #refusal(name: RequestName, { code, remark }: Command, secrets: readonly string[]): RocketmqError {
    const { credentials } = this.#options;
    const shown = redactText(remark ?? '', [credentials?.secretKey, credentials?.securityToken, ...secrets]);
    const said = shown.trim() === '' ? 'refused without a reason' : shown.slice(0, maxWords);
    return this.error(meanings.get(code) ?? 'Refused', `${name}: ${said} (code ${code})`, undefined, code);
  }
}

const meanings: ReadonlyMap<number, RocketmqErrorCode> = new Map<number, RocketmqErrorCode>([
  [responseCodes.systemBusy, 'Busy'],
  [responseCodes.serviceNotAvailable, 'Busy'],
  [responseCodes.flowControl, 'Busy'],
  [responseCodes.requestCodeNotSupported, 'Unsupported'],
  [responseCodes.noPermission, 'NotPermitted'],
  [responseCodes.topicNotExist, 'NotFound'],
  [responseCodes.queryNotFound, 'NotFound'],
  [responseCodes.subscriptionNotExist, 'NotFound'],
  [responseCodes.subscriptionGroupNotExist, 'NotFound'],
  [responseCodes.controllerBrokerMetadataNotExist, 'NotFound'],
  [responseCodes.controllerBrokerNeedToBeRegistered, 'NotFound'],
  [responseCodes.invalidParameter, 'Invalid'],
  [responseCodes.controllerNotLeader, 'NotLeader'],
]);
