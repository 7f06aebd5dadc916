import { describe, expect, it } from '@jest/globals';
import { redactConfigValue, redacted, redactText } from './redact.ts';

describe('redactConfigValue', () => {
  it.each([
    ['initAuthenticationUser', '{"username":"admin","password":"pw"}'],
    ['innerClientAuthenticationCredentials', '{"accessKey":"ak","secretKey":"sk"}'],
    ['tlsServerKeyPassword', 'pw'],
    ['somethingNew', '{"secretKey":"sk"}'],
    ['metricsToken', 't'],
  ])('hides %s', (key, value) => {
    expect(redactConfigValue(key, value)).toBe(redacted);
  });

  it.each([
    ['brokerName', 'broker-a'],
    ['initAuthenticationUser', ''],
    ['authenticationEnabled', 'true'],
    ['aclEnable', 'false'],
  ])('shows %s=%s', (key, value) => {
    expect(redactConfigValue(key, value)).toBe(value);
  });
});

describe('redactText', () => {
  it('takes every known secret out', () => {
    expect(redactText('key sk of sk, token t0', ['sk', undefined, '', 't0'])).toBe(
      `key ${redacted} of ${redacted}, token ${redacted}`,
    );
  });
});
