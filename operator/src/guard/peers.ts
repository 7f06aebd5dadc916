/** The guards of a group ask one another, over HTTP, whether anybody hears a leader of the controllers. */
import { createServer, get, type Server } from 'node:http';

/** Answered with `heard` or `silent`. */
const leaderPath = '/leader';
/** For the kubelet: the process is there. */
const healthPath = '/healthz';
/**
 * @param hears asked anew for each question
 * @throws the listen error, for example when the port is taken
 */
export async function serveGuard(port: number, hears: () => Promise<boolean>): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url === healthPath) return void response.end('ok\n');
    if (request.url !== leaderPath) return void response.writeHead(404).end(`try ${leaderPath}\n`);
    hears().then(
      (heard) => response.end(heard ? 'heard\n' : 'silent\n'),
      (error: unknown) => response.writeHead(500).end(`${String(error)}\n`),
    );
    return undefined;
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, resolve);
  });
  return server;
}

/**
 * @param peers `host:port` of the guard of every other member
 * @param timeoutMs longer than a question to the controllers takes
 */
export async function allSilent(
  peers: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const answers = await Promise.all(
    peers.map((peer) =>
      ask(peer, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])).catch(() => undefined),
    ),
  );
  return answers.every((answer) => answer === 'silent');
}

/** @throws Error when there is no answer */
function ask(peer: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const request = get(`http://${peer}${leaderPath}`, { signal }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('end', () => resolve(response.statusCode === 200 ? text.trim() : undefined));
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}
