/** Gives a group another master, so that the old one can stop as a replica. */
import { LeadershipLostError } from '../kube/mod.ts';
import type { CallOptions, SyncState } from '../rocketmq/mod.ts';
import { call, controllers, type Attendant } from './attendant.ts';
import { bequeath, bequeathLastOffsets, HeirBehindError, type Succession } from './bequeath.ts';
import { askLeader, type Rocketmq } from './observe.ts';
import { permissionOf } from './permission.ts';
import type { HandOver } from './rollout.ts';
import type { ClusterSnapshot, MemberView } from './view.ts';

/**
 * First the heir gets what it lacks. Then the old master takes no more sends: while its replicas learn of the election
 * it would acknowledge what the heir never gets, since it takes a replica whose connection ends, the heir among them,
 * out of its own sync-state set without asking anybody (AutoSwitchHAService.removeConnection). Then the heir has to have
 * what was let in before. Then the old master is taken out of the name servers: replicas register when they learn of
 * another master, and who is answered with the old one's replication address stays with it (standstill.ts). It lists itself
 * again every few seconds, so that nothing slow comes between this and the election: only a last look at whether the group
 * is still as it was, since the controllers may have elected somebody meanwhile, who is open. The old master is opened again
 * as a replica (write-permission.ts).
 *
 * @returns the epoch of the new master
 * @throws HeirBehindError when the heir does not have everything that the master keeps
 * @throws Error when a name server goes on listing it, the group has another master meanwhile, or the controllers have no
 * leader any more
 * @throws RocketmqError when somebody refuses or does not answer
 */
