/** RocketMQ's RemotingCommand: one request or one response. */
export interface Command {
  /** Request code or response code. */
  readonly code: number;
  /** Matches a response to its request on one connection; int32. */
  readonly opaque: number;
  /** Bit 0: this is a response. Bit 1: no response is wanted. */
  readonly flag: number;
  /** MQVersion ordinal of the sender. */
  readonly version: number;
  readonly language: string;
  readonly remark?: string;
  readonly extFields: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const responseFlag = 1;

export const isResponse = (command: Command): boolean => (command.flag & responseFlag) !== 0;

/**
 * V5_3_3. From 401 on, routes are standard JSON; above 475 a server that is stopping answers GO_AWAY
 * instead of falling silent; later servers treat it the same.
 */
export const clientVersion = 479;

/** NODE_JS exists only from 5.3.2 on; an unknown name decodes to null and breaks some paths. */
export const clientLanguage = 'OTHER';

/** The bytes are not a RocketMQ command. */
export class MalformedFrame extends Error {
  override readonly name = 'MalformedFrame';
}
