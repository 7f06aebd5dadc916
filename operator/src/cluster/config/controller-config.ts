/** The properties file of one standalone jRaft controller. */
import { controllerAddresses, controllerPeers, ports, type ClusterIdentity } from '../addresses.ts';
import type { ControllerInputs } from '../inputs.ts';
import { storePath } from '../paths.ts';
import { controllerKeys } from './controller-keys.ts';
import { checkConfig, type ConfigProblem } from './key-table.ts';
import { renderProperties } from './properties.ts';

const raft = 'it follows from spec.controllers.replicas';
const files = 'the store is the volume of the pod';

export const ownedControllerKeys: ReadonlyMap<string, string> = new Map([
  ['listenPort', 'it is always 9878'],
  ['bindAddress', 'addresses follow from the names of the pods'],
  ['controllerType', 'the operator runs jRaft controllers'],
  ['controllerDLegerGroup', raft],
  ['controllerDLegerPeers', raft],
  ['controllerDLegerSelfId', raft],
  ['jRaftGroupId', raft],
  ['jRaftServerId', raft],
  ['jRaftInitConf', raft],
  ['jRaftControllerRPCAddr', raft],
  ['controllerStorePath', files],
  ['configStorePath', files],
  ['enableElectUncleanMaster', 'an unclean election loses acknowledged messages'],
  ['notifyBrokerRoleChanged', 'failover needs it'],
  ['rocketmqHome', 'it follows from spec.version'],
  ['configBlackList', 'the operator renders the file'],
  ['useTLS', 'encryption is not served yet'],
]);

/**
 * jRaft's second of silence until an election is shorter than the pauses of a node that is starting a dozen JVMs: the leader
 * would be voted out for nothing, and no group can elect a master meanwhile. Only a group whose master dies together with
 * the leading controller waits for this.
 */
const electionTimeoutMs = 3_000;
/**
 * By how much longer each further controller waits. With the same time-out the two that are left by a leader that is cut off
 * stood for election together, again and again: before it asks for a vote, each waits for a second for a connection to the
 * third (NodeImpl.electSelf), which is as long as jRaft's own spread of their time-outs. Seen for 23 s.
 */
const electionStaggerMs = 1_000;

/** Of the first controller. */
export const controllerDefaults: Readonly<Record<string, string>> = {
  jRaftElectionTimeoutMs: String(electionTimeoutMs),
  // For so long after the first heartbeat in its life a controller does not look whom it does not hear. When all controllers
  // have just started, every broker has to have sent one by then.
  jRaftScanWaitTimeoutMs: '5000',
  scanNotActiveBrokerInterval: '1000',
  scanInactiveMasterInterval: '2000',
};

export function controllerConfig(id: ClusterIdentity, inputs: ControllerInputs, ordinal: number): string {
  const peers = controllerPeers(id, inputs.replicas);
  return renderProperties(
    new Map([
      ...Object.entries(controllerDefaults),
      ['jRaftElectionTimeoutMs', String(electionTimeoutMs + ordinal * electionStaggerMs)],
      ...Object.entries(inputs.config),
      ['listenPort', String(ports.controller)],
      ['controllerType', 'jRaft'],
      ['jRaftGroupId', `${id.name}-controller`],
      ['jRaftServerId', peers[ordinal] ?? ''],
      ['jRaftInitConf', peers.join(',')],
      ['jRaftControllerRPCAddr', controllerAddresses(id, inputs.replicas).join(',')],
      ['controllerStorePath', `${storePath}/controller`],
      ['configStorePath', `${storePath}/controller.properties`],
      ['enableElectUncleanMaster', 'false'],
      ['notifyBrokerRoleChanged', 'true'],
    ]),
  );
}

export function checkControllerConfig(config: Readonly<Record<string, string>>): readonly ConfigProblem[] {
  return checkConfig(config, {
    path: 'spec.controllers.config',
    keys: controllerKeys,
    owned: ownedControllerKeys,
  });
}
