/** Which consumer groups read a topic: two list calls a master, however many topics there are. */
import { groupNameProblem, subscribedGroupsShown, type Topic } from '../api/mod.ts';
import { readersOn, type Master, type RocketmqServers } from '../objects/mod.ts';
import type { CallOptions } from '../rocketmq/mod.ts';
import { answerOf } from './ask.ts';

/** By broker group and topic: consumer groups that have a place there. A broker group is absent when its master did not say. */
export type ReadersOnMasters = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** @throws only the signal's reason */
export async function observeReaders(
  masters: readonly Master[],
  servers: RocketmqServers,
  options: CallOptions,
): Promise<ReadersOnMasters> {
  const heard = await Promise.all(
    masters.map(async (master) => {
      if (master.kind === 'Unknown') return [];
      const told = await answerOf(readersOn(servers.broker(master.address), options));
      return typeof told === 'string' ? [] : [[master.group, told] as const];
    }),
  );
  options.signal?.throwIfAborted();
  return new Map(heard.flat());
}

/** Consumer groups by topic; of a topic that is absent nobody has read. */
export type Readers = ReadonlyMap<string, ReadonlySet<string>>;

/** @returns undefined: a master did not say */
export function readersOnAll(brokerGroups: readonly string[], heard: ReadersOnMasters): Readers | undefined {
  const readers = new Map<string, Set<string>>();
  for (const brokerGroup of brokerGroups) {
    const told = heard.get(brokerGroup);
    if (told === undefined) return undefined;
    for (const [topic, groups] of told)
      readers.set(topic, new Set([...(readers.get(topic) ?? []), ...groups]));
  }
  return readers;
}

type ReadersStatus = Pick<NonNullable<Topic['status']>, 'subscribedGroups' | 'subscribedGroupCount'>;

export function readersStatus(topic: string, readers: Readers | undefined): ReadersStatus {
  if (readers === undefined) return {};
  const groups = [...(readers.get(topic) ?? [])]
    .filter((group) => groupNameProblem(group) === undefined)
    .toSorted();
  return {
    subscribedGroups: groups.slice(0, subscribedGroupsShown),
    subscribedGroupCount: groups.length,
  };
}

/** What the status of a topic says of it now. */
export function toldReaders({ status }: Topic): ReadersStatus {
  const { subscribedGroups, subscribedGroupCount } = status ?? {};
  return {
    ...(subscribedGroups === undefined ? {} : { subscribedGroups }),
    ...(subscribedGroupCount === undefined ? {} : { subscribedGroupCount }),
  };
}
