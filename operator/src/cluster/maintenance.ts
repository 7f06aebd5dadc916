/** When healthy members may be restarted for a change of the spec. Pure. */
import { Cron } from 'croner';
import type { RocketMQClusterSpec } from '../api/mod.ts';
import { toKubeTime } from '../kube/mod.ts';
import type { ConfigProblem } from './config/key-table.ts';
import { openGate, type Gate } from './rollout.ts';

type MaintenanceWindow = NonNullable<RocketMQClusterSpec['maintenanceWindows']>[number];

export interface Maintenance {
  readonly gate: Gate;
  /** When the next window opens; only while all are closed, and absent when none ever does. */
  readonly opensAtMs?: number;
  readonly problems: readonly ConfigProblem[];
}

/** A window that cannot be understood stays closed: nobody knows when a restart would be unwelcome. */
export function maintenance({ maintenanceWindows = [] }: RocketMQClusterSpec, nowMs: number): Maintenance {
  if (maintenanceWindows.length === 0) return { gate: openGate, problems: [] };
  const read = maintenanceWindows.map((window, index) => readWindow(window, index, nowMs));
  const problems = read.flatMap((each) => (each.problem === undefined ? [] : [each.problem]));
  if (read.some(({ open }) => open)) return { gate: openGate, problems };
  const opensAtMs = Math.min(...read.map((each) => each.opensAtMs ?? Number.POSITIVE_INFINITY));
  if (!Number.isFinite(opensAtMs)) {
    return { gate: { open: false, why: 'no maintenance window ever opens' }, problems };
  }
  const why = `the next maintenance window opens at ${toKubeTime(opensAtMs)}`;
  return { gate: { open: false, why }, opensAtMs, problems };
}

interface Reading {
  readonly open: boolean;
  readonly opensAtMs?: number;
  readonly problem?: ConfigProblem;
}

function readWindow(window: MaintenanceWindow, index: number, nowMs: number): Reading {
  const { schedule, durationMinutes, timeZone } = window;
  const field = `spec.maintenanceWindows[${index}]`;
  const refuse = (part: string, message: string): Reading => ({
    open: false,
    problem: { reason: 'InvalidValue', field: `${field}.${part}`, message },
  });
  if (!isTimeZone(timeZone)) {
    return refuse('timeZone', `${timeZone} is no time zone: write one as in Europe/Berlin, or UTC`);
  }
  try {
    const cron = new Cron(schedule, { timezone: timeZone, mode: '5-part', paused: true });
    const after = (ms: number): number | undefined => cron.nextRun(new Date(ms))?.getTime();
    // The opening that the present moment could still belong to.
    const opened = after(nowMs - durationMinutes * 60_000);
    if (opened === undefined) return refuse('schedule', `${schedule} never comes`);
    if (opened <= nowMs) return { open: true };
    return { open: false, opensAtMs: opened };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refuse(
      'schedule',
      `${schedule} is no schedule of minute, hour, day of month, month and day of week: ${why}`,
    );
  }
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
