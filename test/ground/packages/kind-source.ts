import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What kind's own node image build writes into an image, read from the Go source of the kind that is used. */
export interface KindConstants {
  readonly cniManifest: string;
  readonly storageManifest: string;
  readonly kindnetdImage: string;
  readonly storageProvisionerImage: string;
  readonly storageHelperImage: string;
}

export async function readKindConstants(source: string): Promise<KindConstants> {
  const folder = join(source, 'pkg/build/nodeimage');
  const cni = await readFile(join(folder, 'const_cni.go'), 'utf8');
  const storage = await readFile(join(folder, 'const_storage.go'), 'utf8');
  return {
    cniManifest: goConstant(cni, 'defaultCNIManifest'),
    storageManifest: goConstant(storage, 'defaultStorageManifest'),
    kindnetdImage: goConstant(cni, 'kindnetdImage'),
    storageProvisionerImage: goConstant(storage, 'storageProvisionerImage'),
    storageHelperImage: goConstant(storage, 'storageHelperImage'),
  };
}

/**
 * The value of a string constant of a Go file: a quoted string, or raw strings joined by `+` with other constants.
 * @throws Error when there is no such constant, as when a new kind has renamed it
 */
export function goConstant(source: string, name: string): string {
  const declaration = new RegExp(`^const ${name} = `, 'm').exec(source);
  if (declaration === null) throw new Error(`kind's source has no constant ${name}`);
  const token = /\s*(?:"([^"\n]*)"|`([^`]*)`|([A-Za-z]\w*))[ \t]*(\+)?/y;
  token.lastIndex = declaration.index + declaration[0].length;
  let value = '';
  for (;;) {
    const match = token.exec(source);
    if (match === null) throw new Error(`constant ${name} of kind's source is not a string`);
    const [, quoted, raw, reference, plus] = match;
    value += quoted ?? raw ?? goConstant(source, reference ?? '');
    if (plus === undefined) return value;
  }
}
