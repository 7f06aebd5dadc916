import { Registry } from 'prom-client';
import { createMessagingMetrics, type MessagingMetrics } from '../metrics.ts';

/** Metrics of one test's own. */
export function testMetrics(): MessagingMetrics {
  return createMessagingMetrics(new Registry());
}
