/** The API server's audit log: a line is one stage of one request. */
export interface AuditEntry {
  /** Of the request. */
  readonly id: string;
  /** Epoch milliseconds of its last stage: for a write, when the server had answered. */
  readonly at: number;
  readonly verb: string;
  readonly user: string;
  /** The pod whose token it came with; empty: no pod's. */
  readonly pod: string;
  /** Empty: Kubernetes' own core group. */
  readonly group: string;
  /** With the subresource, as roles name it: `pods/status`. Empty: no object was asked for. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly code: number;
  /** Of a failure. */
  readonly message: string;
  /** What the authorizers said of the request itself: `allow` or `forbid`. */
  readonly decision: string;
}

interface RawEntry {
  readonly auditID: string;
  readonly stageTimestamp: string;
  readonly verb: string;
  readonly user?: {
    readonly username?: string;
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number; readonly message?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** One entry a request, as its last stage tells it: a watch is told when it begins and when it ends. */
export function parseAuditLog(text: string): readonly AuditEntry[] {
  const entries = new Map<string, AuditEntry>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const raw: RawEntry = JSON.parse(line);
    entries.set(raw.auditID, toEntry(raw));
  }
  return [...entries.values()];
}

export function isWrite(entry: AuditEntry): boolean {
  return WRITES.has(entry.verb);
}

/** Of one object or of many, or of a pod by its eviction. */
export function isDeletion({ verb, resource }: AuditEntry): boolean {
  return verb === 'delete' || verb === 'deletecollection' || resource === 'pods/eviction';
}

function toEntry(raw: RawEntry): AuditEntry {
  const { apiGroup = '', resource = '', subresource, namespace = '', name = '' } = raw.objectRef ?? {};
  return {
    id: raw.auditID,
    at: Date.parse(raw.stageTimestamp),
    verb: raw.verb,
    user: raw.user?.username ?? '',
    pod: raw.user?.extra?.['authentication.kubernetes.io/pod-name']?.[0] ?? '',
    group: apiGroup,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
    name,
    code: raw.responseStatus?.code ?? 0,
    message: raw.responseStatus?.message ?? '',
    decision: raw.annotations?.['authorization.k8s.io/decision'] ?? '',
  };
}
