/** How long a broker may hold a message back before it puts it into its queue. Pure. */
import type { RocketMQClusterSpec } from '../api/mod.ts';
import { brokerKeys } from './config/broker-keys.ts';
import type { KeyTable } from './config/key-table.ts';
import { proxyKeys } from './config/proxy-keys.ts';

export interface HeldBack {
  readonly timedMs: number;
  readonly transactionMs: number;
}

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * A timed message until its time has come, or the longest delay level, for which there is no limit. A half message until its
 * producer ends the transaction, or has been asked about it as often as it is (TransactionalMessageServiceImpl), which may
 * begin as late as proxies allow it to ask for.
 */
export function heldBack(spec: Pick<RocketMQClusterSpec, 'limits' | 'brokers' | 'proxy'>): HeldBack {
  const ofBrokers = (key: string): number => numberOf(spec.brokers.config, brokerKeys, key);
  const levels = spec.brokers.config['messageDelayLevel'] ?? brokerKeys.get('messageDelayLevel')?.usual ?? '';
  const questionsMs = ofBrokers('transactionCheckMax') * ofBrokers('transactionCheckInterval');
  const recoveryMs = numberOf(spec.proxy.config, proxyKeys, 'maxTransactionRecoverySecond') * 1_000;
  return {
    timedMs: Math.max(spec.limits.maxDelaySeconds * 1_000, ...levels.split(' ').map(levelMs)),
    transactionMs: Math.max(ofBrokers('transactionTimeOut'), recoveryMs) + questionsMs,
  };
}

/** What the processes do not take either counts as their default. */
function numberOf(config: Readonly<Record<string, string>>, table: KeyTable, key: string): number {
  const value = Number(config[key] ?? Number.NaN);
  return Number.isNaN(value) ? Number(table.get(key)?.usual ?? 0) : value;
}

/** `30s`, `2h` */
function levelMs(level: string): number {
  return Number.parseInt(level, 10) * (unitsMs[level.slice(-1)] ?? 0) || 0;
}
