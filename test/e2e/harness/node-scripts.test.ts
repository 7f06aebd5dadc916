import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import {
  cutBetween,
  cutNode,
  cutPods,
  fillVolume,
  healNetwork,
  healNode,
  limitVolume,
  releaseVolume,
  removeOldVolume,
  stateOfVolume,
} from './node-scripts.ts';

const FOLDER = '/var/local-path-provisioner/pvc-1_chaos_store-chaos-broker-a-1-0';

describe('scripts for nodes', () => {
  it.each([
    ['cut a pod', cutPods(['10.0.0.7'])],
    ['cut a node', cutNode()],
    ['cut a pod from others', cutBetween('10.0.0.7', ['10.0.0.8'])],
    ['heal the network', healNetwork()],
    ['limit a volume', limitVolume(FOLDER, 1024)],
    ['look at a volume', stateOfVolume(FOLDER)],
    ['remove the old volume', removeOldVolume(FOLDER)],
    ['fill', fillVolume(FOLDER)],
    ['release', releaseVolume(FOLDER)],
    ['heal a node', healNode()],
  ])('%s: is a shell script', (_what, script) => {
    expect(() => execFileSync('sh', ['-n', '-c', script])).not.toThrow();
  });

  it('cuts both directions, before every other rule', () => {
    expect(cutPods(['10.0.0.7']).split('\n').slice(2)).toEqual([
      'iptables -w 10 -A GANTRY-CUT -s 10.0.0.7 -j DROP',
      'iptables -w 10 -A GANTRY-CUT -d 10.0.0.7 -j DROP',
      'iptables -w 10 -I FORWARD 1 -j GANTRY-CUT',
    ]);
  });

  it('cuts a pod from others in both directions, and from nobody else', () => {
    expect(cutBetween('10.0.0.7', ['10.0.0.8', '10.0.0.9']).split('\n').slice(2, -1)).toEqual([
      'iptables -w 10 -A GANTRY-CUT -s 10.0.0.7 -d 10.0.0.8 -j DROP',
      'iptables -w 10 -A GANTRY-CUT -s 10.0.0.8 -d 10.0.0.7 -j DROP',
      'iptables -w 10 -A GANTRY-CUT -s 10.0.0.7 -d 10.0.0.9 -j DROP',
      'iptables -w 10 -A GANTRY-CUT -s 10.0.0.9 -d 10.0.0.7 -j DROP',
    ]);
  });

  /** A fake iptables that knows chains and jumps, in a folder of the PATH. */
  function withIptables(script: string): string {
    const fake = `
      iptables() { shift 2; case "$1" in
        -N) [ -z "$chain" ] && chain=yes ;;
        -A) [ -n "$chain" ] ;;
        -I) jumps="$jumps $2" ;;
        -D) case "$jumps" in *"$2"*) jumps=$(echo "$jumps" | sed "s/ $2//") ;; *) false ;; esac ;;
        -F|-n) [ -n "$chain" ] ;;
        -X) [ -z "$jumps" ] && [ -n "$chain" ] && chain= ;;
      esac; }
      chain=; jumps=`;
    return execFileSync('sh', ['-c', `${fake}\n${script}\necho "left:$chain$jumps"`], { encoding: 'utf8' });
  }

  it.each([
    ['a pod', cutPods(['10.0.0.7'])],
    ['a node', cutNode()],
    ['a pod from others', cutBetween('10.0.0.7', ['10.0.0.8', '10.0.0.9'])],
    ['nothing', 'true'],
    ['half of a cut', 'iptables -w 10 -N GANTRY-CUT\niptables -w 10 -I INPUT 1 -j GANTRY-CUT'],
    ['a cut made twice', `(${cutNode()})\n${cutNode()}\niptables -w 10 -I INPUT 1 -j GANTRY-CUT\nset +e`],
  ])('heals %s without a trace', (_what, cut) => {
    expect(withIptables(`${cut}\nset +e\n${healNetwork()}`)).toBe('left:\n');
  });

  it.each(['10.0.0.7; reboot', '', '$(id)'])('takes no address like %j', (ip) => {
    expect(() => cutPods([ip])).toThrow('not fit for a script');
  });

  it('takes no folder that is more than a path', () => {
    expect(() => limitVolume('/var/x; rm -rf /', 1)).toThrow('not fit for a script');
  });
});
