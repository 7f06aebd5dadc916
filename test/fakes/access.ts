import type { Command } from '../../operator/src/rocketmq/codec/command.ts';
import type { Credentials } from '../../operator/src/rocketmq/mod.ts';
import { sign } from '../../operator/src/rocketmq/signing.ts';
import {
  AccessRefused,
  mergePolicies,
  readPolicies,
  readResource,
  withoutEntry,
  wordOf,
  type AclFields,
  type StoredPolicy,
  type StoredUser,
} from './access-store.ts';
import type { BrokerStore } from './broker-store.ts';
import { refusal, responseCodes, success, type Reply } from './remoting-server.ts';

export interface FakeAccess {
  readonly innerCredentials: Credentials;
  /** Whether requests are checked. */
  readonly enforced: boolean;
}

/** The settings that make a broker so. */
export function accessSettings({ innerCredentials, enforced }: FakeAccess): ReadonlyMap<string, string> {
  const { accessKey, secretKey } = innerCredentials;
  const auth = 'org.apache.rocketmq.auth';
  return new Map([
    ['authenticationEnabled', String(enforced)],
    ['authenticationMetadataProvider', `${auth}.authentication.provider.LocalAuthenticationMetadataProvider`],
    ['authorizationEnabled', String(enforced)],
    ['authorizationMetadataProvider', `${auth}.authorization.provider.LocalAuthorizationMetadataProvider`],
    ['innerClientAuthenticationCredentials', JSON.stringify({ accessKey, secretKey })],
  ]);
}

/** Body of requests 3001 and 3002 (UserInfo.java): any field may be left out. */
interface UserFields {
  readonly password?: string;
  readonly userType?: string;
  readonly userStatus?: string;
}

const requestCodes = {
  createUser: 3001,
  updateUser: 3002,
  deleteUser: 3003,
  getUser: 3004,
  listUser: 3005,
  createAcl: 3006,
  updateAcl: 3007,
  deleteAcl: 3008,
  getAcl: 3009,
  listAcl: 3010,
} as const;

const ownCodes: ReadonlySet<number> = new Set(Object.values(requestCodes));

/**
 * Users and policies of one broker, and the check of its requests. As the real ones it has its configuration from its start
 * on, whatever request 25 says later. Policies are kept, and nobody is measured by them: only the requests of this file are
 * for `Super` users alone.
 */
export class BrokerAccess {
  readonly #cluster: string;
  readonly #store: BrokerStore;
  readonly #hasProviders: boolean;
  readonly #authenticates: boolean;
  readonly #authorizes: boolean;

  constructor(cluster: string, store: BrokerStore, settings: ReadonlyMap<string, string>) {
    this.#cluster = cluster;
    this.#store = store;
    this.#hasProviders =
      settings.has('authenticationMetadataProvider') && settings.has('authorizationMetadataProvider');
    this.#authenticates = settings.get('authenticationEnabled') === 'true';
    this.#authorizes = settings.get('authorizationEnabled') === 'true';
    this.#initUser(settings.get('innerClientAuthenticationCredentials'));
  }

  /** Answers what is about users and policies, and what is refused; all else is for `next`. */
  serve(request: Command, next: () => Reply): Reply {
    try {
      if (this.#authenticates) this.#authenticate(request);
      if (!ownCodes.has(request.code)) return next();
      if (this.#authorizes) this.#authorize(request);
      if (!this.#hasProviders) return withoutProviders(request.code);
      return this.#handle(request);
    } catch (error) {
      if (error instanceof AccessRefused) return refusal(responseCodes.noPermission, error.message);
      throw error;
    }
  }

  /** AuthenticationMetadataManagerImpl.initUser: a user that is there keeps its password. */
  #initUser(credentials: string | undefined): void {
    if (credentials === undefined) return;
    const inner: Credentials = JSON.parse(credentials);
    if (this.#store.users.has(inner.accessKey)) return;
    this.#keep({
      username: inner.accessKey,
      password: inner.secretKey,
      userType: 'Super',
      userStatus: 'enable',
    });
  }

  /** DefaultAuthenticationHandler. */
  #authenticate({ extFields, body }: Command): void {
    const { AccessKey: username = '', Signature: signature, ...fields } = extFields;
    if (username === '') throw new AccessRefused('username cannot be null.');
    const user = this.#store.users.get(username);
    if (user === undefined) throw new AccessRefused(`User:${username} is not found.`);
    if (user.userStatus === 'disable') throw new AccessRefused(`User:${username} is disabled.`);
    const signed = sign(fields, body, { accessKey: username, secretKey: user.password });
    if (signature !== signed['Signature']) throw new AccessRefused('check signature failed.');
  }

