import type { Server } from 'node:http';
import type { Clock } from '@gantry/messaging';

/** Time for Kubernetes to take the pod out of the Service before connections are refused. */
const UNREADY_MS = 3_000;
/** The slowest request: 5 s for its turn, 5 s for a connection, 4 s for a lock, 3 s each to send and to commit. */
const LAST_REQUESTS_MS = 20_000;

/**
 * Answers on while Kubernetes takes the pod out of the Service, then what is under way; resolves when nobody is connected
 * any more. Answers have to carry `Connection: close` by then: a server that closes goes on to serve a connection
 * that its client keeps busy, for as long as the client likes.
 */
export async function closeServer(server: Server, clock: Clock): Promise<void> {
  await clock.sleep(UNREADY_MS);
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const cancel = clock.after(LAST_REQUESTS_MS, () => server.closeAllConnections());
  await closed;
  cancel();
}
