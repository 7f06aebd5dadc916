/** What was asked of the API server, by its own audit log (test/ground/kind-config.ts says what goes into it). */
import { AUDIT_LOG } from '../../ground/kind-config.ts';
import { isDeletion, parseAuditLog, type AuditEntry } from './audit-log.ts';
import { onNode } from './nodes.ts';

/** The file that is written to, and those that were full before it. */
const LOGS = AUDIT_LOG.replace(/\.log$/, '*.log');

/** Requests of a user within [from, to). */
export async function auditOf(
  controlPlane: string,
  user: string,
  from: number,
  to: number,
): Promise<readonly AuditEntry[]> {
  const entries = await entriesWith(controlPlane, [`"${user}"`]);
  return entries.filter((entry) => entry.user === user && entry.at >= from && entry.at < to);
}

/** What anybody deleted within [from, to), everywhere. */
export async function deletions(
  controlPlane: string,
  from: number,
  to: number,
): Promise<readonly AuditEntry[]> {
  const entries = await entriesWith(controlPlane, ['"verb":"delete', '"subresource":"eviction"']);
  return entries.filter((entry) => isDeletion(entry) && entry.at >= from && entry.at < to);
}

/** Entries whose line has one of these texts. */
async function entriesWith(controlPlane: string, texts: readonly string[]): Promise<readonly AuditEntry[]> {
  // The pattern of the files needs a shell. grep ends with 1 when it finds nothing, which is an answer.
  const script = `grep -h -F "$@" ${LOGS} || [ $? -eq 1 ]`;
  const wanted = texts.flatMap((text) => ['-e', text]);
  return parseAuditLog(await onNode(controlPlane, ['sh', '-c', script, 'sh', ...wanted], 120_000));
}
