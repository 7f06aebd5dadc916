/** What changes seldom or costs much to ask, and is believed until it is asked again. */
import type { ClusterView, Master } from '../objects/mod.ts';
import { observeInFlight, type InFlight } from './in-flight.ts';
import type { ExporterCall } from './exporter.ts';
import { observeMembers, type LagServers } from './members.ts';
import type { Consumption } from './observe.ts';
import { observeReaders, readersOnAll, type Readers } from './readers.ts';

/** A broker itself may wait for 10 s until it knows its metrics (ConsumerLagCalculator.calculateLag). */
const EXPORTER_TIMEOUT_MS = 12_000;

export interface Seldom {
  /** By group; of groups that are absent unknown. */
  readonly members: ReadonlyMap<string, number>;
  /** Undefined: unknown. */
  readonly readers: Readers | undefined;
  readonly inFlight: InFlight;
}

/** @throws only the signal's reason */
export async function observeSeldom(
  view: ClusterView,
  masters: readonly Master[],
  groups: readonly string[],
  servers: LagServers,
  call: ExporterCall,
): Promise<Seldom> {
  const [members, readers] = await Promise.all([
    observeMembers(masters, view.proxy, groups, servers, call),
    observeReaders(masters, servers, call),
  ]);
  const exporterCall = { ...call, timeoutMs: EXPORTER_TIMEOUT_MS };
  return {
    members,
    readers: readersOnAll(view.groups, readers),
    inFlight: await observeInFlight(masters, readers, view, exporterCall),
  };
}

export function withSeldom(
  found: ReadonlyMap<string, Consumption>,
  { members, inFlight }: Seldom,
): ReadonlyMap<string, Consumption> {
  return new Map(
    [...found].map(([group, consumption]) => {
      const clients = members.get(group);
      const held = inFlight.kind === 'Known' ? inFlight.counts.get(group) : undefined;
      return [
        group,
        {
          ...consumption,
          ...(clients === undefined ? {} : { members: clients }),
          ...(held === undefined ? {} : { inFlight: held }),
        },
      ];
    }),
  );
}
