import type { RocketmqError } from '../rocketmq/mod.ts';
import { append } from './append.ts';
import type { Verdict } from './kind.ts';
import { firstLine } from './answer.ts';
import { pending, type Problem } from './problems.ts';

/** By RocketMQ's name: why a removal does not go on for now. */
export type Hindrances = ReadonlyMap<string, Verdict>;

/** Brings what several servers say of one name together. */
export class Findings {
  readonly #problems = new Map<string, Problem[]>();
  readonly #objections = new Map<string, string[]>();

  problem(names: Iterable<string>, problem: Problem): void {
    for (const name of names) append(this.#problems, name, problem);
  }

  objection(name: string, clause: string): void {
    append(this.#objections, name, clause);
  }

  /** A broker has it still. @param failure what it answered; undefined: success */
  left(name: string, group: string, failure: RocketmqError | undefined): void {
    if (failure === undefined) {
      const message = `${group} has it again, or still`;
      this.problem([name], { reason: 'Deleting', message, unknown: false });
    } else {
      const message = `${group} refuses to delete it: ${firstLine(failure.message)}`;
      this.problem([name], { reason: 'RefusedByBroker', message, unknown: false });
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
    return findings;
  }
}
