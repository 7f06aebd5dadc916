/** One question over RocketMQ's remoting protocol, on a connection of its own. */
import { createHmac } from 'node:crypto';
import { connect } from 'node:net';

export interface Answer {
  /** RocketMQ's response code; 0 is success. */
  readonly code: number;
  readonly remark: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string;
  /** The same as it came, for bodies that are no text. */
  readonly bytes: Buffer;
  /** Number of the question. */
  readonly opaque: number;
}

export interface Question {
  readonly code: number;
  readonly fields?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs?: number;
  readonly signedBy?: Signer;
}

/** A user of RocketMQ. */
export interface Signer {
  readonly accessKey: string;
  readonly secretKey: string;
}

/** MQVersion of 5.3.4: from 4.9.4 on the name servers answer routes in real JSON. */
const CLIENT_VERSION = 481;

/**
 * @param address host:port
 * @throws Error when there is no answer in time; a refusal by the server is an answer.
 */
export function ask(address: string, question: Question): Promise<Answer> {
  const colon = address.lastIndexOf(':');
  const timeoutMs = question.timeoutMs ?? 5_000;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)) });
    let received = Buffer.alloc(0);
    const fail = (why: string): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new Error(`${address}: ${why}`));
    };
    // A timer, not the socket's own timeout: that one counts only silence.
    const timer = setTimeout(() => {
      fail(`no answer in ${String(timeoutMs)} ms`);
    }, timeoutMs);
    socket.once('connect', () => socket.write(frameOf(question)));
    socket.once('error', (error) => {
      fail(error.message);
    });
    socket.once('close', () => {
      fail('closed without an answer');
    });
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
      clearTimeout(timer);
      socket.destroy();
      resolve(readFrame(received));
    });
  });
}

export function frameOf(question: Question, opaque = 1): Buffer {
  const header = Buffer.from(
    JSON.stringify({
      code: question.code,
      language: 'OTHER',
      version: CLIENT_VERSION,
      opaque,
      flag: 0,
      extFields: signed(question),
    }),
  );
  const body = Buffer.from(question.body ?? '');
  const lengths = Buffer.alloc(8);
  lengths.writeInt32BE(4 + header.length + body.length, 0);
  lengths.writeInt32BE(header.length, 4); // the first byte, 0, says: a JSON header
  return Buffer.concat([lengths, header, body]);
}

/** AclClientRPCHook: the values in the order of their keys, then the body. */
function signed({ fields = {}, body = '', signedBy }: Question): Readonly<Record<string, string>> {
  if (signedBy === undefined) return fields;
  const all: Readonly<Record<string, string>> = { ...fields, AccessKey: signedBy.accessKey };
  const values = Object.entries(all)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, value]) => value)
    .join('');
  const signature = createHmac('sha1', signedBy.secretKey).update(values + body, 'utf8');
  return { ...all, Signature: signature.digest('base64') };
}

/** @param frame with its length in front */
export function readFrame(frame: Buffer): Answer {
  const type = frame.readUInt8(4);
  if (type !== 0) throw new Error(`header of type ${String(type)}: expected JSON`);
  const headerLength = frame.readUIntBE(5, 3);
  const header: { code: number; opaque: number; remark?: string; extFields?: Record<string, string> } =
    JSON.parse(frame.toString('utf8', 8, 8 + headerLength));
  const bytes = frame.subarray(8 + headerLength, 4 + frame.readInt32BE(0));
  return {
    code: header.code,
    remark: header.remark ?? '',
    fields: header.extFields ?? {},
    body: bytes.toString('utf8'),
    bytes,
    opaque: header.opaque,
  };
}
