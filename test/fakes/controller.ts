import type { Command } from '../../operator/src/rocketmq/codec/command.ts';
import type { Endpoint, Network } from './network.ts';
import { electionCodes, type ReplicasInfo } from './replicas-info.ts';
import { refusal, RemotingServer, responseCodes, success, type Reply } from './remoting-server.ts';
import { FakeSettings } from './settings.ts';

/** The state that all controllers of a cluster share, as if by Raft. */
export interface ControllerState {
  readonly groups: () => readonly ReplicasInfo[];
  readonly leader: () => { readonly id: string; readonly address: string } | undefined;
  readonly peers: () => readonly { readonly id: string; readonly address: string }[];
  /** After an election on request: the brokers learn of it. */
  readonly elected: (group: ReplicasInfo) => void;
}

const requestCodes = {
  elect: 1002,
  metadata: 1005,
  syncState: 1006,
  config: 1010,
  cleanBrokers: 1011,
} as const;
const controllerNotLeader = 2007;
const electionRemarks = {
  [electionCodes.success]: '',
  [electionCodes.invalidCleanMetadata]: 'Broker is still alive, clean up failure',
  [electionCodes.needToBeRegistered]: "Broker hasn't been registered",
  [electionCodes.masterStillExists]: 'The old master is still alive',
  [electionCodes.electionFailed]: 'Failed to elect a new master',
} as const;

export class FakeController {
  readonly server: RemotingServer;
  readonly #state: ControllerState;
  readonly #settings = new FakeSettings({ controllerType: 'jRaft', listenPort: '9878' });

  constructor(state: ControllerState, endpoint?: Endpoint, network?: Network) {
    this.#state = state;
    this.server = new RemotingServer((request) => this.#handle(request), endpoint, network);
  }

  get address(): string {
    return this.server.address;
  }

  #handle(request: Command): Reply {
    if (request.code === requestCodes.metadata) return this.#metadata();
    if (request.code === requestCodes.config) return this.#settings.read();
    if (this.#state.leader()?.address !== this.address) {
      return refusal(controllerNotLeader, 'The controller is not in leader state');
    }
    switch (request.code) {
      case requestCodes.syncState:
        return this.#syncState(JSON.parse(request.body.toString('utf8')));
      case requestCodes.elect:
        return this.#elect(request.extFields['brokerName'] ?? '', Number(request.extFields['brokerId']));
      case requestCodes.cleanBrokers:
        return this.#clean(request.extFields);
      default:
        return refusal(responseCodes.notSupported, ` request type ${request.code} not supported`);
    }
  }

  #group(brokerName: string): ReplicasInfo | undefined {
    return this.#state.groups().find((group) => group.brokerName === brokerName);
  }

  #elect(brokerName: string, id: number): Reply {
    const group = this.#group(brokerName);
    const code = group?.elect(id) ?? electionCodes.needToBeRegistered;
    if (group === undefined || code !== electionCodes.success) return refusal(code, electionRemarks[code]);
    this.#state.elected(group);
    const addresses = group.members.map((member) => `${member.id}:${JSON.stringify(member.address)}`);
    return {
      ...success,
      extFields: {
        masterBrokerId: String(id),
        masterAddress: group.masterAddress ?? '',
        masterEpoch: String(group.masterEpoch),
        syncStateSetEpoch: String(group.syncStateSetEpoch),
      },
      body: `{"brokerMemberGroup":{"brokerAddrs":{${addresses.join(',')}}},"syncStateSet":[${id}]}`,
    };
  }

  #clean(ext: Readonly<Record<string, string>>): Reply {
    const ids = (ext['brokerControllerIdsToClean'] ?? '').split(';').map(Number);
    const code = this.#group(ext['brokerName'] ?? '')?.clean(ids) ?? electionCodes.invalidCleanMetadata;
    return code === electionCodes.success ? success : refusal(code, electionRemarks[code]);
  }

  #metadata(): Reply {
    const leader = this.#state.leader();
    const peers = this.#state.peers().map(({ id, address }) => `${id}:${address}`);
    return {
      ...success,
      extFields: {
        group: 'gantry',
        ...(leader === undefined
          ? {}
          : { controllerLeaderId: leader.id, controllerLeaderAddress: leader.address }),
        isLeader: String(leader?.address === this.address),
        peers: peers.join(';'),
      },
    };
  }

  #syncState(names: readonly string[]): Reply {
    if (names.length === 0) return refusal(responseCodes.systemError, 'no broker names');
    const known = this.#state.groups().filter(({ brokerName }) => names.includes(brokerName));
    const replicasInfoTable = Object.fromEntries(known.map((group) => [group.brokerName, describe(group)]));
    return { ...success, body: JSON.stringify({ replicasInfoTable }) };
  }
}

function describe(group: ReplicasInfo): object {
  const replica = ({ id, address, alive }: ReplicasInfo['members'][number]): object => ({
    alive,
    brokerAddress: address,
    brokerId: id,
    brokerName: group.brokerName,
  });
  const master = group.members.find(({ id }) => id === group.masterId);
  return {
    inSyncReplicas: group.members.filter(({ inSync }) => inSync).map(replica),
    ...(master === undefined ? {} : { masterAddress: master.address, masterBrokerId: master.id }),
    masterEpoch: group.masterEpoch,
    notInSyncReplicas: group.members.filter(({ inSync }) => !inSync).map(replica),
    syncStateSetEpoch: group.syncStateSetEpoch,
  };
}
