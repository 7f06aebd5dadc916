import { describe, expect, it } from '@jest/globals';
import type { RocketMQClusterInput } from '../../api/mod.ts';
import { identityOf } from '../addresses.ts';
import { brokerInputs, type BrokerInputs } from '../inputs.ts';
import { renderRevision, targetRevision } from '../revision.ts';
import { clusterOf } from '../testing/specs.ts';
import { guardContainer, hasGuard, isGuarded } from './guard.ts';

const IMAGE = 'registry/gantry:1';
const NEWER = 'registry/gantry:2';
const id = identityOf(clusterOf());

const inputsOf = (brokers: Partial<RocketMQClusterInput['brokers']> = {}, member = 0): BrokerInputs =>
  brokerInputs(
    clusterOf({ brokers: { groups: [{ name: 'broker-a' }], ...brokers } }).spec,
    { name: 'broker-a' },
    member,
  );

const revisionOf = (inputs: BrokerInputs, image?: string): ReturnType<typeof renderRevision> =>
  renderRevision(id, 'exchange-broker-a-0', inputs, image);

describe('a guard', () => {
  it.each<[string, Partial<RocketMQClusterInput['brokers']>, boolean]>([
    ['is elected and waits for its replicas', {}, true],
    ['has a single replica', { replicas: 2 }, true],
    ['has a fixed master', { failover: 'Static' }, false],
    ['waits for nobody', { replication: 'Async' }, false],
    ['has no replica', { replicas: 1 }, false],
  ])('of a broker that %s', (_that, brokers, expected) => {
    expect(isGuarded(inputsOf(brokers))).toBe(expected);
    expect(hasGuard(revisionOf(inputsOf(brokers), IMAGE).template)).toBe(expected);
  });

  it('is not there without an image', () => {
    const { template } = revisionOf(inputsOf());
    expect(template.spec).not.toHaveProperty('initContainers');
    expect(hasGuard(template)).toBe(false);
    expect(hasGuard({})).toBe(false);
  });

  it('is there before the broker is, and for as long', () => {
    const { spec } = revisionOf(inputsOf(), IMAGE).template;
    expect(spec?.initContainers).toEqual([
      expect.objectContaining({ name: 'guard', image: IMAGE, restartPolicy: 'Always' }),
    ]);
    expect(spec?.containers.map(({ name }) => name)).toEqual(['broker']);
  });

  it('fits into a namespace of restricted Pod Security, and writes only where a volume is', () => {
    const { spec } = revisionOf(inputsOf(), IMAGE).template;
    const [guard] = spec?.initContainers ?? [];
    expect(guard?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(spec?.volumes?.map(({ name }) => name)).toEqual(
      expect.arrayContaining(guard?.volumeMounts?.map(({ name }) => name) ?? ['no mounts']),
    );
  });

  it('keeps a pod whose broker is certain of its share so', () => {
    const { requests, limits } = guardContainer(id, inputsOf(), IMAGE).resources ?? {};
    expect(requests).toEqual(limits);
    expect(Object.keys(limits ?? {})).toEqual(['cpu', 'memory']);
  });

  it('answers where it listens', () => {
    const { env, ports, livenessProbe } = guardContainer(id, inputsOf(), IMAGE);
    const port = Number(env?.find(({ name }) => name === 'GUARD_PORT')?.value);
    expect(ports?.map(({ containerPort }) => containerPort)).toEqual([port]);
    expect(livenessProbe?.httpGet).toEqual({ path: '/healthz', port });
  });
});

describe('the lease', () => {
  it('is what the guard is told', () => {
    const { env } = guardContainer(id, inputsOf({ config: { slaveTimeout: '4000' } }), IMAGE);
    expect(env).toContainEqual({ name: 'GUARD_LEASE_MS', value: '3000' });
  });
});

describe('the image of a guard', () => {
  it('is no input of a pod', () => {
    const [none, older, newer] = [undefined, IMAGE, NEWER].map((image) => revisionOf(inputsOf(), image));
    expect(older?.inputsHash).toBe(none?.inputsHash);
    expect(newer?.inputsHash).toBe(none?.inputsHash);
    expect(new Set([none?.hash, older?.hash, newer?.hash]).size).toBe(3);
  });

  it.each([
    ['a guard of an older operator', IMAGE],
    ['no guard', undefined],
  ])('restarts no broker that has %s, and comes with a restart that is due', (_what, image) => {
    const [running, rendered] = [revisionOf(inputsOf(), image), revisionOf(inputsOf(), NEWER)];
    const target = (restarting: boolean) =>
      targetRevision({
        rendered,
        kept: [{ revision: running, createdAt: '2026-01-01T00:00:00Z' }],
        running: [running.hash],
        restarting,
      });
    expect(target(false)).toEqual({ revision: running, operatorUpgrade: true });
    expect(target(true)).toEqual({ revision: rendered, operatorUpgrade: false });
  });
});
