import { toKubeTime, type Clock, type EventSink, type Logger } from '../kube/mod.ts';
import { announcements } from './announce.ts';
import { Doubts } from './doubts.ts';
import type { DeclaredObject, DeclaredStatus, ObjectKind } from './kind.ts';
import type { ObjectMetrics } from './metrics.ts';
import type { PassResult } from './pass.ts';
import type { Member } from './roster.ts';
import { generationOf, isSettled, nextStatus } from './status.ts';
import type { StatusWriter } from './status-writer.ts';
import { isDoubt, type Judged } from './verdicts.ts';

export interface ReportsDeps<O extends DeclaredObject> {
  readonly writer: Pick<StatusWriter<O>, 'statusOf' | 'submit'>;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: ObjectMetrics;
  readonly holdReadyMs: number;
}

/** Tells what became of objects: status, events, log and metrics. */
export class Reports<O extends DeclaredObject, Desired, Actual, Write> {
  readonly #kind: ObjectKind<O, Desired, Actual, Write>;
  readonly #deps: ReportsDeps<O>;
  readonly #doubts: Doubts;

  constructor(kind: ObjectKind<O, Desired, Actual, Write>, deps: ReportsDeps<O>) {
    this.#kind = kind;
    this.#deps = deps;
    this.#doubts = new Doubts(deps.clock, deps.holdReadyMs);
  }

  /** Whether what was Ready stays so although an answer is missing; asked once a pass. */
  holdsReady(
    clusterKey: string,
    members: readonly Member<O, Desired>[],
    results: ReadonlyMap<string, PassResult>,
  ): boolean {
    if (results.size === 0) return this.#doubts.holds(clusterKey);
    const { writer } = this.#deps;
    const some = members.some((member) => {
      const result = results.get(member.key);
      const before = writer.statusOf(member.object);
      return result !== undefined && isDoubt(result.verdict) && this.#wasReady(member, before);
    });
    return this.#doubts.note(clusterKey, some);
  }

  /** @param holds as `holdsReady` said of this pass */
  tell(member: Member<O, Desired>, verdict: Judged, result: PassResult | undefined, holds: boolean): void {
    const { object, declaration } = member;
    const { writer, clock, events, log, metrics } = this.#deps;
    const before = writer.statusOf(object);
    const name = declaration.ok ? declaration.name : undefined;
    const settled = this.#wasReady(member, before);
    const label = `${this.#kind.noun} ${name ?? object.metadata.name}`;
    const writes = declaration.ok && declaration.adoption !== 'Observe';
    for (const event of announcements({ label, settled, before, verdict, result, writes })) {
      events.record(object, event);
      // There may be more of them at once than there can be events.
      log.info({ key: member.key, reason: event.reason }, event.note);
    }
    metrics.judged(this.#kind.type.plural, verdict.kind);
    if (holds && settled && isDoubt(verdict)) {
      const owned = result?.ownedOn;
      // What was made meanwhile is its own all the same: it goes with it, and is nobody else's.
      if (
        before !== undefined &&
        owned !== undefined &&
        owned.length > (before.ownedOn?.length ?? owned.length)
      )
        writer.submit(object, { ...before, ownedOn: owned });
      return;
    }
    const finding = {
      verdict,
      confirmedOn: result?.confirmedOn,
      unheardOn: result?.unheardOn,
      queuesPerGroup: declaration.ok ? this.#kind.queuesOf?.(declaration.desired) : undefined,
      differing: result?.differing,
      ownedOn: result?.ownedOn,
      drainingSinceMs: result?.drainingSinceMs,
      details: declaration.ok
        ? this.#kind.details?.(declaration.desired, verdict.kind === 'Ready', before)
        : undefined,
    };
    const nowIso = toKubeTime(clock.now());
    const next = nextStatus(before, generationOf(object), finding, this.#kind, name, nowIso);
    if (next !== before) writer.submit(object, next);
  }

  /** As it is declared now. */
  #wasReady({ object, declaration }: Member<O, Desired>, before: DeclaredStatus | undefined): boolean {
    const isAbout = this.#kind.isAbout ?? (() => true);
    return isSettled(object, before) && (!declaration.ok || isAbout(before, declaration.desired));
  }
}
