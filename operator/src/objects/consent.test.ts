import { describe, expect, it } from '@jest/globals';
import type { AllowedNamespaces } from '../api/mod.ts';
import { consentTo, whyNotItsOwn } from './consent.ts';
import type { DeclaredObject, DeclaredStatus } from './kind.ts';

const selector = { matchLabels: { team: 'orders' } };
const bySelector: AllowedNamespaces = { from: 'Selector', selector };

function objectIn(namespace: string): DeclaredObject {
  return { apiVersion: 'v1', kind: 'Thing', metadata: { namespace, name: 'x' }, spec: {} };
}

function told(reason: string, groups?: readonly string[]): DeclaredStatus {
  const ready = { type: 'Ready', status: 'False', reason, message: '', lastTransitionTime: '' } as const;
  return { conditions: [ready], ...(groups === undefined ? {} : { groups }) };
}

describe('consentTo', () => {
  it.each(['n', 'other'])('goes by the cluster and the labels of the namespace: %s', (namespace) => {
    const subject = { object: objectIn(namespace), clusterKey: 'n/c' };
    const by = (allowedNamespaces: AllowedNamespaces, labels?: Readonly<Record<string, string>>) =>
      consentTo(subject, { allowedNamespaces }, () => labels && { labels, ending: false });
    const isOwn = namespace === 'n';
    expect(by({ from: 'Same' })).toBe(isOwn ? 'Given' : 'Withheld');
    expect(by({ from: 'All' })).toBe('Given');
    expect(by(bySelector, { team: 'orders' })).toBe('Given');
    expect(by(bySelector, {})).toBe(isOwn ? 'Given' : 'Withheld');
    expect(by(bySelector)).toBe(isOwn ? 'Given' : 'Unknown');
  });

  it.each<readonly [string, DeclaredStatus | undefined, string]>([
    ['nothing', undefined, 'Unknown'],
    ['nothing, and it was looked at', told('NamespaceUnknown'), 'Unknown'],
    ['that it may not be there', told('NotAllowed', ['a']), 'Withheld'],
    ['that it was there', told('BrokerUnreachable', ['a']), 'Given'],
    ['that it was nowhere yet, and may be', told('NotOnEveryMaster', []), 'Given'],
  ])(
    'stays what it was while labels, or the cluster, are not known: the status says %s',
    (_what, status, consent) => {
      const subject = { object: objectIn('other'), clusterKey: 'n/c', status };
      expect(consentTo(subject, { allowedNamespaces: bySelector }, () => undefined)).toBe(consent);
      expect(consentTo(subject, undefined, () => ({ labels: { team: 'orders' }, ending: false }))).toBe(
        consent,
      );
    },
  );
});

describe('whyNotItsOwn', () => {
  const why = (namespace: string, status?: DeclaredStatus): string | undefined => {
    const object = { ...objectIn(namespace), ...(status === undefined ? {} : { status }) };
    return whyNotItsOwn({ object, clusterKey: 'n/c' }, { allowedNamespaces: bySelector }, () => undefined);
  };

  it.each<readonly [string, string, DeclaredStatus | undefined]>([
    ['that is followed', 'n', told('Reconciled', ['a'])],
    ['that nobody has looked at yet', 'n', undefined],
    ['of another namespace that the cluster takes', 'other', told('Reconciled', ['a'])],
  ])('is nothing of an object %s', (_which, namespace, status) => {
    expect(why(namespace, status)).toBeUndefined();
  });

  it.each<readonly [string, string, DeclaredStatus | undefined]>([
    ['whose name another one has', 'n', told('Conflict')],
    ['that RocketMQ would not have', 'n', told('InvalidSpec')],
    ['that the cluster does not take', 'other', told('NotAllowed', ['a'])],
    ['of another namespace that nobody has looked at yet', 'other', undefined],
  ])('is said of an object %s', (_which, namespace, status) => {
    expect(why(namespace, status)).toBeDefined();
  });
});
