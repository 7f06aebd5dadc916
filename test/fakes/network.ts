import { createServer, type Socket } from 'node:net';
import type { Command } from '../../operator/src/rocketmq/codec/command.ts';
import { FrameDecoder } from '../../operator/src/rocketmq/codec/frame.ts';

export interface Endpoint {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

/** What a server does with a request: it answers by a frame, says nothing, or ends the connection. */
export type Reaction = Buffer | 'Silence' | 'Cut';

export type Receive = (request: Command) => Reaction;

/** How servers are reached. */
export interface Network {
  /** @returns where the server is reached from now on, and how that ends */
  open(endpoint: Endpoint, receive: Receive): Promise<Opened>;
}

export interface Opened {
  readonly endpoint: Endpoint;
  readonly close: () => Promise<void>;
}

const MAX_FRAME_BYTES = 64 * 1024 * 1024;

/** TCP on this machine. */
export const loopback: Network = {
  open: async (endpoint, receive) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => accept(socket, sockets, receive));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(endpoint.port, endpoint.host, resolve);
    });
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : endpoint.port;
    return {
      endpoint: { ...endpoint, port },
      close: async () => {
        for (const socket of sockets) socket.destroy();
        await new Promise<void>((resolve) => server.close(() => resolve()));
      },
    };
  },
};

function accept(socket: Socket, sockets: Set<Socket>, receive: Receive): void {
  const decoder = new FrameDecoder(MAX_FRAME_BYTES);
  sockets.add(socket);
  socket.setNoDelay(true);
  socket.on('close', () => sockets.delete(socket));
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    try {
      for (const request of decoder.push(chunk)) {
        const reaction = receive(request);
        if (reaction === 'Cut') socket.destroy();
        else if (reaction !== 'Silence') socket.write(reaction);
      }
    } catch {
      // As the Java server does: an undecodable frame ends the connection without an answer.
      socket.destroy();
    }
  });
}
