/** What the operator asked of the API server, by the server's own audit log. */
import { onNode } from './nodes.ts';

const LOG = '/var/log/kubernetes/audit.log';

export interface AuditEntry {
  /** Epoch milliseconds at which the server had answered. */
  readonly at: number;
  readonly verb: string;
  readonly user: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly code: number;
}

interface RawEntry {
  readonly stageTimestamp: string;
  readonly verb: string;
  readonly user?: { readonly username?: string };
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
}

const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** Entries of a user within [from, to). */
export async function auditOf(
  controlPlane: string,
  user: string,
  from: number,
  to: number,
): Promise<readonly AuditEntry[]> {
  const text = await onNode(controlPlane, ['grep', '-F', `"${user}"`, LOG], 60_000);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const raw: RawEntry = JSON.parse(line);
      return toEntry(raw);
    })
    .filter((entry) => entry.user === user && entry.at >= from && entry.at < to);
}

export function isWrite(entry: AuditEntry): boolean {
  return WRITES.has(entry.verb);
}

function toEntry(raw: RawEntry): AuditEntry {
  const { resource = '', subresource, namespace = '', name = '' } = raw.objectRef ?? {};
  return {
    at: Date.parse(raw.stageTimestamp),
    verb: raw.verb,
    user: raw.user?.username ?? '',
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
    name,
    code: raw.responseStatus?.code ?? 0,
  };
}
