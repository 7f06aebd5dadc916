import type { RetryPolicy as RetryPolicyMessage } from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/definition_pb.js';
import definitionModule from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/definition_pb.js';

/** A consumer group's retry policy as the server sent it, in milliseconds. */
export interface RetrySchedule {
  readonly maxAttempts: number;
  /** Delay before the attempt after `attempt` (attempts count from 1). */
  nextDelayMs(attempt: number): number;
}

/** How often a group's messages are tried, and how long an ordered one keeps those behind it waiting. */
export interface RetryLimits {
  readonly maxAttempts: number;
  readonly suspendMs: number;
}

/**
 * What the server says, within limits of our own. The delays of its policy grow to hours: fine for a message that is put
 * back, but an ordered one is tried in place, and nothing behind it moves meanwhile.
 */
export function limitRetries(
  schedule: RetrySchedule | undefined,
  ordered: boolean,
  { maxAttempts, suspendMs }: RetryLimits,
): RetrySchedule {
  const suspend = (): number => suspendMs;
  return {
    maxAttempts: Math.min(schedule?.maxAttempts ?? maxAttempts, maxAttempts),
    nextDelayMs: ordered || schedule === undefined ? suspend : (attempt) => schedule.nextDelayMs(attempt),
  };
}

interface WireDuration {
  getSeconds(): number;
  getNanos(): number;
}

/**
 * Reads both kinds of server policy. The stock client ignores the customized one, which proxies send by default (each
 * failure is then redelivered at once, and an ordered message goes to the dead letter queue after one attempt), and
 * takes the exponential one's seconds for milliseconds. Returns undefined when the server sent no policy.
 */
export function readRetrySchedule(policy: RetryPolicyMessage | undefined): RetrySchedule | undefined {
  if (policy === undefined) return undefined;
  const { StrategyCase } = definitionModule.RetryPolicy;
  const maxAttempts = policy.getMaxAttempts();
  const strategy = policy.getStrategyCase();
  if (strategy === StrategyCase.CUSTOMIZED_BACKOFF) {
    return customized(maxAttempts, policy.getCustomizedBackoff()?.getNextList().map(toMs) ?? []);
  }
  if (strategy === StrategyCase.EXPONENTIAL_BACKOFF) {
    const backoff = policy.getExponentialBackoff();
    const [initialMs, maxMs] = [toMs(backoff?.getInitial()), toMs(backoff?.getMax())];
    return exponential(maxAttempts, initialMs, maxMs, backoff?.getMultiplier() ?? 1);
  }
  return undefined;
}

function customized(maxAttempts: number, delaysMs: readonly number[]): RetrySchedule {
  // Attempts past the list keep its last delay, as the broker does.
  return {
    maxAttempts,
    nextDelayMs: (attempt) => delaysMs[Math.min(Math.max(attempt, 1), delaysMs.length) - 1] ?? 0,
  };
}

function exponential(
  maxAttempts: number,
  initialMs: number,
  maxMs: number,
  multiplier: number,
): RetrySchedule {
  return {
    maxAttempts,
    nextDelayMs: (attempt) => Math.min(initialMs * multiplier ** (Math.max(attempt, 1) - 1), maxMs),
  };
}

function toMs(duration: WireDuration | undefined): number {
  return duration === undefined ? 0 : duration.getSeconds() * 1000 + duration.getNanos() / 1e6;
}
