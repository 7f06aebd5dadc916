import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Secret as a kubelet mounts it: a directory for each version, and a link that is switched at once. */
export class MountedSecret {
  readonly directory = mkdtempSync(join(tmpdir(), 'secret-'));
  #version = 0;

  mount(data: Readonly<Record<string, string | Buffer>>): void {
    this.#version += 1;
    const version = `..version-${this.#version}`;
    mkdirSync(join(this.directory, version));
    for (const [key, content] of Object.entries(data))
      writeFileSync(join(this.directory, version, key), content);
    symlinkSync(version, join(this.directory, '..next'));
    renameSync(join(this.directory, '..next'), join(this.directory, '..data'));
    for (const name of readdirSync(this.directory))
      if (!name.startsWith('..')) rmSync(join(this.directory, name));
    for (const key of Object.keys(data)) symlinkSync(join('..data', key), join(this.directory, key));
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
