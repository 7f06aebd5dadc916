import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { endBroker } from './process.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Process id → command line; undefined: it has none any more. */
function proc(processes: Readonly<Record<string, readonly string[] | undefined>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'proc-'));
  folders.push(folder);
  for (const [pid, command] of Object.entries(processes)) {
    mkdirSync(join(folder, pid));
    if (command !== undefined) writeFileSync(join(folder, pid, 'cmdline'), `${command.join('\0')}\0`);
  }
  return folder;
}

const broker = ['java', '-Xms1g', 'org.apache.rocketmq.broker.BrokerStartup', '-c', '/etc/broker.conf'];

describe('the end of a broker', () => {
  it('is that of its process alone', () => {
    const ended: (readonly [number, string])[] = [];
    const found = proc({
      1: ['/pause'],
      7: ['node', '/app/guard.mjs'],
      12: broker,
      13: ['sh', '-c', 'pgrep -f org.apache.rocketmq.broker.BrokerStartup'],
      14: undefined,
      self: broker,
    });
    expect(endBroker(found, (pid, signal) => ended.push([pid, signal]))).toEqual([12]);
    expect(ended).toEqual([[12, 'SIGKILL']]);
  });

  it('is none where it has ended meanwhile', () => {
    const gone = (): never => {
      throw Object.assign(new Error('no such process'), { code: 'ESRCH' });
    };
    expect(endBroker(proc({ 12: broker }), gone)).toEqual([]);
  });
});
