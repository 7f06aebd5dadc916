/** Settings that somebody changed in a running process, past the spec. Pure. */
import type { Warning } from './break-glass.ts';
import { brokerKeys } from './config/broker-keys.ts';
import { controllerKeys } from './config/controller-keys.ts';
import { isSameValue, type KeyTable } from './config/key-table.ts';
import { brokerFile, liveKeys } from './config/live-keys.ts';
import { nameServerFile } from './config/name-server-config.ts';
import { nameServerKeys } from './config/name-server-keys.ts';
import { parseProperties } from './config/properties.ts';
import { specFields } from './diagnose.ts';
import type { Answers, Settings } from './observe.ts';
import { redactConfigValue } from '../rocketmq/mod.ts';
import type { Revision } from './revision.ts';
import type { MemberView } from './view.ts';

/**
 * Of these a process says something else than its file, and nobody changed them. `brokerPermission`, which the operator
 * sets to make a replica register, and what an election changes are not in the file at all in controller mode.
 */
const notCompared: ReadonlySet<string> = new Set([
  'brokerId',
  'brokerRole',
  'haMasterAddress',
  // Found out at the start, when it is 0.
  'haListenPort',
  // Made even by ConsumerFilterManager.
  'bitMapLengthConsumeQueueExt',
  // Lowered by BrokerStartup in a replica with a fixed role.
  'accessMessageInMemoryMaxRatio',
  // Switched off by CommitLog where the kernel does not serve it.
  'coldDataFlowControlEnable',
  // Follows the read-ahead mode of the commit log (AdminBrokerProcessor).
  'dataReadAheadEnable',
  // A name server writes its settings back to the file that it started with (NamesrvStartup).
  'configStorePath',
  // Made a round number, and a name, by their setters.
  'timerPrecisionMs',
  'metricsExporterType',
]);

/**
 * Only what the file of the process says is compared: what it leaves out may follow from the machine. Keys are told,
 * never values.
 *
 * @param startedWith the revision that a pod was made from, while it is known
 */
export function driftWarnings(
  members: readonly MemberView[],
  answers: Answers['settings'],
  startedWith: (workload: string, revision: string) => Revision | undefined,
): readonly Warning[] {
  return members.flatMap(({ component, pod, address, workload, revision, phase }): readonly Warning[] => {
    const running = answers.get(address);
    const own = revision === undefined ? undefined : startedWith(workload, revision);
    if (running?.known !== true || own === undefined || phase !== 'Up') return [];
    const { file, keys } = settingsOf[component](pod);
    const changed = drifted(file, own.files[file] ?? '', keys, running.value);
    if (changed.length === 0) return [];
    const them = changed.length === 1 ? 'it' : 'them';
    return [
      {
        reason: 'ConfigDrift',
        message:
          `${pod} runs with another ${changed.join(', ')} than its file says: somebody changed ${them} by hand, or ` +
          `RocketMQ does not take the value. Correct ${specFields[component]}, or restart the pod to take a change back.`,
      },
    ];
  });
}

const settingsOf: Readonly<
  Record<MemberView['component'], (pod: string) => { readonly file: string; readonly keys: KeyTable }>
> = {
  nameserver: () => ({ file: nameServerFile, keys: nameServerKeys }),
  controller: (pod) => ({ file: `${pod}.conf`, keys: controllerKeys }),
  broker: () => ({ file: brokerFile, keys: brokerKeys }),
};

function drifted(file: string, text: string, keys: KeyTable, running: Settings): readonly string[] {
  const live = liveKeys(file);
  return [...parseProperties(text)]
    .filter(([key, value]) => {
      const has = running.get(key);
      if (has === undefined || live.has(key) || notCompared.has(key)) return false;
      return !isSameValue(keys.get(key), has, redactConfigValue(key, value));
    })
    .map(([key]) => key)
    .toSorted();
}
