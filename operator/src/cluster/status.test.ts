import { describe, expect, it } from '@jest/globals';
import { clusterView } from './addresses.ts';
import type { Obstacle } from './obstacles.ts';
import { conditionDrafts, refusedStatus, withConditions, type Findings } from './status.ts';
import { clusterOf } from './testing/specs.ts';

const none: Findings = { obstacles: [], diagnoses: [], problems: [], troubles: [], warnings: [] };
const behind: Obstacle = { reason: 'OutOfSync', message: 'a-0 is not in the sync-state set' };
const silent: Obstacle = { reason: 'NameServersNotReady', message: 'ns-0 does not answer', unknown: true };
const crash = { reason: 'ContainerCrash', message: 'Container broker of pod a-0 ends at once.' } as const;
const typo = {
  reason: 'UnknownKey',
  field: 'spec.brokers.config.flushDiskTpye',
  message: 'is no setting of this version: did you mean flushDiskType?',
} as const;

const summary = (findings: Findings): unknown =>
  Object.fromEntries(conditionDrafts(findings).map(({ type, status, reason }) => [type, [status, reason]]));

describe('conditionDrafts', () => {
  it.each<[string, Findings, unknown]>([
    [
      'all is well',
      none,
      {
        Ready: ['True', 'Reconciled'],
        Reconciling: ['False', 'Reconciled'],
        Stalled: ['False', 'Progressing'],
        ConfigValid: ['True', 'ConfigAccepted'],
        Warnings: ['False', 'NoWarnings'],
      },
    ],
    [
      'a member is behind',
      { ...none, obstacles: [behind] },
      {
        Ready: ['False', 'OutOfSync'],
        Reconciling: ['True', 'OutOfSync'],
        Stalled: ['False', 'Progressing'],
        ConfigValid: ['True', 'ConfigAccepted'],
        Warnings: ['False', 'NoWarnings'],
      },
    ],
    [
      'somebody is silent',
      { ...none, obstacles: [silent] },
      {
        Ready: ['Unknown', 'NameServersNotReady'],
        Reconciling: ['True', 'NameServersNotReady'],
        Stalled: ['False', 'Progressing'],
        ConfigValid: ['True', 'ConfigAccepted'],
        Warnings: ['False', 'NoWarnings'],
      },
    ],
    [
      'a container crashes',
      { ...none, obstacles: [behind, silent], diagnoses: [crash] },
      {
        Ready: ['False', 'ContainerCrash'],
        Reconciling: ['False', 'ContainerCrash'],
        Stalled: ['True', 'ContainerCrash'],
        ConfigValid: ['True', 'ConfigAccepted'],
        Warnings: ['False', 'NoWarnings'],
      },
    ],
    [
      'a setting is wrong and everything runs',
      { ...none, problems: [typo] },
      {
        Ready: ['False', 'UnknownKey'],
        Reconciling: ['False', 'UnknownKey'],
        Stalled: ['True', 'UnknownKey'],
        ConfigValid: ['False', 'UnknownKey'],
        Warnings: ['False', 'NoWarnings'],
      },
    ],
    [
      'there is something to warn of',
      { ...none, warnings: [{ reason: 'NoSpareMember', message: 'One away is one too many.' }] },
      {
        Ready: ['True', 'Reconciled'],
        Reconciling: ['False', 'Reconciled'],
        Stalled: ['False', 'Progressing'],
        ConfigValid: ['True', 'ConfigAccepted'],
        Warnings: ['True', 'NoSpareMember'],
      },
    ],
  ])('when %s', (_name, findings, expected) => {
    expect(summary(findings)).toEqual(expected);
  });

  it('names the wrong key and the right one', () => {
    const valid = conditionDrafts({ ...none, problems: [typo] }).find(({ type }) => type === 'ConfigValid');
    expect(valid?.message).toMatch(/flushDiskTpye.*flushDiskType/);
  });

  it('says in Ready what a person has to do', () => {
    const ready = conditionDrafts({ ...none, obstacles: [behind], diagnoses: [crash] })[0];
    expect(ready?.message).toBe(crash.message);
  });

  it('says in Ready beside the cause what clients feel of it', () => {
    const refused: Obstacle = {
      reason: 'WritesRefused',
      message: 'group a refuses every send',
      outage: true,
    };
    const ready = conditionDrafts({ ...none, obstacles: [refused, behind], diagnoses: [crash] })[0];
    expect(ready).toMatchObject({
      reason: 'ContainerCrash',
      message: `${crash.message}; group a refuses every send`,
    });
  });

  it('keeps a long list short', () => {
    const obstacles = Array.from({ length: 9 }, (_, index) => ({ ...behind, message: `a-${index}` }));
    expect(conditionDrafts({ ...none, obstacles })[0]?.message).toBe('a-0; a-1; a-2; a-3; a-4; and 4 more');
  });
});

describe('a spec that breaks a rule', () => {
  it('says so, and leaves what was said of everything else', () => {
    const warned: Findings = {
      ...none,
      warnings: [{ reason: 'NoSpareMember', message: 'One is too many.' }],
    };
    const cluster = clusterOf({}, { generation: 2 });
    const before = { conditions: withConditions(cluster, conditionDrafts(warned), 0), masters: '2/2' };
    const trouble = { reason: 'InvalidSpec', message: 'spec.x is wrong' } as const;
    const status = refusedStatus({ ...cluster, status: before }, trouble, 0);
    expect(status).toMatchObject({ observedGeneration: 2, masters: '2/2' });
    expect(Object.fromEntries((status.conditions ?? []).map((each) => [each.type, each.reason]))).toEqual({
      Ready: 'InvalidSpec',
      Reconciling: 'InvalidSpec',
      Stalled: 'InvalidSpec',
      ConfigValid: 'ConfigAccepted',
      Warnings: 'NoSpareMember',
    });
  });
});

describe('clusterView', () => {
  const viewed = (findings: Findings, observedGeneration = 1): boolean => {
    const cluster = clusterOf();
    const conditions = withConditions(cluster, conditionDrafts(findings), 0);
    return clusterView({ ...cluster, status: { observedGeneration, conditions } }).ready;
  };

  it('serves while nothing but a setting is wrong', () => {
    expect(viewed(none)).toBe(true);
    expect(viewed({ ...none, problems: [typo] })).toBe(true);
    expect(viewed({ ...none, problems: [typo], obstacles: [behind] })).toBe(false);
    expect(viewed({ ...none, obstacles: [behind] })).toBe(false);
    expect(viewed(none, 0)).toBe(false);
  });

  it('has the addresses of every name server and controller', () => {
    expect(clusterView(clusterOf())).toMatchObject({
      key: 'prod/exchange',
      clusterName: 'exchange',
      groups: ['broker-a', 'broker-b'],
      nameServers: { length: 3 },
      controllers: { length: 3 },
    });
    expect(clusterView(clusterOf()).fixedMasters).toBeUndefined();
  });

  it('has the names of the masters where nobody elects', () => {
    const view = clusterView(clusterOf({ brokers: { failover: 'Static', groups: [{ name: 'a' }] } }));
    expect(view.controllers).toEqual([]);
    expect(view.fixedMasters).toEqual({
      a: 'exchange-a-0-0.exchange-broker.prod.svc.cluster.local:10911',
    });
  });
});
