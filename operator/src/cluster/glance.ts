/**
 * A glance at the groups of each cluster between its passes. An election makes no event in Kubernetes, and until the
 * operator sees it a deposed master may acknowledge what is lost, and replicas stay where they are.
 */
import { pause, type Clock } from '../kube/mod.ts';
import type { ControllerAdmin, SyncState } from '../rocketmq/mod.ts';
import { leadingController, type Answers } from './observe.ts';

interface Asked {
  controller(address: string): Pick<ControllerAdmin, 'syncState'>;
}

/** What a pass saw, and whom it asked. */
export interface Glance {
  /** Address of the controller that led. */
  readonly controller: string;
  readonly groups: readonly string[];
  readonly seen: string;
}

const everyMs = 1_000;
const timeoutMs = 900;

/** Undefined where nobody elects, or nobody could say who leads: then the passes alone look. */
export function glanceOf({
  controllers,
  syncStates,
}: Pick<Answers, 'controllers' | 'syncStates'>): Glance | undefined {
  const controller = leadingController(controllers);
  if (controller === undefined || !syncStates.known) return undefined;
  return { controller, groups: [...syncStates.value.keys()], seen: factsOf(syncStates.value) };
}

/**
 * Ends with the signal.
 *
 * @param glances by cluster, of its last pass
 * @param changed is told of each cluster whose groups are not as its last pass saw them
 */
export async function keepGlancing(
  deps: { readonly rocketmq: Asked; readonly clock: Clock },
  glances: () => ReadonlyMap<string, Glance | undefined>,
  changed: (key: string) => void,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await pause(deps.clock, everyMs, signal);
    if (signal.aborted) return;
    await Promise.all(
      [...glances()].map(async ([key, glance]) => {
        if (glance !== undefined && (await differs(deps.rocketmq, glance, signal))) changed(key);
      }),
    );
  }
}

/** Silence is no news: the next pass asks everybody. */
async function differs(
  rocketmq: Asked,
  { controller, groups, seen }: Glance,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const states = await rocketmq.controller(controller).syncState(groups, { signal, timeoutMs });
    return factsOf(states) !== seen;
  } catch {
    return false;
  }
}

/** In an order of its own: servers answer in that of their maps. */
function factsOf(states: ReadonlyMap<string, SyncState>): string {
  const each = [...states].map(([group, state]) => {
    const { masterAddress, masterEpoch, syncStateSetEpoch, inSync, notInSync } = state;
    const members = [...inSync, ...notInSync].map(({ brokerId, alive }) => `${brokerId} ${String(alive)}`);
    return JSON.stringify([group, masterAddress, masterEpoch, syncStateSetEpoch, members.toSorted()]);
  });
  return each.toSorted().join('\n');
}
