import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { ScriptedTransport } from '../testing/scripted-transport.ts';
import { brokerAdmin } from './broker.ts';
import { Caller } from './caller.ts';

const adminOf = (answer: ConstructorParameters<typeof ScriptedTransport>[0] = () => ({})) => {
  const transport = new ScriptedTransport(answer);
  const caller = new Caller({ transport, address: 'broker:10911', requestTimeoutMs: 5000 });
  return { transport, admin: brokerAdmin(caller) };
};

describe('config', () => {
  it('shows no credential', async () => {
    const body =
      'brokerName=broker-a\ninitAuthenticationUser={"username":"admin","password":"pw"}\ninnerClientAuthenticationCredentials={"accessKey":"ak","secretKey":"sk"}\nlistenPort=10911\n';
    const config = await adminOf(() => ({ body })).admin.config();
    expect([...config]).toEqual([
      ['brokerName', 'broker-a'],
      ['initAuthenticationUser', '<redacted>'],
      ['innerClientAuthenticationCredentials', '<redacted>'],
      ['listenPort', '10911'],
    ]);
  });

  it('is written as properties', async () => {
    const { admin, transport } = adminOf();
    await admin.updateConfig(new Map([['brokerPermission', '4']]));
    await admin.updateConfig(new Map());
    expect(transport.sent.map(({ code, body }) => [code, body])).toEqual([[25, 'brokerPermission=4\n']]);
  });

  it('keeps a written secret out of the error', async () => {
    const { admin } = adminOf(() => ({ code: 1, remark: 'cannot parse hunter2' }));
    const update = admin.updateConfig(
      new Map([
        ['tlsPassword', 'hunter2'],
        ['x', '1'],
      ]),
    );
    const error: unknown = await update.catch((cause: unknown) => cause);
    expect(inspect(error)).not.toContain('hunter2');
    expect(inspect(error)).toContain('(code 1)');
  });
});

describe('what a broker says of itself', () => {
  it('hands on the runtime info', async () => {
    const { admin } = adminOf(() => ({ body: '{"table":{"brokerActive":"true","putTps":"0.0  "}}' }));
    const info = await admin.runtimeInfo();
    expect(info.get('brokerActive')).toBe('true');
    expect(info.get('bootTimestamp')).toBeUndefined();
  });

  it('reads a master', async () => {
    const body =
      '{"haClientRuntimeInfo":{"lastReadTimestamp":0,"lastWriteTimestamp":0,"masterFlushOffset":0,"maxOffset":0,"transferredByteInSecond":0},"haConnectionInfo":[{"addr":"192.0.2.2:38218","diff":0,"inSync":true,"slaveAckOffset":11022,"transferFromWhere":11022,"transferredByteInSecond":12}],"inSyncSlaveNums":1,"master":true,"masterCommitLogMaxOffset":11022}';
    await expect(adminOf(() => ({ body })).admin.haStatus()).resolves.toEqual({
      role: 'master',
      masterCommitLogMaxOffset: 11022,
      inSyncSlaveNums: 1,
      connections: [
        {
          address: '192.0.2.2:38218',
          diff: 0,
          inSync: true,
          slaveAckOffset: 11022,
          transferFromWhere: 11022,
          transferredByteInSecond: 12,
        },
      ],
    });
  });

  it('reads a replica', async () => {
    const body =
      '{"haClientRuntimeInfo":{"lastReadTimestamp":5,"lastWriteTimestamp":6,"masterAddr":"h:10912","masterFlushOffset":7,"maxOffset":8,"transferredByteInSecond":9},"haConnectionInfo":[],"inSyncSlaveNums":0,"master":false,"masterCommitLogMaxOffset":0}';
    await expect(adminOf(() => ({ body })).admin.haStatus()).resolves.toEqual({
      role: 'slave',
      masterAddress: 'h:10912',
      masterFlushOffset: 7,
      maxOffset: 8,
      lastReadTimestamp: 5,
      lastWriteTimestamp: 6,
      transferredByteInSecond: 9,
    });
  });

  it('reads epochs exactly', async () => {
    const body =
      '{"brokerId":1,"brokerName":"broker-a","clusterName":"C","epochList":[{"endOffset":9223372036854775807,"epoch":1,"startOffset":0}],"maxOffset":100}';
    await expect(adminOf(() => ({ body })).admin.epochs()).resolves.toEqual({
      cluster: 'C',
      brokerName: 'broker-a',
      brokerId: 1,
      maxOffset: 100n,
      epochs: [{ epoch: 1, startOffset: 0n, endOffset: 9223372036854775807n }],
    });
  });
});
