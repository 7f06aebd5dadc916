/** The operator of an earlier commit, for the test in which the one of this checkout takes its place. */
import { existsSync } from 'node:fs';
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { operatorBundles } from './bundles.ts';
import type { Context } from './context.ts';
import type { ImageArchive } from './image/archive.ts';
import { run } from './run.ts';
import type { Source } from './source.ts';
import { imageNames } from './versions.ts';

/** A problem is the one test's that needs it: all others can do without. */
export type PreviousOperator =
  | { readonly commit: string; readonly folder: string; readonly image: ImageArchive }
  | { readonly problem: string };

/** Where a commit's files are, with the dependencies of this checkout. */
export interface PreviousSources {
  readonly commit: string;
  readonly folder: string;
}

export async function previousOperator(context: Context, source: Source): Promise<PreviousOperator> {
  try {
    const { commit, folder } = await previousSources(context, process.env['GANTRY_PREVIOUS']);
    const bundles = await operatorBundles(folder);
    const image = await source.nodeApplication(imageNames.previousOperator, bundles);
    return { commit, folder, image };
  } catch (error) {
    context.signal.throwIfAborted();
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * @param wish a commit in any of git's spellings; without it the parent of the one that is checked out
 * @throws Error when this checkout does not have it
 */
export async function previousSources(context: Context, wish: string | undefined): Promise<PreviousSources> {
  const commit = await commitOf(context, wish === undefined || wish === '' ? 'HEAD~1' : wish);
  const folder = await context.cache.entry({
    name: 'previous-sources',
    title: `the files of commit ${commit.slice(0, 10)}`,
    keep: 2,
    madeOf: { commit, repository: context.repository },
    build: (empty, logFile) => unpack(context, commit, empty, logFile),
  });
  return { commit, folder };
}

async function commitOf({ repository, signal }: Context, wish: string): Promise<string> {
  const args = ['rev-parse', '--verify', '--end-of-options', `${wish}^{commit}`];
  const { code, stdout, stderr } = await run('git', args, { cwd: repository, signal, accept: [1, 128] });
  if (code === 0) return stdout.trim();
  throw new Error(
    `This checkout has no commit ${wish} (${stderr.trim()}). A shallow clone gets it by git fetch --unshallow; ` +
      'GANTRY_PREVIOUS names another one.',
  );
}

async function unpack(context: Context, commit: string, folder: string, logFile: string): Promise<void> {
  const { repository, signal } = context;
  const archive = join(folder, 'files.tar');
  await run('git', ['archive', '--output', archive, commit], { cwd: repository, logFile, signal });
  await run('tar', ['-xf', archive, '-C', folder], { logFile, signal });
  await rm(archive);
  for (const workspace of ['', 'operator']) {
    const modules = join(repository, workspace, 'node_modules');
    if (existsSync(modules)) await symlink(modules, join(folder, workspace, 'node_modules'));
  }
}
