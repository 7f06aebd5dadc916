import type { SyncStateReplica } from '../../rocketmq/mod.ts';
import type { GroupView, MemberView } from '../view.ts';

/** A broker that takes part in its group; `over` says what is different. */
export function brokerView(
  pod: string,
  over: Partial<Omit<MemberView, 'facts'>> & { readonly facts?: Partial<MemberView['facts']> } = {},
): MemberView {
  const { facts, ...rest } = over;
  const leads = rest.leads ?? false;
  const inSync = rest.inSync ?? true;
  return {
    pod,
    workload: pod.replace(/-0$/, ''),
    address: `${pod}:10911`,
    component: 'broker',
    group: 'a',
    object: undefined,
    phase: 'Up',
    ready: true,
    fenced: false,
    revision: 'r',
    target: 'r',
    requested: false,
    healthy: inSync,
    inSync,
    leads,
    readyForMs: 60_000,
    upForMs: 60_000,
    apartForMs: 0,
    departing: false,
    ...rest,
    facts: {
      answers: true,
      role: leads ? 'Master' : 'Replica',
      inSync,
      registered: true,
      listed: facts === undefined || !('registered' in facts) || facts.registered === true,
      ...facts,
    },
  };
}

export function groupView(
  members: readonly MemberView[],
  identities: readonly Omit<SyncStateReplica, 'address'>[] = [],
): GroupView {
  return {
    name: 'a',
    members,
    facts: {
      master: members.find(({ leads }) => leads === true)?.address,
      epoch: 3,
      inSync: members.filter(({ inSync }) => inSync === true).length,
      identities: identities.map((each) => ({ ...each, address: `10.0.0.${each.brokerId}:10911` })),
    },
  };
}
