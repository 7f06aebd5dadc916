/** The broker's process: the containers of its pod share their process namespace, and their user. */
import { readdirSync, readFileSync } from 'node:fs';

/** As its command line names it (cluster/resources/jvm.ts). */
const mainClass = 'org.apache.rocketmq.broker.BrokerStartup';

/**
 * Ends it without a word to it: one that is stopped hears none. Outside of a pod it would end every broker that it finds.
 *
 * @param proc where the kernel lists processes
 * @returns the ids of what was ended: none when it has ended meanwhile
 */
export function endBroker(
  proc: string,
  kill: (pid: number, signal: 'SIGKILL') => unknown,
): readonly number[] {
  const brokers = readdirSync(proc)
    .filter((name) => /^\d+$/.test(name) && argumentsOf(`${proc}/${name}/cmdline`).includes(mainClass))
    .map(Number);
  return brokers.filter((pid) => {
    try {
      kill(pid, 'SIGKILL');
      return true;
    } catch {
      return false;
    }
  });
}

/** None of a process that has ended since it was listed. */
function argumentsOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\0');
  } catch {
    return [];
  }
}
