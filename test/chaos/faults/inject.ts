/** Carries faults out. Each knows how to begin, and how to end what lasts; nothing here decides what comes when. */
import { Pods } from '../../../operator/src/kube/mod.ts';
import {
  restartApiServer,
  runOnNode,
  signalContainer,
  startNode,
  stopNode,
} from '../../e2e/harness/nodes.ts';
import { run } from '../../e2e/harness/shell.ts';
import { waitFor } from '../../e2e/harness/wait.ts';
import { nameOf, type Fault } from '../plan/faults.ts';
import { ensureLimited } from './limited-volume.ts';
import {
  cutNode,
  cutPods,
  fillVolume,
  healNetwork,
  healNode,
  releaseVolume,
} from '../../e2e/harness/node-scripts.ts';
import { findVictim, type Victim, type World } from './world.ts';

export interface Injection {
  readonly fault: Fault;
  /** `Kill BrokerMaster broker-a (chaos-broker-a-2-0)`. */
  readonly label: string;
  /** Whose container must be another one before the cluster counts as recovered. */
  readonly replaced: readonly Victim[];
  readonly begin: () => Promise<void>;
  readonly end: () => Promise<void>;
}

const nothing = (): Promise<void> => Promise.resolve();

/** Finds out whom it hits, and changes nothing yet; a full disk first needs a volume that can be filled. */
export async function prepare(world: World, fault: Fault): Promise<Injection> {
  const on = (what: string): Pick<Injection, 'fault' | 'label'> => ({
    fault,
    label: `${nameOf(fault)} (${what})`,
  });
  switch (fault.kind) {
    case 'Kill': {
      const victim = await findVictim(world, fault.target);
      const begin = () => signalContainer(victim.place, 'KILL');
      return { ...on(victim.key.name), replaced: [victim], begin, end: nothing };
    }
    case 'Stop': {
      const victim = await findVictim(world, fault.target);
      return {
        ...on(victim.key.name),
        replaced: [victim],
        begin: () => deletePod(world, victim),
        end: nothing,
      };
    }
    case 'Hang': {
      const victim = await findVictim(world, fault.target);
      const { place } = victim;
      return {
        ...on(victim.key.name),
        replaced: [],
        begin: () => signalContainer(place, 'STOP'),
        // It may have been ended and replaced meanwhile: then nobody is stopped any more.
        end: () => signalContainer(place, 'CONT').catch(() => undefined),
      };
    }
    case 'PodCut': {
      const victim = await findVictim(world, fault.target);
      const { node } = victim.place;
      return {
        ...on(victim.key.name),
        replaced: [],
        begin: () => runOnNode(node, cutPods([victim.ip])),
        end: () => runOnNode(node, healNetwork()),
      };
    }
    case 'NodeCut': {
      const node = workerOf(world, fault.worker);
      const [begin, end] = [() => runOnNode(node, cutNode()), () => runOnNode(node, healNetwork())];
      return { ...on(node), replaced: [], begin, end };
    }
    case 'NodeStop': {
      const node = workerOf(world, fault.worker);
      const [begin, end] = [() => stopNode(node), () => startNode(node)];
      return { ...on(node), replaced: [], begin, end };
    }
    case 'FullDisk': {
      const { node, folder } = await ensureLimited(world.kube, world.limitBytes);
      return {
        ...on(folder.split('_').at(-1) ?? folder),
        replaced: [],
        begin: () => runOnNode(node, fillVolume(folder)),
        end: () => runOnNode(node, releaseVolume(folder)),
      };
    }
    case 'ApiServerRestart':
      return {
        ...on(world.controlPlane),
        replaced: [],
        begin: () => restartApiServer(world.kube, world.controlPlane),
        end: nothing,
      };
    default:
      return fault satisfies never;
  }
}

/** Undoes every fault that can last, whatever was under way; used also for what a killed run left. */
export async function healEverything(nodes: readonly string[]): Promise<void> {
  for (const node of nodes) {
    const running = await run('docker', ['inspect', '--format', '{{.State.Running}}', node], {
      timeoutMs: 20_000,
    });
    if (running.trim() !== 'true') await startNode(node);
    await runOnNode(node, healNode());
  }
}

function workerOf(world: World, index: number): string {
  const worker = world.workers[index % world.workers.length];
  if (worker === undefined) throw new Error('there is no worker');
  return worker;
}

/** The pod of the victim, not one that came after it. */
async function deletePod(world: World, victim: Victim): Promise<void> {
  const uid = (await world.kube.get(Pods, victim.key))?.metadata.uid;
  await waitFor({
    what: `the deletion of ${victim.key.name} to be accepted`,
    deadlineMs: 60_000,
    look: async () => {
      await world.kube.delete(Pods, victim.key, uid === undefined ? {} : { uid });
      return { done: true };
    },
  });
}
