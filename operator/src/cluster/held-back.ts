/** How long a broker may hold a message back before it puts it into its queue. Pure. */
import type { RocketMQClusterSpec } from '../api/mod.ts';
import { brokerKeys } from './config/broker-keys.ts';

export interface HeldBack {
  readonly timedMs: number;
  readonly transactionMs: number;
}

/**
 * A timed message until its time has come. A half message until its producer ends the transaction, or has been asked about
 * it as often as it is (TransactionalMessageServiceImpl); a producer that asks for a longer time before it is asked
 * (CHECK_IMMUNITY_TIME_IN_SECONDS) is not known here.
 */
export function heldBack({ limits, brokers }: Pick<RocketMQClusterSpec, 'limits' | 'brokers'>): HeldBack {
  const of = (key: string): number =>
    numberOf(brokers.config[key]) ?? numberOf(brokerKeys.get(key)?.usual) ?? 0;
  const questionsMs = of('transactionCheckMax') * of('transactionCheckInterval');
  return { timedMs: limits.maxDelaySeconds * 1_000, transactionMs: of('transactionTimeOut') + questionsMs };
}

/** Undefined also for what the brokers do not take either. */
function numberOf(text: string | undefined): number | undefined {
  const value = Number(text);
  return text === undefined || Number.isNaN(value) ? undefined : value;
}
