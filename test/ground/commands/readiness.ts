import { run } from '../run.ts';

/** The part of a Kubernetes object that tells whether it is ready. */
export interface Observed {
  readonly kind: string;
  readonly metadata: {
    readonly namespace?: string;
    readonly name: string;
    readonly generation?: number;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly Condition[];
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
  };
  readonly spec?: { readonly replicas?: number };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface ObjectState {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly ready: boolean;
  /** Empty when ready; otherwise the reason and message of its conditions, or that nobody has looked at it. */
  readonly why: string;
}

/** Whether an object is ready for the spec that it has now, and if not, what its controller says about it. */
export function readinessOf(object: Observed): ObjectState {
  const { kind, metadata } = object;
  const why = WORKLOADS.has(kind) ? workloadWait(object) : conditionWait(object);
  return { namespace: metadata.namespace ?? '', kind, name: metadata.name, ready: why === '', why };
}

const WORKLOADS: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet']);

function workloadWait({ metadata, spec, status }: Observed): string {
  const wanted = spec?.replicas ?? 1;
  const ready = status?.readyReplicas ?? 0;
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return 'its controller has not seen it yet';
  if (ready < wanted) return `${String(ready)} of ${String(wanted)} pods are ready`;
  // While new pods do not come up, those of before are ready and stay.
  const updated = status?.updatedReplicas ?? 0;
  if (updated < wanted || (status?.replicas ?? 0) > updated)
    return `${String(updated)} of ${String(wanted)} pods are new, and not all of the others are gone`;
  return '';
}

function conditionWait({ metadata, status }: Observed): string {
  const conditions = status?.conditions ?? [];
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (ready === undefined || (status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    return 'the operator has not seen it yet';
  }
  if (ready.status === 'True') return '';
  return [ready.reason, ready.message].filter((each) => each !== undefined && each !== '').join(': ');
}

/** Every RocketMQ object of the cluster; none while the API server does not know the kinds. */
export async function readObjects(
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly Observed[]> {
  const answer = await run('kubectl', ['get', 'rocketmq', '-A', '-o', 'json', '--request-timeout=10s'], {
    env,
    accept: [1],
  });
  if (answer.code !== 0) return [];
  const list: { items: readonly Observed[] } = JSON.parse(answer.stdout);
  return list.items;
}
