import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { requestCodes, writes } from '../codes.ts';
import { RocketmqError } from '../errors.ts';
import { ScriptedTransport } from '../testing/scripted-transport.ts';
import { Caller } from './caller.ts';

const address = 'broker:10911';
const credentials = { accessKey: 'admin', secretKey: 'adminpw', securityToken: 'tok3n' };

const callerOf = (
  transport: ScriptedTransport,
  more: { readonly credentials?: typeof credentials; readonly mayWrite?: () => boolean } = {},
) => new Caller({ transport, address, requestTimeoutMs: 5000, ...more });

describe('call', () => {
  it('sends every field as text, with the default deadline', async () => {
    const transport = new ScriptedTransport(() => ({}));
    await callerOf(transport).call('updateAndCreateTopic', {
      extFields: { topic: 'T', perm: 6, order: false },
    });
    expect(transport.sent).toEqual([
      { address, code: 17, extFields: { topic: 'T', perm: '6', order: 'false' }, body: '', timeoutMs: 5000 },
    ]);
  });

  it('sends nothing that changes a server once it may not, and asks on', async () => {
    const transport = new ScriptedTransport(() => ({}));
    const caller = callerOf(transport, { mayWrite: () => false });
    const changing = Object.keys(requestCodes).filter(
      (name) => !/get|^query|^search|^authList/i.test(name.slice(0, 14)),
    );
    expect([...writes].toSorted()).toEqual(changing.toSorted());
    for (const name of writes) {
      await expect(caller.call(name, {})).rejects.toMatchObject({ code: 'Aborted', retryable: false });
    }
    expect(transport.sent).toEqual([]);
    await caller.call('getBrokerConfig', {});
    expect(transport.sent).toHaveLength(1);
  });

  it('signs what it sends', async () => {
    const transport = new ScriptedTransport(() => ({}));
    const caller = callerOf(transport, { credentials });
    await caller.call('getBrokerConfig', {}, { timeoutMs: 7 });
    expect(transport.sent[0]).toMatchObject({
      timeoutMs: 7,
      extFields: { AccessKey: 'admin', Signature: expect.stringMatching(/^[\w+/]{27}=$/) },
    });
  });

  it('takes success with a remark for success, which RocketMQ sends', async () => {
    const transport = new ScriptedTransport(() => ({ remark: 'not set any response code' }));
    await expect(callerOf(transport).call('deleteTopicInBroker', {})).resolves.toMatchObject({ code: 0 });
  });

  it.each([
    [1, 'Refused', true],
    [2, 'Busy', true],
    [3, 'Unsupported', false],
    [14, 'Busy', true],
    [16, 'NotPermitted', false],
    [17, 'NotFound', true],
    [26, 'NotFound', true],
    [29, 'Invalid', false],
    [215, 'Busy', true],
    [2007, 'NotLeader', true],
    [2010, 'NotFound', true],
    [2012, 'Refused', true],
  ])('turns code %i into %s', async (code, name, retryable) => {
    const transport = new ScriptedTransport(() => ({ code, remark: 'why' }));
    await expect(callerOf(transport).call('getTopicConfig', {})).rejects.toMatchObject({
      code: name,
      retryable,
      responseCode: code,
      address,
      message: `broker:10911: getTopicConfig: why (code ${code})`,
    });
  });

  it('shows no credential, even when the server repeats it', async () => {
    const transport = new ScriptedTransport(() => ({
      code: 16,
      remark: 'adminpw and tok3n and pushed are wrong',
    }));
    const caller = callerOf(transport, { credentials });
    const error: unknown = await caller
      .call('getBrokerConfig', { secrets: ['pushed'] })
      .catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(RocketmqError);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/adminpw|tok3n|pushed/);
    expect(inspect(caller, { depth: 10 })).not.toMatch(/adminpw|tok3n/);
  });

  it('refuses a body that the server would hang up on', async () => {
    const transport = new ScriptedTransport(() => ({}));
    const body = 'x'.repeat(17 * 1024 * 1024);
    await expect(callerOf(transport).call('updateBrokerConfig', { body })).rejects.toMatchObject({
      code: 'Invalid',
    });
    expect(transport.sent).toHaveLength(0);
  });
});

describe('ask', () => {
  it.each([
    ['no JSON', '{'],
    ['no body', ''],
    ['another shape', '[]'],
    ['a missing field', '{"other":1}'],
    ['a field of another type', '{"count":"1"}'],
    ['a fraction', '{"count":1.5}'],
    ['more than a number holds', '{"count":9223372036854775807}'],
  ])('never guesses: %s', async (_name, body) => {
    const caller = callerOf(new ScriptedTransport(() => ({ body })));
    const answer = caller.ask('getTopicConfig', {}, undefined, (root) => root.get('count').integer());
    await expect(answer).rejects.toMatchObject({ code: 'Protocol', address });
  });
});
