import { describe, expect, it } from '@jest/globals';
import type { AuditEntry } from './audit-log.ts';
import { compareRoles, type BoundRole } from './roles.ts';

const entry = (verb: string, resource: string, rest: Partial<AuditEntry> = {}): AuditEntry => ({
  id: `${verb} ${resource}`,
  at: 0,
  verb,
  user: 'u',
  pod: '',
  group: '',
  resource,
  namespace: 'n',
  name: 'x',
  code: 200,
  message: '',
  decision: 'allow',
  ...rest,
});

const everywhere = (resource: string, ...verbs: readonly string[]): BoundRole => ({
  namespace: undefined,
  rules: [{ apiGroups: [''], resources: [resource], verbs }],
});

describe('compareRoles', () => {
  it('finds nothing wrong where exactly what is granted is used', () => {
    const lease = { group: 'coordination.k8s.io', namespace: 'system' };
    const roles: readonly BoundRole[] = [
      everywhere('pods', 'list', 'watch'),
      {
        namespace: 'system',
        rules: [{ apiGroups: [lease.group], resources: ['leases'], verbs: ['update'] }],
      },
    ];
    const entries = [entry('list', 'pods'), entry('watch', 'pods'), entry('update', 'leases', lease)];
    expect(compareRoles(roles, entries)).toEqual({
      wildcards: [],
      unused: [],
      refused: [],
      counts: new Map([
        ['leases of coordination.k8s.io', 'update 1'],
        ['pods of core', 'list 1, watch 1'],
      ]),
    });
  });

  it.each<[string, BoundRole, AuditEntry]>([
    ['another verb', everywhere('pods', 'delete'), entry('list', 'pods')],
    ['another resource', everywhere('pods', 'delete'), entry('delete', 'secrets')],
    ['a subresource', everywhere('pods', 'patch'), entry('patch', 'pods/status')],
    ['another group', everywhere('pods', 'delete'), entry('delete', 'pods', { group: 'apps' })],
    ['another namespace', { ...everywhere('pods', 'delete'), namespace: 'm' }, entry('delete', 'pods')],
    ['no object at all', everywhere('pods', 'get'), entry('get', '')],
    [
      'a URL',
      { namespace: undefined, rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }] },
      entry('get', 'pods'),
    ],
  ])('calls a verb unused when what was asked for is %s', (_what, role, asked) => {
    expect(compareRoles([role], [asked]).unused).toHaveLength(1);
  });

  it('takes an apply that made its object for a creation as well', () => {
    const role = everywhere('services', 'patch', 'create');
    expect(compareRoles([role], [entry('patch', 'services')]).unused).toEqual(['create services of core']);
    expect(compareRoles([role], [entry('patch', 'services', { code: 201 })]).unused).toEqual([]);
  });

  it('expects no request for what only admission asks for', () => {
    const rules = [
      { apiGroups: ['rocketmq.gantry.dev'], resources: ['rocketmqclusters/finalizers'], verbs: ['update'] },
    ];
    expect(compareRoles([{ namespace: undefined, rules }], []).unused).toEqual([]);
  });

  it.each([
    [{ apiGroups: ['*'], resources: ['pods'], verbs: ['get'] }],
    [{ apiGroups: [''], resources: ['*'], verbs: ['get'] }],
    [{ apiGroups: [''], resources: ['pods/*'], verbs: ['get'] }],
    [{ apiGroups: [''], resources: ['pods'], verbs: ['*'] }],
    [{ nonResourceURLs: ['/metrics/*'], verbs: ['get'] }],
  ])('finds the wildcard in %j', (rule) => {
    expect(compareRoles([{ namespace: undefined, rules: [rule] }], []).wildcards).toHaveLength(1);
  });

  const refusal = { code: 403, decision: 'forbid', message: 'User "u" cannot delete resource "pods"' };
  const granted = everywhere('pods', 'delete');

  it.each<[string, readonly BoundRole[], AuditEntry, number]>([
    ['no role grants it', [], entry('delete', 'pods', refusal), 1],
    ['the server had not read the roles yet', [granted], entry('delete', 'pods', refusal), 0],
    [
      'the namespace is on its way out',
      [granted],
      entry('patch', 'secrets', { code: 403, message: 'unable to create … because it is being terminated' }),
      0,
    ],
    [
      'an apply may patch and not create',
      [everywhere('secrets', 'patch')],
      entry('patch', 'secrets', { code: 403, message: 'secrets "x" is forbidden: ' }),
      1,
    ],
  ])('of a refused request: %s', (_why, roles, asked, count) => {
    expect(compareRoles(roles, [asked]).refused).toHaveLength(count);
  });
});
