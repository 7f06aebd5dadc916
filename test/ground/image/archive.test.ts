import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sha256 } from '../fingerprint.ts';
import { fullImageName } from '../versions.ts';
import { imageId, writeArchive, writeLayer } from './archive.ts';
import { parseLoaderList } from './closure.ts';
import { textEntry } from './tree.ts';

describe('writeArchive', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("is docker's format: a shared layer once, and configurations whose digest is the image id", async () => {
    const base = await writeLayer(folder, 'base', [textEntry('etc/passwd', 'root:x:0:0::/:/bin/sh\n')]);
    const top = await writeLayer(folder, 'top', [textEntry('app/main.mjs', '1')]);
    const one = { name: 'example/one:1', layers: [base], config: { Cmd: ['/one'] } };
    const two = { name: 'example/two:1', layers: [base, top], config: { User: '1000:1000' } };
    const file = join(folder, 'image.tar');
    await writeArchive(file, [one, two]);
    const read = (path: string): string => execFileSync('tar', ['-xOf', file, path], { encoding: 'utf8' });
    const manifest: {
      Config: string;
      RepoTags: string[];
      Layers: string[];
    }[] = JSON.parse(read('manifest.json'));
    expect(manifest.map(({ RepoTags }) => RepoTags)).toEqual([['example/one:1'], ['example/two:1']]);
    expect(manifest[1]?.Layers).toEqual([`${base.sha256}.tar`, `${top.sha256}.tar`]);
    expect(`sha256:${sha256(read(manifest[1]?.Config ?? ''))}`).toBe(imageId(two));
    const members = execFileSync('tar', ['-tf', file], { encoding: 'utf8' }).trim().split('\n');
    expect(members.filter((member) => member === `${base.sha256}.tar`)).toHaveLength(1);
  });
});

describe('parseLoaderList', () => {
  it('separates what is there from what is missing', () => {
    const text = `	linux-vdso.so.1 (0x00007f98ff37c000)
	libm.so.6 => /tree/usr/lib/libm.so.6 (0x00007f98ff286000)
	libawt.so => not found
	/lib64/ld-linux-x86-64.so.2 (0x00007f98ff37e000)`;
    expect(parseLoaderList(text)).toEqual({ found: ['/tree/usr/lib/libm.so.6'], missing: ['libawt.so'] });
  });
});

describe('fullImageName', () => {
  it.each([
    ['postgres:15', 'docker.io/library/postgres:15'],
    ['apache/rocketmq:5.5.0', 'docker.io/apache/rocketmq:5.5.0'],
    ['registry.k8s.io/pause:3.10.1', 'registry.k8s.io/pause:3.10.1'],
    ['localhost/mine:1', 'localhost/mine:1'],
    ['host:5000/mine:1', 'host:5000/mine:1'],
  ])('spells %s out', (name, full) => {
    expect(fullImageName(name)).toBe(full);
  });
});
