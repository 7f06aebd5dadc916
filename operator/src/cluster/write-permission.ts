/** Closes masters to writes, and opens them again: see static-groups.ts. */
import type { Attendant } from './attendant.ts';
import { attempt } from './carry-out.ts';
import type { Failure } from './execute.ts';
import { permissionChanges } from './static-groups.ts';
import type { GroupView } from './view.ts';

const callTimeoutMs = 5_000;

/** Whether it was done is seen by the next pass. A broker tells the name servers at once. */
export function setPermissions(
  attendant: Attendant,
  groups: readonly GroupView[],
): Promise<readonly Failure[]> {
  const { rocketmq, events, cluster, signal } = attendant;
  return attempt(
    permissionChanges(groups).map(({ group, pod, address, settings, closes }) => async () => {
      await rocketmq.broker(address).updateConfig(settings, { signal, timeoutMs: callTimeoutMs });
      events.record(cluster, {
        type: closes ? 'Warning' : 'Normal',
        reason: closes ? 'Closed' : 'Opened',
        action: 'UpdateConfig',
        note: closes
          ? `${group}: its master ${pod} takes no writes any more, since a replica has what it lacks`
          : `${group}: its master ${pod} takes writes again, since everybody follows it`,
      });
    }),
  );
}
