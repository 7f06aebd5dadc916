/** Gives a group another master, so that the old one can stop as a replica. */
import { call, controllers, type Attendant } from './attendant.ts';
import { bequeath, bequeathOffsets } from './bequeath.ts';
import type { Rocketmq } from './observe.ts';
import type { HandOver } from './rollout.ts';
import type { ClusterSnapshot } from './view.ts';

/**
 * First the heir gets what it lacks. Then the old master is taken out of the name servers: replicas register when they
 * learn of another master, and who is answered with the old one's replication address stays with it (standstill.ts).
 *
 * @returns the epoch of the new master
 * @throws HeirBehindError when the heir does not have everything that the master keeps
 * @throws Error when a name server goes on listing it, or the controllers have no leader any more
 * @throws RocketmqError when somebody refuses or does not answer
 */
export async function handOver(
  attendant: Attendant,
  seen: ClusterSnapshot,
  { group, from, to, why }: HandOver,
): Promise<number> {
  const master = seen.members.find(({ pod }) => pod === from);
  const heir = seen.members.find(({ pod }) => pod === to);
  if (master?.registers === undefined || heir?.facts?.brokerId === undefined) {
    throw new Error(`the controllers do not know ${from} and ${to} both`);
  }
  const { brokerId } = heir.facts;
  const { registers: brokerAddress } = master;
  const succession = { group, from: master, to: heir };
  await bequeath(attendant, succession);
  const cluster = attendant.cluster.metadata.name;
  await unlist(attendant, { cluster, brokerName: group, brokerAddress, brokerId: masterId });
  await bequeathOffsets(attendant, succession);
  const { changed, masterEpoch } = await controllers(attendant).electMaster(
    { cluster, brokerName: group, brokerId },
    call(attendant),
  );
  if (changed) {
    attendant.events.record(attendant.cluster, {
      type: 'Normal',
      reason: 'HandedOver',
      action: 'HandOver',
      note: `${group}: ${to} takes over from ${from}, ${why} (epoch ${masterEpoch})`,
    });
  }
  return masterEpoch;
}

/** Name servers list a master under this id, whatever the controllers call it. */
const masterId = 0;
const unlistedWithinMs = 2_000;
const lookEveryMs = 50;

/** Name servers take an unregistration into a queue: it has happened when they list the broker no more. */
async function unlist(
  attendant: Attendant,
  broker: Parameters<ReturnType<Rocketmq['nameServer']>['unregisterBroker']>[0],
): Promise<void> {
  const { rocketmq, answers, clock, signal } = attendant;
  const untilMs = clock.monotonicMs() + unlistedWithinMs;
  await Promise.all(
    [...answers.nameServers.keys()].map(async (address) => {
      const nameServer = rocketmq.nameServer(address);
      await nameServer.unregisterBroker(broker, call(attendant));
      for (;;) {
        const { brokers } = await nameServer.clusterInfo(call(attendant));
        if (brokers.get(broker.brokerName)?.addresses.get(masterId) !== broker.brokerAddress) return;
        if (clock.monotonicMs() > untilMs)
          throw new Error(`${address} goes on listing ${broker.brokerAddress}`);
        await clock.sleep(lookEveryMs, signal);
      }
    }),
  );
}
