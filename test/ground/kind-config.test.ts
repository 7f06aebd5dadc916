import { describe, expect, it } from '@jest/globals';
import { kindConfig } from './kind-config.ts';

interface KindConfig {
  readonly networking: Readonly<Record<string, unknown>>;
  readonly nodes: readonly { readonly role: string; readonly extraPortMappings?: readonly unknown[] }[];
  readonly kubeadmConfigPatches: readonly string[];
}

const read = (ports: boolean): KindConfig =>
  JSON.parse(
    kindConfig(
      { network: { podSubnet: '198.19.0.0/18', serviceSubnet: '198.19.64.0/20' } },
      { folder: '/c', ports },
    ),
  );

describe('kindConfig', () => {
  it('is one control plane and two workers in the given ranges', () => {
    const config = read(false);
    expect(config.nodes.map(({ role }) => role)).toEqual(['control-plane', 'worker', 'worker']);
    expect(config.networking).toMatchObject({ podSubnet: '198.19.0.0/18', apiServerAddress: '127.0.0.1' });
  });

  it('leaves the ranges to kind where none are given', () => {
    expect(kindConfig({}, { folder: '/c', ports: false })).not.toContain('podSubnet');
  });

  it('publishes the order service in one cluster only', () => {
    expect(read(true).nodes[0]?.extraPortMappings).toHaveLength(1);
    expect(read(false).nodes[0]?.extraPortMappings).toBeUndefined();
  });

  it('spells arguments as each version of kubeadm reads them', () => {
    const patches = read(false).kubeadmConfigPatches.join('\n');
    expect(patches).toContain('"etcd":{"local":{"extraArgs":{"unsafe-no-fsync":"true"}}}');
    expect(patches).toContain('"etcd":{"local":{"extraArgs":[{"name":"unsafe-no-fsync","value":"true"}]}}');
  });
});
