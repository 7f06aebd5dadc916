/** What a broker does between the deletion of its pod and SIGTERM. */
import { closingFile } from '../../guard/mod.ts';

/** Long enough for the operator to hand over, which takes a second or two; nobody comes when the operator is away. */
const handOverSeconds = 10;

/** For the guard to see the file, and for what was let in to reach the replicas. */
const closingSeconds = 2;

/** How long the hook may take. */
export const preStopSeconds = handOverSeconds + closingSeconds;

const looksPerSecond = 5;

/**
 * Lets a master go on for as long as replicas copy from it: the operator hands over meanwhile (departure.ts), and then
 * they copy from another one. A replica, on whose replication port nobody is, stops at once. The pod itself knows
 * nothing better: RocketMQ writes its role nowhere, and with access control on a script could not ask for it.
 *
 * A master that nobody took over from is closed by its guard before it ends (decision 13), and gets the time to acknowledge
 * what it let in: RocketMQ ends the replicas' connections while it still answers, and then acknowledges alone.
 *
 * Builtins of any POSIX shell and `sleep`. An image without a shell fails the hook, which Kubernetes tells in an event
 * and passes over.
 *
 * @param port on which replicas copy
 * @param file by which the guard is told
 * @returns the command of an exec hook
 */
export function awaitHandOver(
  port: number,
  seconds = handOverSeconds,
  file = closingFile,
): readonly string[] {
  // A line of the kernel's tables: number, local address, remote address, state; 01 is an established connection.
  const followed = `*:${port.toString(16).toUpperCase().padStart(4, '0')}01`;
  return [
    'sh',
    '-c',
    `
followed() {
  while read -r _ here _ state _; do
    case $here$state in ${followed}) return 0 ;; esac
  done
  return 1
}
looks=${String(seconds * looksPerSecond)}
while { followed </proc/net/tcp || followed </proc/net/tcp6; } 2>/dev/null; do
  [ $looks -gt 0 ] || { : >${file}; sleep ${String(closingSeconds)}; exit; }
  looks=$((looks - 1))
  sleep ${String(1 / looksPerSecond)}
done
`.trim(),
  ];
}
