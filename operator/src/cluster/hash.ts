import { createHash } from 'node:crypto';
import { canonicalJson } from '../kube/mod.ts';

/** Ten hexadecimal digits: enough to tell revisions of one workload apart, short enough for a name. */
export function hash10(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 10);
}
