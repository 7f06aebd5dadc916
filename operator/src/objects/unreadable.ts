import { clusterKeyIn, describeProblems } from '../api/mod.ts';
import type { Declaration } from './kind.ts';

/** What an object declares whose spec breaks a rule. Its cluster is read as far as it goes, to file it under that. */
export function unreadable(
  object: Parameters<typeof clusterKeyIn>[0],
  problems: Parameters<typeof describeProblems>[0],
): Extract<Declaration<never>, { readonly ok: false }> {
  return { ok: false, message: describeProblems(problems), clusterKey: clusterKeyIn(object) };
}
