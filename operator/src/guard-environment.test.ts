import { describe, expect, it } from '@jest/globals';
import { identityOf } from './cluster/addresses.ts';
import { brokerInputs } from './cluster/inputs.ts';
import { guardContainer } from './cluster/resources/guard.ts';
import { clusterOf } from './cluster/testing/specs.ts';
import { readGuardConfig } from './guard/config.ts';

// Here, since neither of the two folders may know the other's insides.

const cluster = clusterOf();
const inputs = brokerInputs(cluster.spec, { name: 'broker-a' }, 1);
const written = guardContainer(identityOf(cluster), inputs, 'registry/gantry:1').env ?? [];
/** As the kubelet hands it over. */
const env = Object.fromEntries(
  written.map(({ name, value }) => [name, value?.replaceAll('$(POD_IP)', '10.0.0.1')]),
);

describe('what the operator writes into the environment of a guard', () => {
  it('is what the guard reads', () => {
    expect(readGuardConfig(env)).toEqual({
      group: 'broker-a',
      broker: '10.0.0.1:10911',
      controllers: [0, 1, 2].map(
        (each) => `exchange-controller-${each}.exchange-controller.prod.svc.cluster.local:9878`,
      ),
      leaseMs: 4_500,
      port: 10_913,
    });
  });

  const own = Object.keys(env).filter((name) => name.startsWith('GUARD_'));

  it.each(own)('%s is missed when it is not there', (name) => {
    expect(() => readGuardConfig({ ...env, [name]: undefined })).toThrow(name);
  });

  it('has its address before the variable that is made of it', () => {
    const names = written.map(({ name }) => name);
    expect(names.indexOf('POD_IP')).toBeGreaterThanOrEqual(0);
    expect(names.indexOf('POD_IP')).toBeLessThan(names.indexOf('GUARD_BROKER'));
  });
});
