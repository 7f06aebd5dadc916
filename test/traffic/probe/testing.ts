/** Servers of loopback that speak frames of RocketMQ's protocol, for the tests of the probe. */
import { createServer, type Server, type Socket } from 'node:net';

const running: { readonly server: Server; readonly sockets: Set<Socket> }[] = [];

export function closeServers(): void {
  for (const { server, sockets } of running.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

export interface FrameServer {
  readonly address: string;
  /** Every connection that was ever made. */
  readonly sockets: ReadonlySet<Socket>;
}

/** Gives each whole frame that comes in to `answer`. */
export async function serve(answer: (frame: Buffer, socket: Socket) => void): Promise<FrameServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let received: Buffer = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
        const length = 4 + received.readInt32BE(0);
        answer(received.subarray(0, length), socket);
        received = received.subarray(length);
      }
    });
  });
  running.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { address: `127.0.0.1:${String(address.port)}`, sockets };
}

export interface TestAnswer {
  readonly code: number;
  readonly remark?: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

export function answerFrame(opaque: number, answer: TestAnswer): Buffer {
  const { code, remark = '', fields = {}, body = Buffer.alloc(0) } = answer;
  const header = Buffer.from(JSON.stringify({ code, opaque, flag: 1, remark, extFields: fields }));
  const lengths = Buffer.alloc(8);
  lengths.writeInt32BE(4 + header.length + body.length, 0);
  lengths.writeInt32BE(header.length, 4);
  return Buffer.concat([lengths, header, body]);
}

/** As MessageDecoder writes one for IPv4 hosts: what nobody here reads is zero. */
export function storedMessage(offset: number, body: string): Buffer {
  const text = Buffer.from(body);
  const head = Buffer.alloc(88);
  head.writeInt32BE(head.length + text.length, 0);
  head.writeBigInt64BE(BigInt(offset), 20);
  head.writeInt32BE(text.length, 84);
  return Buffer.concat([head, text]);
}
