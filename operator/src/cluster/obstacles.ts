/** What still stands between a cluster and Ready. Each checker gives its obstacles; none of them knows another. */
import type { ConditionReason } from '../api/mod.ts';
import type { LivePush } from './live-settings.ts';
import { readyProxies, type ProxyView } from './proxies.ts';
import { isHeldBy, isOutdated, type Gate } from './rollout.ts';
import { refusals } from './static-groups.ts';
import type { ClusterSnapshot, GroupView, MemberView } from './view.ts';

export interface Obstacle {
  readonly reason: ConditionReason;
  readonly message: string;
  /** Nobody said so; nobody said the contrary either. */
  readonly unknown?: true;
  /** Clients feel it, so it is said beside whatever is the cause. */
  readonly outage?: true;
}

export function obstacles(
  snapshot: ClusterSnapshot,
  proxy: ProxyView,
  pushes: readonly LivePush[],
  gate: Gate,
): readonly Obstacle[] {
  const outdated = snapshot.members.filter(isOutdated);
  const isHeld = (member: MemberView): boolean => member.phase === 'Up' && isHeldBy(gate, member);
  return [
    ...snapshot.groups.flatMap(refusals),
    ...snapshot.members.flatMap(podObstacle),
    ...snapshot.members.flatMap(serverObstacle),
    ...snapshot.groups.flatMap(groupObstacles),
    ...proxyObstacle(proxy),
    ...outdated
      .filter((member) => !isHeld(member))
      .map(({ pod, requested }): Obstacle => ({
        reason: 'RollingOut',
        message: requested ? `${pod} is still to restart` : `${pod} still runs an older revision`,
      })),
    ...pushes.map(({ pod, values }): Obstacle => ({
      reason: 'ApplyingSettings',
      message: `${pod} has yet to take over ${[...values.keys()].join(', ')}`,
    })),
    ...heldObstacle(outdated.filter(isHeld), proxy, gate),
  ];
}

function heldObstacle(held: readonly MemberView[], proxy: ProxyView, gate: Gate): readonly Obstacle[] {
  if (gate.open || (held.length === 0 && proxy.held === undefined)) return [];
  const who = [
    ...(held.length === 0 ? [] : [`${held.length} members`]),
    ...(proxy.held === undefined ? [] : ['the proxies']),
  ].join(' and ');
  return [{ reason: 'WaitingForWindow', message: `${who} run an older revision, and ${gate.why}` }];
}

function podObstacle(member: MemberView): readonly Obstacle[] {
  if (member.phase === 'Up') return [];
  if (member.fenced) return [{ reason: 'Fenced', message: `${member.pod} is fenced` }];
  const words = {
    Missing: 'does not exist',
    Terminating: 'is stopping',
    Pending: 'is about to start',
    Down: 'is down',
    Starting: 'is starting',
  };
  return [{ reason: 'PodsNotReady', message: `${member.pod} ${words[member.phase]}` }];
}

function serverObstacle({ component, phase, healthy, pod }: MemberView): readonly Obstacle[] {
  if (component === 'broker' || phase !== 'Up' || healthy === true) return [];
  if (component === 'nameserver') {
    return [{ reason: 'NameServersNotReady', message: `${pod} does not answer`, unknown: true }];
  }
  return healthy === undefined
    ? [{ reason: 'ControllersNotReady', message: `${pod} does not answer`, unknown: true }]
    : [{ reason: 'ControllersNotReady', message: `${pod} follows no leader` }];
}

function groupObstacles(group: GroupView): readonly Obstacle[] {
  const { master, inSync } = group.facts;
  const up = group.members.filter((member) => member.phase === 'Up');
  // What is wrong with its master keeps the group from taking writes, and has been said.
  if (group.fixed !== undefined)
    return inSync === undefined || inSync === 0 ? [] : up.flatMap(brokerObstacle);
  if (inSync === undefined) {
    return [
      {
        reason: 'ControllersNotReady',
        message: `the controllers say nothing of ${group.name}`,
        unknown: true,
      },
    ];
  }
  const noMaster: readonly Obstacle[] =
    master === undefined ? [{ reason: 'NoMaster', message: `group ${group.name} has no master` }] : [];
  return [...noMaster, ...up.flatMap(brokerObstacle)];
}

function brokerObstacle({ pod, facts, ready, fixed }: MemberView): readonly Obstacle[] {
  if (facts?.inSync !== true) {
    const where = fixed === undefined ? 'in the sync-state set' : 'in sync with its master';
    return [{ reason: 'OutOfSync', message: `${pod} is not ${where}` }];
  }
  if (facts.registered === false) {
    return [{ reason: 'BrokersNotRegistered', message: `${pod} is not registered in every name server` }];
  }
  if (facts.registered === undefined || !facts.answers) {
    return [
      { reason: 'BrokersNotRegistered', message: `it is not known whether ${pod} serves`, unknown: true },
    ];
  }
  return ready ? [] : [{ reason: 'PodsNotReady', message: `${pod} is not marked ready yet` }];
}

function proxyObstacle(proxy: ProxyView): readonly Obstacle[] {
  const { name, replicas, deployment, requested, outdated, held } = proxy;
  if (deployment === undefined) {
    return [{ reason: 'ProxyNotReady', message: `${name} starts once the groups have a master` }];
  }
  const { complete, ready } = readyProxies(proxy);
  return [
    // While the cluster is paused it stays so.
    ...(outdated && held === undefined
      ? [{ reason: 'RollingOut', message: `${name} still runs an older revision` } as const]
      : []),
    ...(complete
      ? []
      : [{ reason: 'ProxyNotReady', message: `${ready} of ${replicas} proxies are ready` } as const]),
    ...requested.map(({ metadata }): Obstacle => ({
      reason: 'RollingOut',
      message: `${metadata.name} is still to restart`,
    })),
  ];
}
