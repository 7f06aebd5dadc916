import { describe, expect, it } from '@jest/globals';
import { ownerReference } from '../kube/mod.ts';
import { identityOf } from './addresses.ts';
import { brokerInputs, nameServerInputs } from './inputs.ts';
import { restartReasons } from './restart-reasons.ts';
import { configSecret } from './resources/config-secret.ts';
import { readRevision, renderRevision, targetRevision, type Kept, type Revision } from './revision.ts';
import { clusterOf } from './testing/specs.ts';

const cluster = clusterOf();
const id = identityOf(cluster);
const name = 'exchange-nameserver';
const rendered = renderRevision(id, name, nameServerInputs(cluster.spec));

const kept = (revision: Partial<Revision>, createdAt = '2026-01-01T00:00:00Z'): Kept => ({
  revision: { ...rendered, ...revision },
  createdAt,
});

describe('a revision', () => {
  it('is read back from its Secret as it was', () => {
    const secret = configSecret({ id, owner: ownerReference(cluster) }, {}, rendered);
    expect(readRevision(name, secret)).toEqual(rendered);
    expect(readRevision('exchange-proxy', secret)).toBeUndefined();
    expect(readRevision(name, { ...secret, data: { 'template.json': 'bm90IGpzb24=' } })).toBeUndefined();
  });
});

describe('targetRevision', () => {
  const older = kept({ hash: 'older' });
  const none = { running: [], restarting: false };

  it('is what is rendered when nothing runs', () => {
    expect(targetRevision({ rendered, kept: [], ...none })?.revision).toBe(rendered);
  });

  it('is what runs while the spec is the same, and says that a newer operator differs', () => {
    const target = targetRevision({ rendered, kept: [older], running: ['older'], restarting: false });
    expect(target).toEqual({ revision: older.revision, operatorUpgrade: true });
  });

  it('takes the upgrade along when the pods are down anyway', () => {
    const target = targetRevision({ rendered, kept: [older], running: ['older'], restarting: true });
    expect(target).toEqual({ revision: rendered, operatorUpgrade: false });
  });

  it('is what is rendered when the spec changed', () => {
    const changed = kept({ hash: 'older', inputsHash: 'other' });
    expect(targetRevision({ rendered, kept: [changed], running: ['older'], restarting: false })).toEqual({
      revision: rendered,
      operatorUpgrade: false,
    });
  });

  it('is the last valid one while the settings are wrong', () => {
    const wrong = { rendered: undefined, restarting: false };
    const newest = kept({ hash: 'newest' }, '2026-02-01T00:00:00Z');
    expect(targetRevision({ ...wrong, kept: [newest, older], running: ['older'] })?.revision.hash).toBe(
      'older',
    );
    expect(targetRevision({ ...wrong, kept: [older, newest], running: [] })?.revision.hash).toBe('newest');
    expect(targetRevision({ ...wrong, kept: [], running: [] })).toBeUndefined();
  });
});

describe('a live setting', () => {
  const broker = (config: Readonly<Record<string, string>>): Revision =>
    renderRevision(
      id,
      'exchange-broker-a-0',
      brokerInputs(
        clusterOf({ brokers: { groups: [{ name: 'broker-a' }], config: { ...config } } }).spec,
        {
          name: 'broker-a',
        },
        0,
      ),
    );
  const of = (revision: Revision): Kept => ({ revision, createdAt: '2026-01-01T00:00:00Z' });
  const target = (given: Revision, now: Revision): ReturnType<typeof targetRevision> =>
    targetRevision({ rendered: now, kept: [of(given)], running: [given.hash], restarting: false });
  const before = broker({ traceOn: 'false' });
  const after = broker({ traceOn: 'false', fileReservedTime: '48' });

  it('makes another revision of the same inputs', () => {
    expect(after.inputsHash).toBe(before.inputsHash);
    expect(target(before, after)).toEqual({ revision: after, operatorUpgrade: false });
    expect(target(after, before)).toEqual({ revision: before, operatorUpgrade: false });
  });

  it('brings nothing else of a newer operator along', () => {
    const newer: Revision = {
      ...after,
      hash: 'newer',
      template: { ...after.template, spec: { ...after.template.spec, containers: [], hostname: 'h' } },
    };
    const told = target(before, newer);
    expect(told).toMatchObject({ operatorUpgrade: true });
    const revision = told?.revision ?? before;
    expect(revision.files['broker.conf']).toContain('fileReservedTime=48\n');
    expect(restartReasons(before, revision)).toEqual([]);
    expect(revision.secretName).toBe(`exchange-broker-a-0-config-${revision.hash}`);
    expect(JSON.stringify(revision.template)).not.toContain(before.secretName);
    // And that one is kept in its turn, also when the setting goes again.
    expect(target(revision, newer)).toEqual({ revision, operatorUpgrade: true });
    const without = { ...newer, files: before.files };
    expect(target(revision, without)?.revision.files['broker.conf']).not.toContain('fileReservedTime');
  });
});
