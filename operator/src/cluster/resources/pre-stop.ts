/** What a broker does between the deletion of its pod and SIGTERM. */

/** Long enough for the operator to hand over, which takes a second or two; nobody comes when the operator is away. */
export const handOverSeconds = 10;

const looksPerSecond = 5;

/**
 * Lets a master go on for as long as replicas copy from it: the operator hands over meanwhile (departure.ts), and then
 * they copy from another one. A replica, on whose replication port nobody is, stops at once. The pod itself knows
 * nothing better: RocketMQ writes its role nowhere, and with access control on a script could not ask for it.
 *
 * Builtins of any POSIX shell and `sleep`. An image without a shell fails the hook, which Kubernetes tells in an event
 * and passes over.
 *
 * @param port on which replicas copy
 * @returns the command of an exec hook
 */
export function awaitHandOver(port: number, seconds = handOverSeconds): readonly string[] {
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
while [ $looks -gt 0 ] && { followed </proc/net/tcp || followed </proc/net/tcp6; } 2>/dev/null; do
  looks=$((looks - 1))
  sleep ${String(1 / looksPerSecond)}
done
`.trim(),
  ];
}
