/** Tells running brokers what they take over without a restart. */
import type { Attendant } from './attendant.ts';
import { attempt } from './carry-out.ts';
import type { Failure } from './execute.ts';
import type { LivePush } from './live-settings.ts';

const callTimeoutMs = 5_000;

/** Whether they took it is seen by the next pass. */
export function pushSettings(attendant: Attendant, pushes: readonly LivePush[]): Promise<readonly Failure[]> {
  const { rocketmq, events, cluster, signal } = attendant;
  return attempt(
    pushes.map(({ pod, address, values, byHand }) => async () => {
      await rocketmq.broker(address).updateConfig(values, { signal, timeoutMs: callTimeoutMs });
      const keys = [...values.keys()].join(', ');
      events.record(cluster, {
        type: 'Normal',
        reason: byHand ? 'DriftRepaired' : 'SettingsPushed',
        action: 'UpdateConfig',
        note: byHand
          ? `${pod}: ${keys} had been changed by hand, and is as in the spec again`
          : `${pod}: ${keys}, without a restart`,
      });
    }),
  );
}
