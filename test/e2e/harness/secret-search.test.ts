import { describe, expect, it } from '@jest/globals';
import { findSecrets } from './secret-search.ts';

const value = 'p/ss+w"rd~of-a_user>';
const secrets = new Map([['secretKey of app', value]]);

describe('findSecrets', () => {
  it.each([
    ['plain', `{"level":30,"msg":"signed by ${value}"}`],
    ['base64', Buffer.from(value).toString('base64')],
    ['base64, in a longer text', Buffer.from(`x${value}yy`).toString('base64')],
    ['base64, in another longer text', Buffer.from(`{"secretKey":"${value}"}`).toString('base64')],
    ['base64url', Buffer.from(value).toString('base64url')],
    ['URL-encoded', `?key=${encodeURIComponent(value)}`],
    ['JSON', JSON.stringify({ value })],
  ])('finds one that is planted: %s', (_how, text) => {
    expect(findSecrets(secrets, [{ name: 'log of operator', text }])).toEqual([
      'secretKey of app in log of operator',
    ]);
  });

  it('finds none where there is none', () => {
    expect(findSecrets(secrets, [{ name: 'event', text: 'user app was repaired: password' }])).toEqual([]);
  });
});
