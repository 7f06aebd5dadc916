import type { Command } from '../../operator/src/rocketmq/codec/command.ts';
import {
  refusal,
  RemotingServer,
  responseCodes,
  success,
  type Endpoint,
  type Reply,
} from './remoting-server.ts';
import { FakeSettings } from './settings.ts';

/** What the controllers agree on about one broker group. */
export interface GroupState {
  readonly brokerName: string;
  masterId: number | undefined;
  masterEpoch: number;
  syncStateSetEpoch: number;
  readonly members: readonly {
    readonly id: number;
    readonly address: string;
    readonly alive: boolean;
    readonly inSync: boolean;
  }[];
}

/** The state that all controllers of a cluster share, as if by Raft. */
export interface ControllerState {
  readonly groups: () => readonly GroupState[];
  readonly leader: () => { readonly id: string; readonly address: string } | undefined;
  readonly peers: () => readonly { readonly id: string; readonly address: string }[];
  readonly elect: (brokerName: string, id: number) => Reply;
}

const requestCodes = { elect: 1002, metadata: 1005, syncState: 1006, config: 1010 } as const;
const controllerNotLeader = 2007;

export class FakeController {
  readonly server: RemotingServer;
  readonly #state: ControllerState;
  readonly #settings = new FakeSettings({ controllerType: 'jRaft', listenPort: '9878' });

  constructor(state: ControllerState, endpoint?: Endpoint) {
    this.#state = state;
    this.server = new RemotingServer((request) => this.#handle(request), endpoint);
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
        return this.#state.elect(
          request.extFields['brokerName'] ?? '',
          Number(request.extFields['brokerId']),
        );
      default:
        return refusal(responseCodes.notSupported, ` request type ${request.code} not supported`);
    }
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

function describe(group: GroupState): object {
  const replica = ({ id, address, alive }: GroupState['members'][number]): object => ({
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
