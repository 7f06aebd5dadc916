import type { ControllerAdmin, ElectRequest } from '../admin.ts';
import type { Clock } from '../clock.ts';
import type { Command } from '../codec/command.ts';
import { writeJson } from '../codec/json-writer.ts';
import { responseCodes, type RequestName } from '../codes.ts';
import { RocketmqError } from '../errors.ts';
import type { CallOptions, ControllerMetadata, ElectResult, SyncState, SyncStateReplica } from '../types.ts';
import type { Arguments, Caller } from './caller.ts';
import { countOf, type Field } from './fields.ts';
import { readConfig } from './settings.ts';

export function controllerAdmin(caller: Caller, clock: Clock): ControllerAdmin {
  const asLeader = leaderCalls(caller, clock);

  const syncState: ControllerAdmin['syncState'] = async (brokerNames, options) => {
    // An empty list is refused with a system error.
    if (brokerNames.length === 0) return new Map();
    const body = writeJson([...brokerNames]);
    const response = await asLeader('controllerGetSyncStateData', { body }, options);
    return caller.read('controllerGetSyncStateData', response, (answer) => {
      const groups = answer.get('replicasInfoTable').members();
      return new Map(groups.map(([name, state]) => [name, readSyncState(state)]));
    });
  };

  return {
    address: caller.address,
    metadata: (options) => readMetadata(caller, options),
    config: (options) => readConfig(caller, 'controllerGetConfig', options),
    syncState,

    electMaster: async (request, options) => {
      const response = await asLeader(
        'controllerElectMaster',
        { extFields: electFields(request, clock), accept: [responseCodes.controllerMasterStillExist] },
        options,
      );
      if (response.code === responseCodes.success) return readElection(caller, response);
      const state = (await syncState([request.brokerName], options)).get(request.brokerName);
      const held = state === undefined ? undefined : masterIs(state, request.brokerId);
      if (held !== undefined) return held;
      throw caller.error('Refused', 'another member is master and alive', undefined, response.code);
    },

    cleanBrokerData: async ({ cluster, brokerName, brokerIds }, options) => {
      if (brokerIds.length === 0)
        throw caller.error('Invalid', 'no broker id: that would clean the whole group');
      const extFields = {
        clusterName: cluster,
        brokerName,
        brokerControllerIdsToClean: brokerIds.join(';'),
        isCleanLivingBroker: false,
        invokeTime: clock.now(),
      };
      await asLeader('controllerCleanBrokerData', { extFields }, options);
    },
  };
}

/** Asks the known controller, and the leader that it names when it does not lead itself. */
function leaderCalls(caller: Caller, clock: Clock) {
  return async (name: RequestName, given: Arguments, options: CallOptions = {}): Promise<Command> => {
    const startMs = clock.monotonicMs();
    const left = (): CallOptions =>
      options.timeoutMs === undefined
        ? options
        : { ...options, timeoutMs: Math.max(options.timeoutMs - (clock.monotonicMs() - startMs), 1) };
    try {
      return await caller.call(name, given, options);
    } catch (error) {
      if (!(error instanceof RocketmqError) || error.code !== 'NotLeader') throw error;
      const { leaderAddress } = await readMetadata(caller, left());
      if (leaderAddress === undefined || leaderAddress === caller.address) throw error;
      return caller.at(leaderAddress).call(name, given, left());
    }
  };
}

async function readMetadata(caller: Caller, options: CallOptions | undefined): Promise<ControllerMetadata> {
  const response = await caller.call('controllerGetMetadataInfo', {}, options);
  const { group, controllerLeaderId, controllerLeaderAddress, isLeader, peers } = response.extFields;
  if (group === undefined || isLeader === undefined) {
    throw caller.error('Protocol', 'the controller metadata is incomplete');
  }
  return {
    group,
    ...(controllerLeaderId === undefined || controllerLeaderId === ''
      ? {}
      : { leaderId: controllerLeaderId }),
    ...(controllerLeaderAddress === undefined || controllerLeaderAddress === ''
      ? {}
      : { leaderAddress: controllerLeaderAddress }),
    isLeader: isLeader === 'true',
    peers: (peers ?? '')
      .split(';')
      .filter((peer) => peer !== '')
      .map(readPeer),
  };
}

/** `id:host:port` from DLedger; jRaft has no other id than `host:port`. */
function readPeer(peer: string): ControllerMetadata['peers'][number] {
  const [, id, address = peer] = /^(.+?):([^:]+:\d+)$/.exec(peer) ?? [];
  return { id: id ?? address, address };
}

function electFields({ cluster, brokerName, brokerId }: ElectRequest, clock: Clock) {
  return { clusterName: cluster, brokerName, brokerId, designateElect: true, invokeTime: clock.now() };
}

function readElection(caller: Caller, response: Command): ElectResult {
  const { masterBrokerId, masterAddress, masterEpoch, syncStateSetEpoch } = response.extFields;
  return caller.read('controllerElectMaster', response, () => {
    if (masterAddress === undefined) throw new SyntaxError('no master address');
    return {
      changed: true,
      masterBrokerId: countOf(masterBrokerId, 'masterBrokerId'),
      masterAddress,
      masterEpoch: countOf(masterEpoch, 'masterEpoch'),
      syncStateSetEpoch: countOf(syncStateSetEpoch, 'syncStateSetEpoch'),
    };
  });
}

function masterIs(state: SyncState, brokerId: number): ElectResult | undefined {
  const { masterBrokerId, masterAddress, masterEpoch, syncStateSetEpoch } = state;
  if (masterBrokerId !== brokerId || masterAddress === undefined) return undefined;
  return { changed: false, masterBrokerId, masterAddress, masterEpoch, syncStateSetEpoch };
}

function readSyncState(state: Field): SyncState {
  const masterBrokerId = state.get('masterBrokerId');
  const masterAddress = state.get('masterAddress');
  return {
    ...(masterBrokerId.present ? { masterBrokerId: masterBrokerId.integer() } : {}),
    ...(masterAddress.present ? { masterAddress: masterAddress.string() } : {}),
    masterEpoch: state.get('masterEpoch').count(),
    syncStateSetEpoch: state.get('syncStateSetEpoch').count(),
    inSync: state.get('inSyncReplicas').list().map(readReplica),
    notInSync: state.get('notInSyncReplicas').list().map(readReplica),
  };
}

function readReplica(replica: Field): SyncStateReplica {
  return {
    brokerId: replica.get('brokerId').integer(),
    address: replica.get('brokerAddress').string(),
    alive: replica.get('alive').boolean(),
  };
}
