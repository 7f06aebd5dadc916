import { describe, expect, it } from '@jest/globals';
import { isDeletion, isWrite, parseAuditLog } from './audit-log.ts';

const line = (fields: object): string =>
  JSON.stringify({
    kind: 'Event',
    auditID: 'a',
    stage: 'ResponseComplete',
    verb: 'patch',
    user: {
      username: 'system:serviceaccount:gantry-system:gantry',
      extra: { 'authentication.kubernetes.io/pod-name': ['gantry-1'] },
    },
    objectRef: { apiGroup: 'apps', resource: 'statefulsets', namespace: 'n', name: 's', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 201 },
    stageTimestamp: '2026-01-01T00:00:01.500000Z',
    annotations: { 'authorization.k8s.io/decision': 'allow' },
    ...fields,
  });

const [entry] = parseAuditLog(line({}));

describe('parseAuditLog', () => {
  it('reads who asked for what, and what came of it', () => {
    expect(entry).toEqual({
      id: 'a',
      at: Date.UTC(2026, 0, 1, 0, 0, 1, 500),
      verb: 'patch',
      user: 'system:serviceaccount:gantry-system:gantry',
      pod: 'gantry-1',
      group: 'apps',
      resource: 'statefulsets',
      namespace: 'n',
      name: 's',
      code: 201,
      message: '',
      decision: 'allow',
    });
  });

  it('names a subresource as roles do, and keeps what was said of a failure', () => {
    const [refused] = parseAuditLog(
      line({
        objectRef: { resource: 'pods', subresource: 'status', namespace: 'n', name: 'p' },
        responseStatus: { code: 403, message: 'pods "p" is forbidden' },
      }),
    );
    expect(refused).toMatchObject({
      group: '',
      resource: 'pods/status',
      code: 403,
      message: 'pods "p" is forbidden',
    });
  });

  it('takes the stages of a request for one', () => {
    const begun = line({ auditID: 'w', verb: 'watch', stage: 'ResponseStarted' });
    const over = line({ auditID: 'w', verb: 'watch', stageTimestamp: '2026-01-01T00:07:00Z' });
    const entries = parseAuditLog(`${begun}\n${line({})}\n${over}\n`);
    expect(entries.map(({ id, at }) => [id, new Date(at).getUTCMinutes()])).toEqual([
      ['w', 7],
      ['a', 0],
    ]);
  });

  it('finds nothing in nothing', () => expect(parseAuditLog('')).toEqual([]));
});

describe('an entry', () => {
  it.each([
    ['get', 'pods', false, false],
    ['watch', 'pods', false, false],
    ['update', 'leases', true, false],
    ['delete', 'pods', true, true],
    ['deletecollection', 'pods', true, true],
    ['create', 'pods/eviction', true, true],
    ['create', 'pods', true, false],
  ])('%s %s: a write %s, a deletion %s', (verb, resource, write, deletion) => {
    if (entry === undefined) throw new Error('no entry');
    const each = { ...entry, verb, resource };
    expect([isWrite(each), isDeletion(each)]).toEqual([write, deletion]);
  });
});
