#!/usr/bin/env node
// The first step of every npm script. It runs on whatever Node a newcomer has (20 or newer), makes sure that
// node_modules is what package-lock.json says, and goes on under the project's own Node 24, which is one of those
// modules. Plain JavaScript without dependencies, since before `npm ci` there is nothing else.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const stamp = join(repository, 'node_modules', '.gantry-lock-sha256');
const node = join(repository, 'node_modules', '.bin', 'node');

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

function checkPrerequisites() {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    fail(`Node ${process.versions.node} is too old: install Node 20 or newer from https://nodejs.org.`);
  }
  if (process.platform !== 'linux' && process.platform !== 'darwin') {
    fail(`Gantry's commands run on Linux and macOS, not on ${process.platform}: use WSL 2 on Windows.`);
  }
  if (spawnSync('npm', ['--version'], { stdio: 'ignore' }).error) {
    fail('npm is not on the PATH: install it together with Node 20 or newer.');
  }
}

function installModules() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(repository, 'package-lock.json')))
    .digest('hex');
  const present = existsSync(stamp) ? readFileSync(stamp, 'utf8').trim() : '';
  if (present === wanted && existsSync(node)) return;
  const started = Date.now();
  process.stderr.write('[   0 s] npm ci: node_modules is not what package-lock.json says\n');
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel', 'error'], {
    cwd: repository,
    stdio: ['ignore', 2, 2],
  });
  if (result.status !== 0) fail('npm ci failed: see its message above, then run the command again.');
  writeFileSync(stamp, `${wanted}\n`);
  process.stderr.write(
    `[${String(Math.round((Date.now() - started) / 1000)).padStart(4)} s] npm ci is done\n`,
  );
}

checkPrerequisites();
installModules();
const child = spawn(node, [join(repository, 'test', 'ground', 'main.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
// Ctrl-C reaches the child by the terminal; a supervisor's SIGTERM must be handed on. The child says when it is done.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('error', (error) => fail(`Node 24 of node_modules does not start: ${error.message}`));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
