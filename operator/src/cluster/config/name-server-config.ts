/** The properties file of the name servers; it is the same for all of them. */
import { ports } from '../addresses.ts';
import type { NameServerInputs } from '../inputs.ts';
import { nameServerPath } from '../paths.ts';
import { checkConfig, type ConfigProblem } from './key-table.ts';
import { nameServerKeys } from './name-server-keys.ts';
import { renderProperties } from './properties.ts';

/** The file of the name servers in their revision. */
export const nameServerFile = 'namesrv.conf';

const files = 'the operator chooses the paths';
const mode = 'it follows from spec.brokers.failover';

export const ownedNameServerKeys: ReadonlyMap<string, string> = new Map([
  ['listenPort', 'it is always 9876'],
  ['bindAddress', 'addresses follow from the names of the pods'],
  ['kvConfigPath', files],
  ['configStorePath', files],
  ['rocketmqHome', 'it follows from spec.version'],
  ['configBlackList', 'the operator renders the file'],
  ['enableControllerInNamesrv', mode],
  ['supportActingMaster', mode],
  ['notifyMinBrokerIdChanged', mode],
  ['useTLS', 'encryption is not served yet'],
]);

export const nameServerDefaults: Readonly<Record<string, string>> = { scanNotActiveBrokerInterval: '2000' };

export function nameServerConfig(inputs: NameServerInputs): string {
  return renderProperties(
    new Map([
      ...Object.entries(nameServerDefaults),
      ...Object.entries(inputs.config),
      ['listenPort', String(ports.nameServer)],
      ['kvConfigPath', `${nameServerPath}/kvConfig.json`],
      ['configStorePath', `${nameServerPath}/namesrv.properties`],
    ]),
  );
}

export function checkNameServerConfig(config: Readonly<Record<string, string>>): readonly ConfigProblem[] {
  return checkConfig(config, {
    path: 'spec.nameServers.config',
    keys: nameServerKeys,
    owned: ownedNameServerKeys,
  });
}
