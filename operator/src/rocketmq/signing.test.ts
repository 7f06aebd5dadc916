import { describe, expect, it } from '@jest/globals';
import { sign } from './signing.ts';

/** Made by RocketMQ's own hook and accepted by a live broker. */
describe('sign', () => {
  it('signs a body', () => {
    const signed = sign({}, Buffer.from('{"groupName":"AG"}'), { accessKey: 'admin', secretKey: 'adminpw' });
    expect(signed).toEqual({ AccessKey: 'admin', Signature: 'gVQkRZN48kP/vyxMerngdEBmjmU=' });
  });

  it('signs fields in the order of their keys, upper case first', () => {
    const credentials = { accessKey: 'rocketmq2', secretKey: '12345678' };
    const signed = sign({ topic: 'TopicA', perm: '6' }, Buffer.alloc(0), credentials);
    expect(signed['Signature']).toBe('piP9HfkqTL5DUa1LmWB4w+14vtQ=');
  });

  it('signs the security token, too', () => {
    const credentials = { accessKey: 'a', secretKey: 'b', securityToken: 'c' };
    const signed = sign({}, Buffer.alloc(0), credentials);
    expect(signed['SecurityToken']).toBe('c');
    const without = sign({}, Buffer.alloc(0), { accessKey: 'a', secretKey: 'b' });
    expect(signed['Signature']).not.toBe(without['Signature']);
  });
});
