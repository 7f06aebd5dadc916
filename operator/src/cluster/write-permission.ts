/** Closes masters to writes, and opens them again: see static-groups.ts and hand-over.ts. */
import { call, type Attendant } from './attendant.ts';
import { attempt } from './carry-out.ts';
import type { Failure } from './execute.ts';
import type { Answers } from './observe.ts';
import { isReplica } from './own-role.ts';
import { isClosed, permissionOf } from './permission.ts';
import { permissionChanges } from './static-groups.ts';
import type { GroupView, MemberView } from './view.ts';

/**
 * Elected masters that a hand-over closed which came to nothing, and former ones that are replicas by their own word:
 * one that is not yet would take sends again as the master that it no longer is. Pure.
 *
 * @param handingOver pod that is about to be closed
 */
export function reopenings(
  groups: readonly GroupView[],
  { settings }: Pick<Answers, 'settings'>,
  handingOver: string | undefined,
): readonly MemberView[] {
  return groups
    .filter(({ fixed }) => fixed === undefined)
    .flatMap(({ members }) =>
      members.filter(({ pod, address, leads }) => {
        const own = settings.get(address);
        if (isClosed(own) !== true || pod === handingOver) return false;
        return leads === true || isReplica(own);
      }),
    );
}

/** Whether it was done is seen by the next pass. A broker tells the name servers at once. */
export function setPermissions(
  attendant: Attendant,
  groups: readonly GroupView[],
  handingOver: string | undefined,
): Promise<readonly Failure[]> {
  const { rocketmq, events, cluster, answers } = attendant;
  return attempt([
    ...reopenings(groups, answers, handingOver).map(
      ({ address }) =>
        () =>
          rocketmq.broker(address).updateConfig(permissionOf('ReadWrite'), call(attendant)),
    ),
    ...permissionChanges(groups).map(({ group, pod, address, closes }) => async () => {
      await rocketmq
        .broker(address)
        .updateConfig(permissionOf(closes ? 'Read' : 'ReadWrite'), call(attendant));
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