export async function handOver(
  attendant: Attendant,
  seen: ClusterSnapshot,
  { group, from, to, why, urgent }: HandOver,
): Promise<number> {
  const master = seen.members.find(({ pod }) => pod === from);
  const heir = seen.members.find(({ pod }) => pod === to);
  if (master?.registers === undefined || heir?.facts?.brokerId === undefined) {
    throw new Error(`the controllers do not know ${from} and ${to} both`);
  }
  const { brokerId } = heir.facts;
  const { registers: brokerAddress } = master;
  const succession = { group, from: master, to: heir };
  const leader = controllers(attendant);
  const epoch = seen.groups.find(({ name }) => name === group)?.facts.epoch;
  await bequeath(attendant, succession, urgent === true).catch((error: unknown) => {
    if (urgent !== true) throw error;
    attendant.log.warn({ err: error, group }, 'an heir takes over with what it has: its master ends');
  });
  const cluster = attendant.cluster.metadata.name;
  const elected = await whileClosed(attendant, group, master, async (elects) => {
    await bequeathLastOffsets(attendant, succession);
    await bequeathMessages(attendant, succession);
    await unlist(attendant, { cluster, brokerName: group, brokerAddress, brokerId: masterId });
    await bequeathLateMessages(attendant, succession);
    const state = (await leader.syncState([group], call(attendant))).get(group);
    elects();
    if (state?.masterAddress !== brokerAddress || state.masterEpoch !== epoch)
      throw new Error(`${group} has another master than ${from} meanwhile`);
    return leader.electMaster({ cluster, brokerName: group, brokerId }, call(attendant));
  });
  const { changed, masterEpoch } = elected;
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

/**
 * Opens it again when it comes to nothing: while it is closed the group refuses every send.
 *
 * @param work is given what it calls from when on somebody else is, or may be, elected
 */
async function whileClosed<T>(
  attendant: Attendant,
  group: string,
  master: MemberView,
  work: (elects: () => void) => Promise<T>,
): Promise<T> {
  const broker = attendant.rocketmq.broker(master.address);
  let elected = false;
  try {
    await broker.updateConfig(permissionOf('Read'), call(attendant));
    return await work(() => {
      elected = true;
    });
  } catch (error) {
    // Another operator leads, and may have closed it for a hand-over of its own.
    if (attendant.signal.reason instanceof LeadershipLostError) throw error;
    // Also when the pass is over: nobody may look again for long.
    const { timeoutMs } = call(attendant);
    await openAgain(attendant, group, master, { elected, timeoutMs }).catch((second: unknown) => {
      attendant.log.warn({ err: second, pod: master.pod }, 'a master stays closed until the next look');
    });
    throw error;
  }
}

/**
 * Unless somebody else is elected, whether or not we were told. The controllers may have lost the leader that this began
 * with; while they have none, and nobody can have been elected on our account, the group goes on as it was.
 *
 * @param elected somebody else may be master
 */
async function openAgain(
  attendant: Attendant,
  group: string,
  master: MemberView,
  { elected, timeoutMs }: { readonly elected: boolean; readonly timeoutMs: number },
): Promise<void> {
  const options: CallOptions = { timeoutMs };
  const states = await controllers(attendant)
    .syncState([group], options)
    .catch(() => askAnew(attendant, group, options));
  if (states === undefined && elected) throw new Error(`no controller says who is master of ${group}`);
  if (states !== undefined && states.get(group)?.masterAddress !== master.registers) return;
  await attendant.rocketmq.broker(master.address).updateConfig(permissionOf('ReadWrite'), options);
}

/** Whoever leads the controllers now; nothing when nobody says so. */
async function askAnew(
  { rocketmq, answers }: Attendant,
  group: string,
  options: CallOptions,
): Promise<ReadonlyMap<string, SyncState> | undefined> {
  const leader = await askLeader(rocketmq, [...answers.controllers.keys()], options);
  return leader === undefined ? undefined : rocketmq.controller(leader).syncState([group], options);
}

/** How long a send that was let in before goes on to reach the log. */
const underWayMs = 200;
/** How long a log may go on to grow until that is taken for what no send does. */
const growsForMs = 1_000;
const messagesWithinMs = 3_000;

/**
 * A log grows on although no send is let in: by what POP consumers acknowledge, by ends of transactions, by timers. It may
 * never rest; the heir does all of that again, and has to have only what was let in before.
 *
 * @throws HeirBehindError when the heir does not get there
 */
async function bequeathMessages(attendant: Attendant, succession: Succession): Promise<void> {
  const { rocketmq, clock, signal } = attendant;
  const [master, heir] = [rocketmq.broker(succession.from.address), rocketmq.broker(succession.to.address)];
  await clock.sleep(underWayMs, signal);
  const { maxOffset: closedAt } = await master.epochs(call(attendant));
  const closedMs = clock.monotonicMs();
  await lookUntil(attendant, closedMs + messagesWithinMs, async () => {
    const { maxOffset: has } = await heir.epochs(call(attendant));
    // The master last: what came meanwhile counts.
    const { maxOffset: end } = await master.epochs(call(attendant));
    const grows = clock.monotonicMs() - closedMs >= growsForMs;
    return has >= (grows ? closedAt : end)
      ? undefined
      : new HeirBehindError(succession, 'it still lacks messages');
  });
}

/** What reached the log later than most: it had waited for the log's lock, behind a slow disk. @throws HeirBehindError */
async function bequeathLateMessages(attendant: Attendant, succession: Succession): Promise<void> {
  const { rocketmq, clock } = attendant;
  const { maxOffset: end } = await rocketmq.broker(succession.from.address).epochs(call(attendant));
  await lookUntil(attendant, clock.monotonicMs() + messagesWithinMs, async () => {
    const { maxOffset: has } = await rocketmq.broker(succession.to.address).epochs(call(attendant));
    return has >= end ? undefined : new HeirBehindError(succession, 'it still lacks messages');
  });
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
  const { rocketmq, answers, clock } = attendant;
  const untilMs = clock.monotonicMs() + unlistedWithinMs;
  // One that is silent cannot be told, and would keep a master that ends anyway from handing over.
  const answered = [...answers.nameServers].filter(([, { known }]) => known);
  await Promise.all(
    answered.map(async ([address]) => {
      const nameServer = rocketmq.nameServer(address);
      await nameServer.unregisterBroker(broker, call(attendant));
      await lookUntil(attendant, untilMs, async () => {
        const { brokers } = await nameServer.clusterInfo(call(attendant));
        return brokers.get(broker.brokerName)?.addresses.get(masterId) === broker.brokerAddress
          ? new Error(`${address} goes on listing ${broker.brokerAddress}`)
          : undefined;
      });
    }),
  );
}

/**
 * @param look what is still wrong, or nothing
 * @throws whatever that is when the time is over
 */
async function lookUntil(
  { clock, signal }: Attendant,
  untilMs: number,
  look: () => Promise<Error | undefined>,
): Promise<void> {
  for (;;) {
    const wrong = await look();
    if (wrong === undefined) return;
    if (clock.monotonicMs() > untilMs) throw wrong;
    await clock.sleep(lookEveryMs, signal);
  }
}
