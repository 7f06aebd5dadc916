/** What it takes to act on RocketMQ itself for one cluster, in one pass. */
import type { Clock, Logger } from '../kube/mod.ts';
import type { Executor } from './execute.ts';
import { leadingController, type Answers, type Rocketmq } from './observe.ts';

const callTimeoutMs = 5_000;

export interface Attendant extends Executor {
  readonly rocketmq: Rocketmq;
  readonly answers: Answers;
  readonly log: Logger;
  readonly clock: Clock;
}

/** The one that leads. @throws Error when none does */
export function controllers({ rocketmq, answers }: Attendant): ReturnType<Rocketmq['controller']> {
  const leader = leadingController(answers.controllers);
  if (leader === undefined) throw new Error('the controllers have no leader');
  return rocketmq.controller(leader);
}

export function call({ signal }: Executor): { readonly signal: AbortSignal; readonly timeoutMs: number } {
  return { signal, timeoutMs: callTimeoutMs };
}
