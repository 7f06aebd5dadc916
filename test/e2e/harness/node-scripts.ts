/** Shell scripts for the nodes of kind, whose images have iptables, mount, fallocate and pkill. Pure. */

const CHAIN = 'GANTRY-CUT';
/** kube-proxy holds the lock of iptables for moments. */
const IPTABLES = 'iptables -w 10';
const HOOKS = ['INPUT', 'OUTPUT', 'FORWARD'] as const;
const IMAGE = '/var/gantry-chaos/disk.img';
export const FILLER = 'chaos-filler';
/** What stays free on a full disk: what a replica goes on writing meanwhile. */
const LEFT_BYTES = 32 * 1024 * 1024;

/**
 * Drops every packet of pods that leaves or reaches them through their node, from connections that stand already too:
 * the chain comes before kube-proxy's. The kubelet's own probes pass, as they do when a network beyond the node fails.
 */
export function cutPods(ips: readonly string[]): string {
  const matches = ips.map((ip) => checked(ip, /^[0-9.]+$/)).flatMap((ip) => [`-s ${ip}`, `-d ${ip}`]);
  return cut(['FORWARD'], matches);
}

/** The same between a pod on the node and some others only. */
export function cutBetween(ip: string, others: readonly string[]): string {
  const from = checked(ip, /^[0-9.]+$/);
  const rules = others
    .map((other) => checked(other, /^[0-9.]+$/))
    .flatMap((other) => [`-s ${from} -d ${other}`, `-s ${other} -d ${from}`]);
  return cut(['FORWARD'], rules);
}

/** Cuts the node off from the others, with all of its pods. `docker exec` needs no network. */
export function cutNode(): string {
  return cut(HOOKS, ['-i eth0', '-o eth0']);
}

function cut(hooks: readonly string[], matches: readonly string[]): string {
  return [
    'set -e',
    `${IPTABLES} -N ${CHAIN}`,
    ...matches.map((match) => `${IPTABLES} -A ${CHAIN} ${match} -j DROP`),
    ...hooks.map((hook) => `${IPTABLES} -I ${hook} 1 -j ${CHAIN}`),
  ].join('\n');
}

/** Undoes a cut, whole or half made; does nothing where there is none. Fails when the chain is still there. */
export function healNetwork(): string {
  return [
    ...HOOKS.map((hook) => `while ${IPTABLES} -D ${hook} -j ${CHAIN} 2>/dev/null; do :; done`),
    `${IPTABLES} -F ${CHAIN} 2>/dev/null`,
    `${IPTABLES} -X ${CHAIN} 2>/dev/null`,
    `! ${IPTABLES} -n -L ${CHAIN} >/dev/null 2>&1`,
  ].join('\n');
}

/**
 * Puts an empty file system of limited size in the place of a volume's folder. Whoever runs there keeps the old folder
 * until it ends. It does not outlive the node's container: then the folder beneath is there, empty.
 */
export function limitVolume(folder: string, sizeBytes: number): string {
  const path = checked(folder, /^\/[\w./-]+$/);
  const size = String(sizeBytes);
  return [
    'set -e',
    `mkdir -p "$(dirname ${IMAGE})"`,
    `rm -f ${IMAGE} && truncate -s ${size} ${IMAGE}`,
    `rm -rf ${path}.before && mv ${path} ${path}.before`,
    `mkdir -m 0777 ${path}`,
    // Memory where the node has no mkfs or no loop device: it counts as the broker's own.
    `{ mkfs.ext4 -q -F -m 0 ${IMAGE} && mount -o loop ${IMAGE} ${path}; } || mount -t tmpfs -o size=${size} chaos ${path}`,
    `rm -rf ${path}/lost+found && chmod 0777 ${path}`,
  ].join('\n');
}

/** Prints `limited`; `half` while somebody may still run in the old folder; or `plain`. */
export function stateOfVolume(folder: string): string {
  const path = checked(folder, /^\/[\w./-]+$/);
  return [
    `if ! mountpoint -q ${path}; then echo plain`,
    `elif [ -e ${path}.before ]; then echo half`,
    'else echo limited; fi',
  ].join('\n');
}

/** Once nobody runs in the old folder any more. */
export function removeOldVolume(folder: string): string {
  return `rm -rf ${checked(folder, /^\/[\w./-]+$/)}.before`;
}

export function fillVolume(folder: string): string {
  const path = checked(folder, /^\/[\w./-]+$/);
  return [
    'set -e',
    `mountpoint -q ${path}`,
    `free=$(df --output=avail -B1 ${path} | tail -n 1)`,
    `fallocate -l $((free - ${String(LEFT_BYTES)})) ${path}/${FILLER}`,
  ].join('\n');
}

export function releaseVolume(folder: string): string {
  return `rm -f ${checked(folder, /^\/[\w./-]+$/)}/${FILLER}`;
}

/** Whatever a run that was killed may have left on a node. */
export function healNode(): string {
  return [
    healNetwork().replace(/\n!.*$/, ''),
    `rm -f /var/local-path-provisioner/*/${FILLER}`,
    'pkill -CONT -x java',
    'true',
  ].join('\n');
}

/** Values go into a shell: nothing but what they look like. */
function checked(value: string, pattern: RegExp): string {
  if (!pattern.test(value)) throw new Error(`not fit for a script: ${value}`);
  return value;
}
