/**
 * Settings that a running broker takes over: who still has to be told which. Pure. A setting counts as in force when
 * the broker itself says so, and not because it was told: RocketMQ answers a value that it cannot parse with success.
 */
import { brokerKeys } from './config/broker-keys.ts';
import { isSameValue } from './config/key-table.ts';
import { brokerFile, liveBrokerKeys } from './config/live-keys.ts';
import { parseProperties } from './config/properties.ts';
import type { Answers, Settings } from './observe.ts';
import { processOf } from './pods.ts';
import type { Revision } from './revision.ts';
import type { MemberView } from './view.ts';

/** By process: the live settings that it was last seen to have, as the spec had them. Kept between passes. */
export type SettledSettings = ReadonlyMap<string, string>;

export interface LivePush {
  readonly pod: string;
  readonly address: string;
  /** Only those that differ. */
  readonly values: ReadonlyMap<string, string>;
  /** The process had what the spec says, and somebody else changed it since. */
  readonly byHand: boolean;
}

export interface LiveSettings {
  readonly pushes: readonly LivePush[];
  /** For the next pass. */
  readonly settled: SettledSettings;
}

/** @param targetOf the revision that a workload should have, with the settings that are wanted */
export function liveSettings(
  members: readonly MemberView[],
  answers: Answers['settings'],
  targetOf: (workload: string) => Revision | undefined,
  before: SettledSettings,
): LiveSettings {
  const pushes: LivePush[] = [];
  const settled = new Map<string, string>();
  for (const { component, object, phase, pod, address, workload } of members) {
    const target = targetOf(workload);
    if (component !== 'broker' || object === undefined || target === undefined) continue;
    const process = processOf(object);
    const wanted = wantedSettings(target);
    const asWanted = JSON.stringify([...wanted]);
    const last = before.get(process);
    const running = answers.get(address);
    if (running?.known !== true || phase !== 'Up') {
      if (last !== undefined) settled.set(process, last);
      continue;
    }
    const values = differing(wanted, running.value);
    if (values.size > 0) pushes.push({ pod, address, values, byHand: last === asWanted });
    const now = values.size === 0 ? asWanted : last;
    if (now !== undefined) settled.set(process, now);
  }
  return { pushes, settled };
}

/** Every live setting: as the file of the revision has it, or RocketMQ's default. */
function wantedSettings({ files }: Revision): ReadonlyMap<string, string> {
  const said = parseProperties(files[brokerFile] ?? '');
  return new Map([...liveBrokerKeys].map(([key, usual]) => [key, said.get(key) ?? usual]));
}

/** A setting that the broker says nothing of is left alone. */
function differing(wanted: Settings, running: Settings): ReadonlyMap<string, string> {
  return new Map(
    [...wanted].filter(([key, value]) => {
      const has = running.get(key);
      return has !== undefined && !isSameValue(brokerKeys.get(key), has, value);
    }),
  );
}
