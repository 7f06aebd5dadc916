import type { AccessAdmin } from '../admin.ts';
import type { JsonObject } from '../codec/json-value.ts';
import { writeJson } from '../codec/json-writer.ts';
import { responseCodes, type RequestName } from '../codes.ts';
import { RocketmqError } from '../errors.ts';
import type { AccessPolicy, AccessUser, CallOptions } from '../types.ts';
import type { Arguments, Caller } from './caller.ts';
import { UnexpectedShape, type Field } from './fields.ts';

/** RocketMQ's access control, ACL 2.0. */
export function accessCalls(caller: Caller): AccessAdmin {
  const list = async <T>(
    name: RequestName,
    options: CallOptions | undefined,
    read: (item: Field) => readonly (readonly [string, T])[],
  ): Promise<ReadonlyMap<string, T>> => {
    const response = await caller.call(name, {}, options);
    // How an empty list is written.
    if (response.body.length === 0) return new Map();
    return caller.read(name, response, (body) => {
      const items = body.list().flatMap(read);
      const table = new Map(items);
      if (table.size < items.length) throw new UnexpectedShape(body.path, 'a list with each name once');
      return table;
    });
  };

  const write = async (name: RequestName, given: Arguments, options?: CallOptions): Promise<void> => {
    try {
      await caller.call(name, given, options);
    } catch (error) {
      throw meaningOf(caller, error);
    }
  };

  const putUser = async (name: RequestName, user: AccessUser, options?: CallOptions): Promise<void> => {
    // A change with a blank password leaves the old one (AuthenticationMetadataManagerImpl.updateUser).
    if (user.password.trim() === '') throw caller.error('Invalid', `${name}: the password is blank`);
    const { username, password } = user;
    const body = writeJson({
      username,
      password,
      userType: user.type,
      userStatus: user.enabled ? 'enable' : 'disable',
    });
    await write(name, { extFields: { username }, body, secrets: [password] }, options);
  };

  return {
    users: (options) => list('authListUser', options, (item) => [readUser(item)]),
    createUser: (user, options) => putUser('authCreateUser', user, options),
    changeUser: (user, options) => putUser('authUpdateUser', user, options),
    deleteUser: (username, options) => write('authDeleteUser', { extFields: { username } }, options),

    policies: (options) => list('authListAcl', options, readAcl),

    putPolicies: async (username, policies, options) => {
      // An empty list is refused.
      if (policies.length === 0) return;
      const subject = `${subjectPrefix}${username}`;
      const body = writeJson({ subject, policies: writePolicies(policies) });
      await write('authUpdateAcl', { extFields: { subject }, body }, options);
    },

    deletePolicy: async (username, { policyType, resource }, options) => {
      // What it cannot read it takes for no resource at all, and deletes every policy of the user.
      if (!resourcePattern.test(resource))
        throw caller.error('Invalid', `authDeleteAcl: '${resource}' is no resource`);
      const extFields = { subject: `${subjectPrefix}${username}`, policyType, resource };
      try {
        await write('authDeleteAcl', { extFields }, options);
      } catch (error) {
        if (!(error instanceof RocketmqError) || error.code !== 'NotFound') throw error;
      }
    },
  };
}

const subjectPrefix = 'User:';

/** Resource.of, by the names of ResourceType. */
const resourcePattern = /^(?:\*|(?:Unknown|Any|Cluster|Namespace|Topic|Group):.+)$/i;

/**
 * RocketMQ answers with one code, 16, whatever its access control says no to, be it the caller or what the caller asks for
 * (AdminBrokerProcessor.handleAuthException): only the text tells.
 */
function meaningOf(caller: Caller, error: unknown): unknown {
  if (!(error instanceof RocketmqError) || error.responseCode !== responseCodes.noPermission) return error;
  const code = texts.find(([text]) => text.test(error.reason))?.[1];
  return code === undefined ? error : caller.error(code, error.reason, error, error.responseCode);
}

const texts = [
  // `The user …`, `The acl …`, `The subject …`.
  [/: The .*\bis not exist\b/, 'NotFound'],
  [/: The user is existed\b/, 'Refused'],
] as const;

function readUser(item: Field): readonly [string, AccessUser] {
  const username = item.get('username').string();
  const password = item.get('password').string();
  const type = oneOf(item.get('userType'), ['Super', 'Normal']);
  const status = item.get('userStatus');
  const enabled = !status.present || oneOf(status, ['enable', 'disable']) === 'enable';
  return [username, { username, password, type, enabled }];
}

/** Other subjects than users are left out. */
function readAcl(item: Field): readonly (readonly [string, readonly AccessPolicy[]])[] {
  const subject = item.get('subject').string();
  if (!subject.startsWith(subjectPrefix)) return [];
  return [[subject.slice(subjectPrefix.length), optionalList(item.get('policies')).flatMap(readPolicies)]];
}

function readPolicies(policy: Field): readonly AccessPolicy[] {
  return optionalList(policy.get('entries')).map((entry) => ({
    policyType: oneOf(policy.get('policyType'), ['Custom', 'Default']),
    resource: entry.get('resource').string(),
    actions: entry
      .get('actions')
      .list()
      .map((action) => action.string()),
    sourceIps: optionalList(entry.get('sourceIps')).map((ip) => ip.string()),
    decision: oneOf(entry.get('decision'), ['Allow', 'Deny']),
  }));
}

/** One policy a type: a user's first ones are stored as they come, and only the first of a type is ever looked at. */
function writePolicies(policies: readonly AccessPolicy[]): readonly JsonObject[] {
  const byType = Map.groupBy(policies, ({ policyType }) => policyType);
  return [...byType].map(([policyType, entries]) => ({
    policyType,
    entries: entries.map(({ resource, actions, sourceIps, decision }) => ({
      resource,
      actions,
      sourceIps,
      decision,
    })),
  }));
}

/** RocketMQ leaves out lists that are null. */
function optionalList(field: Field): readonly Field[] {
  return field.present ? field.list() : [];
}

/** RocketMQ reads its own words whatever their case. */
function oneOf<T extends string>(field: Field, words: readonly T[]): T {
  const text = field.string().toLowerCase();
  const word = words.find((each) => each.toLowerCase() === text);
  if (word === undefined) throw new UnexpectedShape(field.path, words.join(' or '));
  return word;
}
