import { mkdtempSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../clock.ts';
import { mountedCredentials, Session } from './credentials.ts';

let directory: string;
let nowMs: number;
const clock = { ...systemClock, now: () => nowMs };

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'credentials-'));
  nowMs = 0;
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** As a kubelet does: a directory for each version, and a link that is switched at once. */
function mount(version: string, accessKey: string, secretKey: string): void {
  mkdirSync(join(directory, version));
  writeFileSync(join(directory, version, 'accessKey'), accessKey);
  writeFileSync(join(directory, version, 'secretKey'), secretKey);
  symlinkSync(version, join(directory, '..next'));
  renameSync(join(directory, '..next'), join(directory, '..data'));
  for (const key of ['accessKey', 'secretKey']) {
    rmSync(join(directory, key), { force: true });
    symlinkSync(join('..data', key), join(directory, key));
  }
}

describe('credentials in a mounted Secret', () => {
  it('follow a rotation', () => {
    mount('one', 'order.a', 'old');
    const source = mountedCredentials(directory, clock);
    expect(source()).toEqual({ accessKey: 'order.a', secretKey: 'old' });
    mount('two', 'order.b', 'new');
    nowMs = 999;
    expect(source()).toEqual({ accessKey: 'order.a', secretKey: 'old' });
    nowMs = 1_000;
    expect(source()).toEqual({ accessKey: 'order.b', secretKey: 'new' });
  });

  it('stay what they were while they cannot be read', () => {
    mount('one', 'order.a', 'old');
    const source = mountedCredentials(directory, clock);
    source();
    rmSync(join(directory, 'accessKey'));
    nowMs = 5_000;
    expect(source()).toEqual({ accessKey: 'order.a', secretKey: 'old' });
  });

  it('are an error while there have been none', () => {
    expect(() => mountedCredentials(directory, clock)()).toThrow(/ENOENT/);
  });
});

describe('a session', () => {
  it('has what its source says when it is refreshed', () => {
    const session = new Session(() => ({ accessKey: 'order.a', secretKey: 's' }));
    expect(session.accessKey).toBe('');
    session.refresh();
    expect([session.accessKey, session.accessSecret]).toEqual(['order.a', 's']);
  });
});
