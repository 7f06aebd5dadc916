import type { BatchFailures, RocketmqError } from '../rocketmq/mod.ts';
import type { Answer } from './answer.ts';
import type { Verdict } from './kind.ts';
import { firstLine, isVerdictOfBroker, pending, silentBroker, type Problem } from './plan.ts';

/** By RocketMQ's name: why a removal does not go on for now. */
export type Hindrances = ReadonlyMap<string, Verdict>;

/** Brings what several servers say of one name together. */
export class Findings {
  readonly #problems = new Map<string, Problem[]>();
  readonly #objections = new Map<string, string[]>();
  readonly #refusals = new Map<string, Verdict>();

  problem(names: Iterable<string>, problem: Problem): void {
    for (const name of names) append(this.#problems, name, problem);
  }

  objection(name: string, clause: string): void {
    append(this.#objections, name, clause);
  }

  refusal(name: string, group: string, failure: RocketmqError): void {
    const message = `${group} refuses to delete it: ${firstLine(failure.message)}`;
    this.#refusals.set(name, { kind: 'Rejected', reason: 'RefusedByBroker', message });
  }

  /** A master has it still. */
  left(name: string, group: string, address: string, answer: Answer<BatchFailures> | undefined): void {
    const failure = answer?.ok === true ? answer.value.get(name) : undefined;
    if (failure !== undefined && isVerdictOfBroker(failure)) this.refusal(name, group, failure);
    else if (answer?.ok === true && failure === undefined) {
      const message = `${group} has it again, or still`;
      this.problem([name], { reason: 'Deleting', message, unknown: false });
    } else {
      const error = failure ?? (answer?.ok === false ? answer.error : undefined);
      this.problem([name], silentBroker(group, address, error));
    }
  }

  /** What a person can act on outranks what comes by itself. */
  verdicts(): Hindrances {
    const findings = new Map<string, Verdict>();
    for (const [name, problems] of this.#problems) findings.set(name, pending(problems));
    for (const [name, clauses] of this.#objections) {
      const message = clauses.toSorted().join('; ');
      findings.set(name, { kind: 'Rejected', reason: 'DeletionBlocked', message });
    }
    for (const [name, refusal] of this.#refusals) findings.set(name, refusal);
    return findings;
  }
}

function append<T>(lists: Map<string, T[]>, name: string, item: T): void {
  const known = lists.get(name);
  if (known === undefined) lists.set(name, [item]);
  else known.push(item);
}
