import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Cache } from './cache.ts';
import type { Context } from './context.ts';
import { previousSources } from './previous.ts';
import { createProgress } from './progress.ts';

describe('previousSources', () => {
  let folder: string;
  let context: Context;

  // Git tells its hooks by variables which repository they are in, and this one is another.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
      cwd: context.repository,
      env: { ...env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();

  async function commit(text: string): Promise<void> {
    await mkdir(join(context.repository, 'operator'), { recursive: true });
    await writeFile(join(context.repository, 'operator/main.ts'), text);
    git('add', '.');
    git('commit', '--message', text);
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-'));
    const progress = createProgress(() => undefined);
    context = {
      repository: join(folder, 'repository'),
      home: folder,
      cache: new Cache(join(folder, 'cache'), progress),
      progress,
      signal: new AbortController().signal,
    };
    await mkdir(join(context.repository, 'node_modules'), { recursive: true });
    await writeFile(join(context.repository, '.gitignore'), 'node_modules\n');
    git('init', '--quiet');
    await commit('first');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('are the files of the parent commit, with the dependencies of the checkout', async () => {
    const first = git('rev-parse', 'HEAD');
    await commit('second');
    const found = await previousSources(context, undefined);
    expect(found.commit).toBe(first);
    expect(await readFile(join(found.folder, 'operator/main.ts'), 'utf8')).toBe('first');
    expect(await readlink(join(found.folder, 'node_modules'))).toBe(join(context.repository, 'node_modules'));
  });

  it('are those of any commit by its name', async () => {
    git('tag', 'old');
    await commit('second');
    await commit('third');
    const found = await previousSources(context, 'old');
    expect(await readFile(join(found.folder, 'operator/main.ts'), 'utf8')).toBe('first');
  });

  it.each([
    ['the first commit has no parent', undefined, 'no commit HEAD~1'],
    ['nobody knows that commit', 'deadbeef', 'no commit deadbeef'],
    ['a commit is asked for, not an option', '--all', 'no commit --all'],
  ])('says that they are not there when %s', async (_when, wish, sentence) => {
    await expect(previousSources(context, wish)).rejects.toThrow(sentence);
    await expect(previousSources(context, wish)).rejects.toThrow('git fetch --unshallow');
  });
});
