import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MountedSecret } from '../testing/mounted-secret.ts';
import { silentLog } from '../testing/silent-log.ts';
import { mountedKeyRing, type KeyRing } from './key-ring.ts';

const [one, two, three] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const MINUTE = 60_000;

describe('a mounted key ring', () => {
  let secret: MountedSecret;
  let nowMs: number;
  let errors: unknown[];
  let ring: KeyRing;
  beforeEach(() => {
    secret = new MountedSecret();
    nowMs = 0;
    errors = [];
    const log = { ...silentLog, error: (fields: object) => void errors.push(fields) };
    ring = mountedKeyRing({ directory: secret.directory, clock: { now: () => nowMs }, log });
  });
  afterEach(() => secret.remove());

  it('sends with its only key at once', () => {
    secret.mount({ 'key-1': one });
    expect(ring.current().id).toBe('key-1');
    expect(ring.current().key.export()).toEqual(one);
  });

  it('takes a new key for sending two minutes after it came, and for reading at once', () => {
    secret.mount({ 'key-1': one });
    ring.current();
    nowMs = 10 * MINUTE;
    secret.mount({ 'key-1': one, 'key-2': two });
    expect([ring.current().id, ring.find('key-2')?.key.export()]).toEqual(['key-1', two]);
    nowMs += 2 * MINUTE - 1;
    expect(ring.current().id).toBe('key-1');
    nowMs += 1;
    expect([ring.current().id, ring.find('key-1')?.id]).toEqual(['key-2', 'key-1']);
    secret.mount({ 'key-2': two });
    nowMs += 1_000;
    expect([ring.current().id, ring.find('key-1')]).toEqual(['key-2', undefined]);
  });

  it('begins with the newest, because an older one may be about to go', () => {
    secret.mount({ 'key-1': one, 'key-2': two, 'key-3': three });
    expect(ring.current().id).toBe('key-3');
  });

  it('replaces all of its keys at once', () => {
    secret.mount({ 'key-1': one });
    ring.current();
    secret.mount({ 'key-2': two, 'key-3': three });
    nowMs = 1_000;
    expect([ring.current().id, ring.find('key-1')]).toEqual(['key-3', undefined]);
  });

  it('knows that key-10 is newer than key-9, and December than November', () => {
    secret.mount({ 'key-10': two, 'key-9': one });
    expect(ring.current().id).toBe('key-10');
    secret.mount({ '2026-12-01': two, '2026-11-30': one });
    nowMs = 1_000;
    expect(ring.current().id).toBe('2026-12-01');
  });

  it('has nothing to encrypt with while there is no Secret, and comes to have', () => {
    secret.remove();
    const unavailable = expect.objectContaining({ code: 'EncryptionUnavailable', retryable: true });
    expect(() => ring.current()).toThrow(unavailable);
    expect(() => ring.find('key-1')).toThrow(unavailable);
    nowMs = 1_000;
    expect(() => ring.current()).toThrow(unavailable);
    expect(errors.length).toBe(1);
  });

  it('has nothing to encrypt with once the Secret is empty', () => {
    secret.mount({ 'key-1': one });
    ring.current();
    secret.mount({});
    nowMs = 1_000;
    expect(() => ring.current()).toThrow(/no key to encrypt with/);
  });

  it('keeps what it has when a key is not one, and says so without saying the key', () => {
    secret.mount({ 'key-1': one });
    ring.current();
    const text = 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlYyE=';
    secret.mount({ 'key-1': one, 'key-2': text });
    nowMs = 5 * MINUTE;
    expect(ring.current().id).toBe('key-1');
    expect(errors).toEqual([
      expect.objectContaining({ error: expect.stringContaining('key-2 has 44 bytes') }),
    ]);
    expect(JSON.stringify(errors)).not.toContain(text);
  });
});
