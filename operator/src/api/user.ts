import * as z from 'zod';
import { clusterRef } from './cluster-ref.ts';
import { conditionList } from './conditions.ts';
import {
  innerUserPrefixes,
  innerUsers,
  notReservedCel,
  userNameMax,
  userNamePattern,
  userNameProblem,
} from './names.ts';
import { mapList, setList, type Stored, text, withRules } from './schema/authoring.ts';

/** 32 broker groups of 5 members. */
const membersMax = 160;
const podNameMax = 63;
const actions = ['All', 'Pub', 'Sub', 'Create', 'Update', 'Delete', 'Get', 'List'] as const;
const octet = '(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])';
const ipv4 = `(${octet}[.]){3}${octet}(/(3[0-2]|[12]?[0-9]))?`;
// RocketMQ compares a single address as text, in a spelling of Java's own: only blocks fit somebody for sure.
const ipv6 = '[0-9a-fA-F:]*:[0-9a-fA-F:.]*/(12[0-8]|1[01][0-9]|[1-9]?[0-9])';

const policy = z.object({
  resource: text({
    max: 136,
    pattern: /^([*]|(Topic|Group|Cluster):([*]|[%|a-zA-Z0-9_-]+[*]?))$/,
    sample: 'Topic:ORDERS',
  }).describe(
    '*: everything. Topic:, Group: or Cluster: and a name, the beginning of names and *, or * alone. The longest one that fits decides.',
  ),
  actions: setList(z.enum(actions), actions.length)
    .min(1)
    .describe(
      'What it is about. A producer needs Pub on its topics, a consumer Sub on its topics and on its group.',
    ),
  decision: z.enum(['Allow', 'Deny']).default('Allow').describe('What nobody allows is denied.'),
  sourceIps: setList(text({ max: 49, pattern: new RegExp(`^(${ipv4}|${ipv6})$`), sample: '10.0.0.0/8' }), 64)
    .min(1)
    .exactOptional()
    .describe(
      'Only from these addresses or blocks of addresses; of IPv6 only blocks, as fd00::1/128. Absent: from everywhere.',
    ),
});

const rotation = z.object({
  id: text({
    max: 63,
    pattern: /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/,
    sample: 'summer',
  }).describe('Name of this rotation. It is carried out once; another id is another rotation.'),
  overlapSeconds: z
    .int32()
    .min(0)
    .max(2_592_000)
    .default(3600)
    .describe('How long the old credentials work beside the new ones.'),
});

const fields = z.object({
  clusterRef: clusterRef(),
  userName: withRules(text({ max: userNameMax, pattern: userNamePattern, sample: 'order' }), {
    id: 'user-name-not-inner',
    rule: notReservedCel(innerUsers, innerUserPrefixes),
    message: 'userName is a name of the operator itself: choose another',
    holds: (name) => userNameProblem(name) !== 'System',
    accepts: { value: 'gantry2' },
    refuses: { value: 'gantry-inner' },
  })
    .exactOptional()
    .describe(
      'Name of the user. Absent: metadata.name. Cannot change. Its users in RocketMQ have this name, or this name and .a or .b.',
    ),
  type: z
    .enum(['Normal', 'Super'])
    .default('Normal')
    .describe('Normal: may do what its policies allow. Super: may do everything.'),
  secretName: text({ max: 253, pattern: /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, sample: 'order-rocketmq' })
    .exactOptional()
    .describe(
      'Name of the Secret that has its credentials: accessKey and secretKey. Absent: metadata.name and -rocketmq. With another name generated credentials are made anew, and those of before end at once.',
    ),
  credentials: z
    .enum(['Generated', 'Given'])
    .default('Generated')
    .describe(
      'Generated: the operator makes the Secret, with the address of the proxies in endpoints. Given: the Secret is somebody’s own, has the label rocketmq.gantry.dev/credentials: user and the key secretKey.',
    ),
  policies: mapList(policy, 'resource', 64)
    .exactOptional()
    .describe('What it may do, and what not. Others that brokers have of it are taken away.'),
  rotation: rotation
    .exactOptional()
    .describe(
      'Makes new credentials. The Secret gets them as soon as every member of the cluster knows them, and the old ones stay for a while.',
    ),
  deletionPolicy: z
    .enum(['Delete', 'Retain'])
    .default('Delete')
    .describe(
      'What becomes of the user when this object is deleted. Delete: its credentials end. Retain: they go on to work; only the Secret goes, if the operator made it.',
    ),
});

export const userSpec = withRules(
  fields,
  {
    id: 'given-credentials-have-a-secret',
    rule: "self.credentials != 'Given' || has(self.secretName)",
    message: 'credentials that are Given need secretName: the name of the Secret that has them',
    holds: ({ credentials, secretName }) => credentials !== 'Given' || secretName !== undefined,
    accepts: { value: { credentials: 'Given', secretName: 'order' } },
    refuses: { value: { credentials: 'Given' } },
  },
  {
    id: 'given-credentials-not-rotated',
    rule: "!has(self.rotation) || self.credentials == 'Generated'",
    message: 'only credentials that are Generated are rotated: remove rotation, and change the Secret itself',
    holds: ({ credentials, rotation: wanted }) => wanted === undefined || credentials === 'Generated',
    accepts: { value: { rotation: { id: 'summer' } } },
    refuses: { value: { credentials: 'Given', secretName: 'order', rotation: { id: 'summer' } } },
  },
  {
    id: 'super-user-without-policies',
    rule: "self.type != 'Super' || !has(self.policies) || size(self.policies) == 0",
    message:
      'policies say nothing of a Super user, which may do everything: remove them, or set type to Normal',
    holds: ({ type, policies = [] }) => type !== 'Super' || policies.length === 0,
    accepts: { value: { type: 'Super' } },
    refuses: { value: { type: 'Super', policies: [{ resource: '*', actions: ['All'] }] } },
  },
);

export type UserSpec = Stored<z.output<typeof userSpec>>;

const memberDifference = z.object({
  member: z.string().max(podNameMax).describe('Name of the pod.'),
  reason: z.string().max(128).describe('Why, in one word, as in the conditions.'),
  message: z.string().max(2_048).describe('Why, in a sentence.'),
});

export const userStatus = z.object({
  observedGeneration: z.int().exactOptional().describe('Generation of the spec that this status is about.'),
  conditions: conditionList(),
  userName: z.string().max(userNameMax).exactOptional().describe('Name of the user.'),
  members: setList(z.string().max(podNameMax), membersMax)
    .exactOptional()
    .describe('Members that were last read back with this user as it should be.'),
  differing: mapList(memberDifference, 'member', membersMax)
    .exactOptional()
    .describe('Members that do not have this user as it should be, or may not.'),
  accessKeys: setList(z.string().max(userNameMax + 2), 2)
    .exactOptional()
    .describe('Its users in RocketMQ that were last read back on every member.'),
  rotation: z
    .object({
      id: z.string().max(63).describe('Id of the rotation.'),
      retiresAt: z.iso.datetime().exactOptional().describe('When the old credentials end.'),
    })
    .exactOptional()
    .describe('The last rotation of credentials.'),
});
export type UserStatus = Stored<z.output<typeof userStatus>>;

interface NamedUser {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly userName?: string | undefined; readonly secretName?: string | undefined };
}

/** spec.userName, or the object's own name. */
export function userNameOf({ metadata, spec }: NamedUser): string {
  return spec.userName ?? metadata.name;
}

/** The Secret that has its credentials. */
export function secretNameOf({ metadata, spec }: NamedUser): string {
  return spec.secretName ?? `${metadata.name}-rocketmq`;
}
