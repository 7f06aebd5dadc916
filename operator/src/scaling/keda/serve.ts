import type { Logger } from '../../kube/mod.ts';
import type { KedaBoard } from './board.ts';

/** Serves KEDA from when some group asks for it, until the signal. Nobody who does not use it pays for gRPC. */
export async function serveWhenAsked(
  board: KedaBoard,
  address: string,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([board.asked, stopped]);
  if (signal.aborted) return;
  try {
    const { serveKeda } = await import('./server.ts');
    const server = await serveKeda(board, address);
    log.info({ address }, 'serving KEDA');
    await stopped;
    server.close();
  } catch (error) {
    // The others scale without KEDA.
    log.error(
      { address, err: error },
      'KEDA cannot be served: its ScaledObjects leave their targets as they are',
    );
  }
}