  #authorize(request: Command): void {
    if (isSuper(this.#store, request)) return;
    const user = `User:${request.extFields['AccessKey'] ?? ''}`;
    throw new AccessRefused(
      `${user} has no permission to access Cluster:${this.#cluster} from 127.0.0.1, no matched policies.`,
    );
  }

  #handle(request: Command): Reply {
    const ext = request.extFields;
    switch (request.code) {
      case requestCodes.createUser:
        return this.#createUser(request, ext['username'] ?? '');
      case requestCodes.updateUser:
        return this.#updateUser(request, ext['username'] ?? '');
      case requestCodes.deleteUser:
        return this.#deleteUser(request, ext['username'] ?? '');
      case requestCodes.getUser:
        return bodyOf(this.#store.users.get(ext['username'] ?? ''));
      case requestCodes.listUser:
        return this.#listUsers(ext['filter'] ?? '');
      case requestCodes.createAcl:
      case requestCodes.updateAcl:
        return this.#putAcl(request);
      case requestCodes.deleteAcl:
        return this.#deleteAcl(ext);
      case requestCodes.getAcl:
        return this.#getAcl(ext['subject'] ?? '');
      default:
        return this.#listAcls(ext['subjectFilter'] ?? '', ext['resourceFilter'] ?? '');
    }
  }

  #createUser(request: Command, username: string): Reply {
    if (username === '') return refusal(responseCodes.invalidParameter, 'The username is blank');
    const fields = userFields(request);
    if (fields.userType === 'Super' && lacksSuper(this.#store, request)) {
      return refusal(responseCodes.systemError, 'The super user can only be create by super user');
    }
    if (fields.password === undefined) throw new AccessRefused('password can not be blank');
    if (this.#store.users.has(username)) throw new AccessRefused('The user is existed');
    this.#keep({ userType: 'Normal', userStatus: 'enable', ...fields, password: fields.password, username });
    return success;
  }

  /** What the body leaves out stays. */
  #updateUser(request: Command, username: string): Reply {
    if (username === '') return refusal(responseCodes.invalidParameter, 'The username is blank');
    const fields = userFields(request);
    const onlyBySuper = 'The super user can only be update by super user';
    if (fields.userType === 'Super' && lacksSuper(this.#store, request)) {
      return refusal(responseCodes.systemError, onlyBySuper);
    }
    const old = this.#store.users.get(username);
    if (old === undefined) throw new AccessRefused('The user is not exist');
    if (old.userType === 'Super' && lacksSuper(this.#store, request)) throw new AccessRefused(onlyBySuper);
    this.#keep({ ...old, ...fields });
    return success;
  }

  #deleteUser(request: Command, username: string): Reply {
    if (username === '') throw new AccessRefused('username can not be blank');
    const user = this.#store.users.get(username);
    if (user?.userType === 'Super' && lacksSuper(this.#store, request)) {
      throw new AccessRefused('The super user can only be update by super user');
    }
    if (user !== undefined) this.#store.acls.delete(`User:${username}`);
    this.#store.users.delete(username);
    return success;
  }

  #listUsers(filter: string): Reply {
    const users = [...this.#store.users.values()].filter(({ username }) => username.includes(filter));
    return bodyOf(
      users.length === 0 ? undefined : users.toSorted((a, b) => (a.username < b.username ? -1 : 1)),
    );
  }

  /** Creating and updating do the same; a user's first policies are stored as they come. */
  #putAcl(request: Command): Reply {
    const fields: AclFields = JSON.parse(request.body.toString('utf8'));
    const subject = fields.subject ?? request.extFields['subject'] ?? '';
    const policies = readPolicies(fields);
    if (!this.#hasUser(subject)) throw new AccessRefused(`The subject of ${subject} is not exist.`);
    const stored = this.#store.acls.get(subject);
    this.#store.acls.set(subject, stored === undefined ? policies : mergePolicies(stored, policies));
    return success;
  }

  /** Without a resource, or with one that it cannot read, all of them go. */
  #deleteAcl(ext: Command['extFields']): Reply {
    const { subject = '', policyType, resource: text } = ext;
    if (!this.#hasUser(subject)) throw new AccessRefused('The subject is not exist.');
    const stored = this.#store.acls.get(subject);
    if (stored === undefined) throw new AccessRefused('The acl is not exist.');
    const resource = readResource(text);
    const type = wordOf(['Custom', 'Default'], policyType) ?? 'Custom';
    const left = resource === undefined ? [] : withoutEntry(stored, type, resource);
    if (left.length === 0) this.#store.acls.delete(subject);
    else this.#store.acls.set(subject, left);
    return success;
  }

  #getAcl(subject: string): Reply {
    if (!this.#hasUser(subject)) throw new AccessRefused('The subject is not exist.');
    const policies = this.#store.acls.get(subject);
    return bodyOf(policies === undefined ? undefined : { policies, subject });
  }

  #listAcls(subjectFilter: string, resourceFilter: string): Reply {
    const found = [...this.#store.acls]
      .filter(([subject]) => subject.includes(subjectFilter))
      .map(([subject, policies]) => ({ policies: matching(policies, resourceFilter), subject }))
      .filter(({ policies }) => policies.length > 0)
      .toSorted((a, b) => (a.subject < b.subject ? -1 : 1));
    return bodyOf(found.length === 0 ? undefined : found);
  }

  #hasUser(subject: string): boolean {
    return subject.startsWith('User:') && this.#store.users.has(subject.slice('User:'.length));
  }

  #keep(user: StoredUser): void {
    this.#store.users.set(user.username, user);
  }
}

/** Whatever is not there is an empty body. */
function bodyOf(value: object | undefined): Reply {
  return value === undefined ? success : { ...success, body: JSON.stringify(value) };
}

/** Words that it does not know, and a blank password, are as if left out. */
function userFields(request: Command): Partial<Omit<StoredUser, 'username'>> {
  const fields: UserFields = JSON.parse(request.body.toString('utf8'));
  const { password = '' } = fields;
  const userType = wordOf(['Super', 'Normal'], fields.userType);
  const userStatus = wordOf(['enable', 'disable'], fields.userStatus);
  return {
    ...(password.trim() === '' ? {} : { password }),
    ...(userType === undefined ? {} : { userType }),
    ...(userStatus === undefined ? {} : { userStatus }),
  };
}

function matching(policies: readonly StoredPolicy[], resourceFilter: string): readonly StoredPolicy[] {
  return policies
    .map(({ entries, policyType }) => ({
      entries: entries.filter(({ resource }) => resource.includes(resourceFilter)),
      policyType,
    }))
    .filter(({ entries }) => entries.length > 0);
}

function isSuper(store: BrokerStore, { extFields }: Command): boolean {
  return store.users.get(extFields['AccessKey'] ?? '')?.userType === 'Super';
}

/** AdminBrokerProcessor.isNotSuperUserLogin: whoever does not say who it is may do it, while nobody is asked. */
function lacksSuper(store: BrokerStore, request: Command): boolean {
  return (request.extFields['AccessKey'] ?? '') !== '' && !isSuper(store, request);
}

function withoutProviders(code: number): Reply {
  // The only one that throws past its own handling (AuthorizationMetadataManagerImpl.listAcl).
  const thrown =
    'java.lang.IllegalStateException: The authorizationMetadataProvider is not configured., org.apache.rocketmq.auth.authorization.manager.AuthorizationMetadataManagerImpl.getAuthorizationMetadataProvider(AuthorizationMetadataManagerImpl.java)';
  const told = 'An system error occurred, please try again later.';
  return refusal(responseCodes.systemError, code === requestCodes.listAcl ? thrown : told);
}
