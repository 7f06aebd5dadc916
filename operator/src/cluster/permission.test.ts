import { describe, expect, it } from '@jest/globals';
import { isClosed, isClosedByUs, permissionOf } from './permission.ts';

describe('a broker that is closed', () => {
  it('refuses sends to every topic, which its permission alone does not make it do', () => {
    const settings = permissionOf('Read');
    expect(settings.get('brokerPermission')).toBe('4');
    expect(Number(settings.get('startAcceptSendRequestTimeStamp'))).toBeGreaterThan(Date.UTC(9999));
    expect(isClosed({ known: true, value: settings })).toBe(true);
  });

  it('takes them all once it is opened', () => {
    const settings = permissionOf('ReadWrite');
    expect([...settings]).toEqual([
      ['brokerPermission', '6'],
      ['startAcceptSendRequestTimeStamp', '0'],
    ]);
    expect(isClosed({ known: true, value: settings })).toBe(false);
  });

  it('is not known when it does not answer', () => {
    expect(isClosed({ known: false, why: 'no answer' })).toBeUndefined();
    expect(isClosed(undefined)).toBeUndefined();
    expect(isClosedByUs(undefined)).toBe(false);
  });

  it('is told from one that a person closed', () => {
    expect(isClosedByUs({ known: true, value: permissionOf('Read') })).toBe(true);
    expect(isClosedByUs({ known: true, value: permissionOf('ReadWrite') })).toBe(false);
    const byHand = new Map([
      ['brokerPermission', '4'],
      ['startAcceptSendRequestTimeStamp', '0'],
    ]);
    expect(isClosedByUs({ known: true, value: byHand })).toBe(false);
  });
});
