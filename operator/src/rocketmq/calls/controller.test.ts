import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../testing/manual-clock.ts';
import { ScriptedTransport } from '../testing/scripted-transport.ts';
import { Caller } from './caller.ts';
import { controllerAdmin } from './controller.ts';

const adminOf = (answer: ConstructorParameters<typeof ScriptedTransport>[0] = () => ({})) => {
  const transport = new ScriptedTransport(answer);
  const caller = new Caller({ transport, address: 'c0:9878', requestTimeoutMs: 5000 });
  return { transport, admin: controllerAdmin(caller, new ManualClock()) };
};

const metadata = {
  extFields: {
    controllerLeaderId: 'c1:9879',
    controllerLeaderAddress: 'c1:9878',
    isLeader: 'false',
    peers: 'c0:9878;c1:9878;',
    group: 'jraft',
  },
};

const replica = (brokerId: number) =>
  `{"alive":true,"brokerAddress":"b${brokerId}:10911","brokerId":${brokerId},"brokerName":"broker-a"}`;

const syncState = `{"replicasInfoTable":{"broker-a":{"inSyncReplicas":[${replica(1)}],"masterAddress":"b1:10911","masterBrokerId":1,"masterEpoch":3,"notInSyncReplicas":[${replica(2)}],"syncStateSetEpoch":5}}}`;

const elected = {
  extFields: { masterBrokerId: '2', masterAddress: 'b2:10911', masterEpoch: '4', syncStateSetEpoch: '6' },
  body: '{"brokerMemberGroup":{"brokerAddrs":{1:"b1:10911",2:"b2:10911"},"brokerName":"broker-a","cluster":"C"},"syncStateSet":[2]}',
};

const election = { cluster: 'C', brokerName: 'broker-a', brokerId: 2 };

describe('metadata', () => {
  it('reads jRaft peers, whose id is their address', async () => {
    await expect(adminOf(() => metadata).admin.metadata()).resolves.toEqual({
      group: 'jraft',
      leaderId: 'c1:9879',
      leaderAddress: 'c1:9878',
      isLeader: false,
      peers: [
        { id: 'c0:9878', address: 'c0:9878' },
        { id: 'c1:9878', address: 'c1:9878' },
      ],
    });
  });

  it('reads DLedger peers', async () => {
    const extFields = { ...metadata.extFields, peers: 'n0:h0:9877;n1:h1:9877' };
    const { peers } = await adminOf(() => ({ extFields })).admin.metadata();
    expect(peers[1]).toEqual({ id: 'n1', address: 'h1:9877' });
  });

  it('has no leader during an election', async () => {
    const extFields = { group: 'jraft', isLeader: 'false', peers: '', controllerLeaderAddress: '' };
    await expect(adminOf(() => ({ extFields })).admin.metadata()).resolves.toEqual({
      group: 'jraft',
      isLeader: false,
      peers: [],
    });
  });

  it('refuses an answer that says nothing', async () => {
    await expect(adminOf().admin.metadata()).rejects.toMatchObject({ code: 'Protocol' });
  });
});

describe('syncState', () => {
  it('reads members in and out of the set', async () => {
    const { admin, transport } = adminOf(() => ({ body: syncState }));
    await expect(admin.syncState(['broker-a', 'broker-b'])).resolves.toEqual(
      new Map([
        [
          'broker-a',
          {
            masterBrokerId: 1,
            masterAddress: 'b1:10911',
            masterEpoch: 3,
            syncStateSetEpoch: 5,
            inSync: [{ brokerId: 1, address: 'b1:10911', alive: true }],
            notInSync: [{ brokerId: 2, address: 'b2:10911', alive: true }],
          },
        ],
      ]),
    );
    expect(transport.sent[0]).toMatchObject({ code: 1006, body: '["broker-a","broker-b"]' });
  });

  it('reads a group without a master', async () => {
    const body =
      '{"replicasInfoTable":{"b":{"inSyncReplicas":[],"masterEpoch":3,"notInSyncReplicas":[],"syncStateSetEpoch":5}}}';
    const state = (await adminOf(() => ({ body })).admin.syncState(['b'])).get('b');
    expect(state).toEqual({ masterEpoch: 3, syncStateSetEpoch: 5, inSync: [], notInSync: [] });
  });

  it('asks nothing about nothing', async () => {
    const { admin, transport } = adminOf();
    await expect(admin.syncState([])).resolves.toEqual(new Map());
    expect(transport.sent).toHaveLength(0);
  });
});

