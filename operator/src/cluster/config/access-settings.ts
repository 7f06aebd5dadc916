/** The settings of access control, which brokers and proxies spell alike, and how far a configuration is with it. */
import type { Credentials } from '../../rocketmq/mod.ts';
import { brokerFile } from './live-keys.ts';
import { parseProperties } from './properties.ts';

/** What brokers and proxies are configured with. */
export interface Access {
  /** Of the processes of the cluster among themselves, and of the operator. */
  readonly credentials: Credentials;
  /** Whether requests are checked. */
  readonly enforced: boolean;
}

/** The file of the proxies in their revision. */
export const proxyFile = 'rmq-proxy.json';

const innerCredentialsKey = 'innerClientAuthenticationCredentials';

const provider = {
  authentication: 'org.apache.rocketmq.auth.authentication.provider',
  authorization: 'org.apache.rocketmq.auth.authorization.provider',
} as const;

/** Users and policies of a broker are its own: see decision 15. */
export function brokerAccess(access: Access): ReadonlyMap<string, string> {
  return new Map([
    ['authenticationEnabled', String(access.enforced)],
    ['authenticationProvider', `${provider.authentication}.DefaultAuthenticationProvider`],
    ['authenticationMetadataProvider', `${provider.authentication}.LocalAuthenticationMetadataProvider`],
    ['authorizationEnabled', String(access.enforced)],
    ['authorizationProvider', `${provider.authorization}.DefaultAuthorizationProvider`],
    ['authorizationMetadataProvider', `${provider.authorization}.LocalAuthorizationMetadataProvider`],
    [innerCredentialsKey, credentialsJson(access.credentials)],
  ]);
}

/** Proxies ask brokers for users and policies. */
export function proxyAccess(access: Access): Readonly<Record<string, string | boolean>> {
  return {
    // Without it a proxy in cluster mode signs nothing (DefaultMessagingProcessor.createForClusterMode).
    enableAclRpcHookForClusterMode: true,
    authenticationEnabled: access.enforced,
    authenticationProvider: `${provider.authentication}.DefaultAuthenticationProvider`,
    authenticationMetadataProvider: 'org.apache.rocketmq.proxy.auth.ProxyAuthenticationMetadataProvider',
    authorizationEnabled: access.enforced,
    authorizationProvider: `${provider.authorization}.DefaultAuthorizationProvider`,
    authorizationMetadataProvider: 'org.apache.rocketmq.proxy.auth.ProxyAuthorizationMetadataProvider',
    [innerCredentialsKey]: credentialsJson(access.credentials),
  };
}

function credentialsJson({ accessKey, secretKey }: Credentials): string {
  return JSON.stringify({ accessKey, secretKey });
}

/** `Signs`: it has the inner credentials, and lets everybody in. */
export type AccessStage = 'None' | 'Signs' | 'Checks';

/** Of a revision's files. */
export function accessStage(files: Files): AccessStage {
  const settings = settingsOf(files);
  if (!settings.has(innerCredentialsKey)) return 'None';
  return settings.get('authenticationEnabled') === 'true' ? 'Checks' : 'Signs';
}

/** What a process of these files signs by. */
export function credentialsIn(files: Files): Credentials | undefined {
  const text = settingsOf(files).get(innerCredentialsKey);
  if (text === undefined) return undefined;
  const { accessKey, secretKey } = membersOf(text);
  return typeof accessKey === 'string' && typeof secretKey === 'string'
    ? { accessKey, secretKey }
    : undefined;
}

type Files = Readonly<Record<string, string>>;

function settingsOf(files: Files): ReadonlyMap<string, string> {
  const ofProxy = files[proxyFile];
  if (ofProxy === undefined) return parseProperties(files[brokerFile] ?? '');
  return new Map(Object.entries(membersOf(ofProxy)).map(([key, setting]) => [key, String(setting)]));
}

function membersOf(json: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(json);
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
