import { describe, expect, it } from '@jest/globals';
import { goConstant } from './kind-source.ts';
import { isDaemonCommand, ownMounts } from './remains.ts';

describe('goConstant', () => {
  const source = `package nodeimage

const image = "docker.io/kindest/kindnetd:v1"

var images = []string{image}

// a template
const manifest = \`
image: \` + image + \`
env: {{ .PodSubnet }}
\`
`;

  it('reads a quoted string', () => {
    expect(goConstant(source, 'image')).toBe('docker.io/kindest/kindnetd:v1');
  });

  it('joins raw strings with the constants between them', () => {
    expect(goConstant(source, 'manifest')).toBe(
      '\nimage: docker.io/kindest/kindnetd:v1\nenv: {{ .PodSubnet }}\n',
    );
  });

  it('says which constant is not there', () => {
    expect(() => goConstant(source, 'other')).toThrow('no constant other');
  });
});

describe('what a killed daemon leaves', () => {
  it.each([
    [
      '/usr/bin/containerd-shim-runc-v2\0-namespace\0moby\0-address\0/run/gantry/exec/containerd/containerd.sock',
      true,
    ],
    ['dockerd\0--config-file\0/run/gantry/daemon.json', true],
    ['dockerd\0--config-file\0/run/other/daemon.json', false],
    ['vi\0/run/gantry/daemon.json', false],
    ['', false],
  ])('is known by its command line: %j', (command, ours) => {
    expect(isDaemonCommand(command, '/run/gantry')).toBe(ours);
  });

  it('is unmounted from the inside out, and nothing else is', () => {
    const mounts = `proc /proc proc rw 0 0
nsfs /run/gantry/exec/netns/default nsfs rw 0 0
overlay /cache/docker/overlay2/1/merged overlay rw 0 0
shm /cache/docker/overlay2/1/merged/dev/shm tmpfs rw 0 0
tmpfs /run/gantry-of-another tmpfs rw 0 0`;
    expect(ownMounts(mounts, ['/run/gantry', '/cache/docker'])).toEqual([
      '/cache/docker/overlay2/1/merged/dev/shm',
      '/cache/docker/overlay2/1/merged',
      '/run/gantry/exec/netns/default',
    ]);
  });
});
