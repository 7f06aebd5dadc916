import { describeProblems } from '../api/mod.ts';
import type { Declaration } from './kind.ts';

/** What an object declares whose spec breaks a rule. Its cluster is read as far as it goes, to file it under that. */
export function unreadable(
  { spec }: { readonly spec?: { readonly clusterRef?: { readonly name?: unknown } } },
  problems: Parameters<typeof describeProblems>[0],
): Extract<Declaration<never>, { readonly ok: false }> {
  const name = spec?.clusterRef?.name;
  const clusterName = typeof name === 'string' && name !== '' ? { clusterName: name } : {};
  return { ok: false, message: describeProblems(problems), ...clusterName };
}
