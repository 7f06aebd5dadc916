import { describe, expect, it } from '@jest/globals';
import { auditPolicy, kindConfig } from './kind-config.ts';

interface KindConfig {
  readonly networking: Readonly<Record<string, unknown>>;
  readonly nodes: readonly { readonly role: string; readonly extraPortMappings?: readonly unknown[] }[];
  readonly kubeadmConfigPatches: readonly string[];
}

const read = (ports: boolean): KindConfig =>
  JSON.parse(
    kindConfig(
      { network: { podSubnet: '198.19.0.0/18', serviceSubnet: '198.19.64.0/20' } },
      { folder: '/c', ports, workers: 2 },
    ),
  );

describe('kindConfig', () => {
  it('is one control plane and as many workers as are wanted, in the given ranges', () => {
    const config = read(false);
    expect(config.nodes.map(({ role }) => role)).toEqual(['control-plane', 'worker', 'worker']);
    expect(config.networking).toMatchObject({ podSubnet: '198.19.0.0/18', apiServerAddress: '127.0.0.1' });
  });

  it('leaves the ranges to kind where none are given', () => {
    expect(kindConfig({}, { folder: '/c', ports: false, workers: 2 })).not.toContain('podSubnet');
  });

  it('publishes the services in one cluster only', () => {
    expect(read(true).nodes[0]?.extraPortMappings).toHaveLength(2);
    expect(read(false).nodes[0]?.extraPortMappings).toBeUndefined();
  });

  it('keeps every audit log that is full', () => {
    const patches = read(false).kubeadmConfigPatches.join('\n');
    expect(patches).toContain('"audit-log-maxbackup":"100","audit-log-maxage":"0"');
  });

  it('spells arguments as each version of kubeadm reads them', () => {
    const patches = read(false).kubeadmConfigPatches.join('\n');
    expect(patches).toContain('"etcd":{"local":{"extraArgs":{"unsafe-no-fsync":"true"}}}');
    expect(patches).toContain('"etcd":{"local":{"extraArgs":[{"name":"unsafe-no-fsync","value":"true"}]}}');
  });
});

describe('auditPolicy', () => {
  interface Policy {
    readonly rules: readonly { readonly level: string; readonly users?: readonly string[] }[];
  }

  it('logs every request of the operator before any other rule can leave one out', () => {
    const { rules }: Policy = JSON.parse(auditPolicy);
    // The first rule that fits decides; one without verbs and resources fits all of them.
    expect(rules[0]).toEqual({ level: 'Metadata', users: ['system:serviceaccount:gantry-system:gantry'] });
    expect(rules.at(-1)).toEqual({ level: 'None' });
  });
});
