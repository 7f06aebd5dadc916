import { describe, expect, it } from '@jest/globals';
import { chooseMode, type Machine } from './mode.ts';
import { missingPrerequisites } from './prerequisites.ts';

const debian: Machine = {
  wish: undefined,
  made: undefined,
  platform: 'linux',
  arch: 'x64',
  root: true,
  debian: 'bookworm',
  canPull: false,
};

describe('chooseMode', () => {
  it.each<[string, Partial<Machine>, string]>([
    ['a daemon that can pull', { canPull: true }, 'docker'],
    [
      'a daemon that can pull, on a Mac',
      { canPull: true, platform: 'darwin', root: false, debian: undefined },
      'docker',
    ],
    ['Debian and root', {}, 'packages'],
    ['the wish for packages beside a daemon', { canPull: true, wish: 'packages' }, 'packages'],
    ['the wish for docker', { wish: 'docker' }, 'docker'],
    ['an empty wish', { wish: '' }, 'packages'],
    ['a cluster of Docker, which cannot pull at the moment', { made: 'docker' }, 'docker'],
    ['a cluster of packages, and a daemon since', { made: 'packages', canPull: true }, 'packages'],
    ['a cluster, and the same wish', { made: 'docker', wish: 'docker' }, 'docker'],
  ])('with %s', (_, machine, mode) => {
    expect(chooseMode({ ...debian, ...machine })).toEqual({ ok: true, mode });
  });

  it.each<[string, Partial<Machine>, RegExp]>([
    ['an unknown wish', { wish: 'podman' }, /^GANTRY_GROUND is "podman": it can be docker or packages\.$/],
    ['no root', { root: false }, /run the command as root, or start a Docker daemon that can pull images\.$/],
    ['no root, but the wish', { root: false, wish: 'packages' }, /run the command as root\.$/],
    ['another Debian', { debian: 'trixie' }, /Debian 12 \(bookworm\) on amd64 only/],
    ['another processor', { arch: 'arm64' }, /Debian 12 \(bookworm\) on amd64 only/],
    ['another wish than before', { made: 'docker', wish: 'packages' }, /made with "docker": remove it first/],
    ['another system', { platform: 'darwin' }, /Debian 12 \(bookworm\) on amd64 only/],
  ])('says in one sentence what is wrong with %s', (_, machine, sentence) => {
    const choice = chooseMode({ ...debian, ...machine });
    expect(choice).toEqual({ ok: false, sentence: expect.stringMatching(sentence) });
  });
});

describe('missingPrerequisites', () => {
  it('names each program with what to do', () => {
    expect(missingPrerequisites('packages', (program) => program !== 'mvn')).toEqual([
      'mvn is not on the PATH: run apt-get install -y maven.',
    ]);
    expect(missingPrerequisites('docker', () => true)).toEqual([]);
    expect(missingPrerequisites('docker', () => false)).toHaveLength(4);
  });
});
