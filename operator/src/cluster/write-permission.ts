/** Closes masters to writes, and opens them again: see static-groups.ts and hand-over.ts. */
import { isClosedByGuard } from '../guard/mod.ts';
import { call, type Attendant } from './attendant.ts';
import { attempt } from './carry-out.ts';
import type { Failure } from './execute.ts';
import type { Answer, Answers, Settings } from './observe.ts';
import type { Obstacle } from './obstacles.ts';
import { isReplica } from './own-role.ts';
import { isClosed, isClosedByUs, permissionOf } from './permission.ts';
import { permissionChanges } from './static-groups.ts';
import type { GroupView, MemberView } from './view.ts';

/**
 * Elected masters that a hand-over closed which came to nothing, and former ones that are replicas by their own word:
 * one that is not yet would take sends again as the master that it no longer is. Pure.
 */
export function reopenings(
  groups: readonly GroupView[],
  { settings }: Pick<Answers, 'settings'>,
): readonly MemberView[] {
  return groups
    .filter(({ fixed }) => fixed === undefined)
    .flatMap(({ members }) =>
      members.filter(({ address, leads }) => {
        const own = settings.get(address);
        return isClosed(own) === true && (leads === true || isReplica(own));
      }),
    );
}

/**
 * Elected masters that take no sends. Opening them may have failed, a pause holds for what a person closed, and only its
 * guard opens what a guard closed.
 */
export function closedMasters(
  groups: readonly GroupView[],
  answers: Pick<Answers, 'settings'>,
): readonly Obstacle[] {
  return [
    ...mastersOf(reopenings(groups, answers)).map((member) => refusal(member, 'is closed to writes')),
    // Without a leader of the controllers it is unknown who is master, and that is when guards close.
    ...groups
      .flatMap(({ members }) => members)
      .filter(({ leads, address }) => leads !== false && isHeldByGuard(answers.settings.get(address)))
      .map((member) =>
        refusal(member, 'is closed by its guard, which does not hear from the controllers that it is master'),
      ),
  ];
}

function refusal({ pod, group }: MemberView, why: string): Obstacle {
  return {
    reason: 'WritesRefused',
    message: `group ${group ?? ''} refuses every send: its master ${pod} ${why}`,
    outage: true,
  };
}

function mastersOf(members: readonly MemberView[]): readonly MemberView[] {
  return members.filter(({ leads }) => leads === true);
}

/** Which closes whoever calls itself master, and nobody else. */
function isHeldByGuard(settings: Answer<Settings> | undefined): boolean {
  return settings?.known === true && isClosedByGuard(settings.value);
}

/**
 * Comes before a hand-over: that would find its master closed by one whose operator did not live to the end of it, and may
 * fail for long before it gets to the election. Whether it was done is seen by the next pass. A broker tells the name
 * servers at once.
 */
export function setPermissions(
  attendant: Attendant,
  groups: readonly GroupView[],
): Promise<readonly Failure[]> {
  const { events, cluster, answers } = attendant;
  return attempt([
    ...reopenings(groups, answers).map(
      ({ address }) =>
        () =>
          permit(attendant, address, 'ReadWrite'),
    ),
    ...permissionChanges(groups).map(({ group, pod, address, closes }) => async () => {
      await permit(attendant, address, closes ? 'Read' : 'ReadWrite');
      events.record(cluster, {
        type: closes ? 'Warning' : 'Normal',
        reason: closes ? 'Closed' : 'Opened',
        action: 'UpdateConfig',
        note: closes
          ? `${group}: its master ${pod} takes no writes any more, since a replica has what it lacks`
          : `${group}: its master ${pod} takes writes again, since everybody follows it`,
      });
    }),
  ]);
}

/** For a paused cluster: a pause must not keep a group without sends that an operator began to hand over. */
export function takeClosingsBack(
  attendant: Attendant,
  groups: readonly GroupView[],
): Promise<readonly Failure[]> {
  const { answers } = attendant;
  return attempt(
    reopenings(groups, answers)
      .filter(({ address }) => isClosedByUs(answers.settings.get(address)))
      .map(
        ({ address }) =>
          () =>
            permit(attendant, address, 'ReadWrite'),
      ),
  );
}

async function permit(attendant: Attendant, address: string, access: 'Read' | 'ReadWrite'): Promise<void> {
  await attendant.rocketmq.broker(address).updateConfig(permissionOf(access), call(attendant));
}
