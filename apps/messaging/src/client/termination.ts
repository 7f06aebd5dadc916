import type { RpcClientManager } from 'rocketmq-client-nodejs';
import serviceModule from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/service_pb.js';

/**
 * Telling the proxy goodbye is a courtesy. The stock shutdown stops half-way when it fails, leaving streams, timers and
 * connections open, so on this manager the call no longer rejects.
 */
export function forgiveFailedTermination(
  manager: RpcClientManager,
  logger: { info(...args: unknown[]): void },
): void {
  const notify = manager.notifyClientTermination.bind(manager);
  manager.notifyClientTermination = async (endpoints, request, durationMs) => {
    try {
      return await notify(endpoints, request, durationMs);
    } catch (error) {
      logger.info('The proxy was not told that this client ends, endpoints=%s, error=%s', endpoints, error);
      return new serviceModule.NotifyClientTerminationResponse();
    }
  };
}
