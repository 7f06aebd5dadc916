import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../clock.ts';
import { MountedSecret } from '../testing/mounted-secret.ts';
import { mountedCredentials, Session } from './credentials.ts';

let secret: MountedSecret;
let nowMs: number;
const clock = { ...systemClock, now: () => nowMs };

beforeEach(() => {
  secret = new MountedSecret();
  nowMs = 0;
});

afterEach(() => secret.remove());

describe('credentials in a mounted Secret', () => {
  it('follow a rotation', () => {
    secret.mount({ accessKey: 'order.a', secretKey: 'old' });
    const source = mountedCredentials(secret.directory, clock);
    expect(source()).toEqual({ accessKey: 'order.a', secretKey: 'old' });
    secret.mount({ accessKey: 'order.b', secretKey: 'new' });
    nowMs = 999;
    expect(source()).toEqual({ accessKey: 'order.a', secretKey: 'old' });
    nowMs = 1_000;
    expect(source()).toEqual({ accessKey: 'order.b', secretKey: 'new' });
  });

  it('stay what they were while they cannot be read', () => {
    secret.mount({ accessKey: 'order.a', secretKey: 'old' });
    const source = mountedCredentials(secret.directory, clock);
    source();
    rmSync(join(secret.directory, 'accessKey'));
    nowMs = 5_000;
    expect(source()).toEqual({ accessKey: 'order.a', secretKey: 'old' });
  });

  it('are an error while there have been none', () => {
    expect(() => mountedCredentials(secret.directory, clock)()).toThrow(/ENOENT/);
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