describe('following the leader', () => {
  it('asks the leader that the controller names', async () => {
    const { admin, transport } = adminOf(({ address, code }) => {
      if (code === 1005) return metadata;
      return address === 'c1:9878' ? { body: syncState } : { code: 2007, remark: 'not leader' };
    });
    await expect(admin.syncState(['broker-a'])).resolves.toHaveProperty('size', 1);
    expect(transport.sent.map(({ address, code }) => `${address} ${code}`)).toEqual([
      'c0:9878 1006',
      'c0:9878 1005',
      'c1:9878 1006',
    ]);
  });

  it.each([
    ['there is none', { group: 'jraft', isLeader: 'false', peers: '' }],
    ['it is said to be the one that refused', { ...metadata.extFields, controllerLeaderAddress: 'c0:9878' }],
    ['the named one refuses, too', metadata.extFields],
  ])('says NotLeader when %s', async (_name, extFields) => {
    const { admin } = adminOf(({ code }) => (code === 1005 ? { extFields } : { code: 2007 }));
    await expect(admin.electMaster(election)).rejects.toMatchObject({ code: 'NotLeader', retryable: true });
  });
});

describe('electMaster', () => {
  it('designates the member and reads the new master', async () => {
    const { admin, transport } = adminOf(() => elected);
    await expect(admin.electMaster(election)).resolves.toEqual({
      changed: true,
      masterBrokerId: 2,
      masterAddress: 'b2:10911',
      masterEpoch: 4,
      syncStateSetEpoch: 6,
    });
    expect(transport.sent[0]).toMatchObject({
      code: 1002,
      extFields: {
        clusterName: 'C',
        brokerName: 'broker-a',
        brokerId: '2',
        designateElect: 'true',
        invokeTime: '1700000000000',
      },
    });
  });

  it('is content when the member is master already', async () => {
    const { admin } = adminOf(({ code }) => (code === 1006 ? { body: syncState } : { code: 2011 }));
    await expect(admin.electMaster({ ...election, brokerId: 1 })).resolves.toEqual({
      changed: false,
      masterBrokerId: 1,
      masterAddress: 'b1:10911',
      masterEpoch: 3,
      syncStateSetEpoch: 5,
    });
  });

  it('is not content when another one is', async () => {
    const { admin } = adminOf(({ code }) => (code === 1006 ? { body: syncState } : { code: 2011 }));
    await expect(admin.electMaster(election)).rejects.toMatchObject({ code: 'Refused', responseCode: 2011 });
  });

  it('reports a failed election', async () => {
    const { admin } = adminOf(() => ({ code: 2012 }));
    await expect(admin.electMaster(election)).rejects.toMatchObject({ code: 'Refused', responseCode: 2012 });
  });

  it('trusts no incomplete answer', async () => {
    const { admin } = adminOf(() => ({ ...elected, extFields: { masterAddress: 'b2:10911' } }));
    await expect(admin.electMaster(election)).rejects.toMatchObject({ code: 'Protocol' });
  });
});

describe('cleanBrokerData', () => {
  it('names the members, and spares living ones', async () => {
    const { admin, transport } = adminOf();
    await admin.cleanBrokerData({ cluster: 'C', brokerName: 'broker-a', brokerIds: [2, 3] });
    const extFields = { brokerControllerIdsToClean: '2;3', isCleanLivingBroker: 'false' };
    expect(transport.sent[0]).toMatchObject({ code: 1011, extFields });
  });

  it('never sends an empty list, which would clean the whole group', async () => {
    const { admin, transport } = adminOf();
    const clean = admin.cleanBrokerData({ cluster: 'C', brokerName: 'broker-a', brokerIds: [] });
    await expect(clean).rejects.toMatchObject({ code: 'Invalid' });
    expect(transport.sent).toHaveLength(0);
  });
});
