import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** One member of a tar archive. Paths are relative, without a slash at either end; owners are root unless said. */
export type TarEntry =
  | (Common & { readonly type: 'directory' })
  | (Common & { readonly type: 'symlink'; readonly target: string })
  | (Common & {
      readonly type: 'file';
      readonly content: Uint8Array | { readonly file: string; readonly size: number };
    });

interface Common {
  readonly path: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

const BLOCK = 512;
const FLAG = { file: '0', symlink: '2', directory: '5', extended: 'x' } as const;
const DEFAULT_MODE = { file: 0o644, symlink: 0o777, directory: 0o755 } as const;

/** The header blocks of an entry. Names that do not fit the 100 bytes of ustar get a pax header before their own. */
function tarHeader(entry: TarEntry): Buffer {
  const name = entry.type === 'directory' ? `${entry.path}/` : entry.path;
  const target = entry.type === 'symlink' ? entry.target : '';
  const size = entry.type === 'file' ? contentSize(entry.content) : 0;
  const owner = { mode: entry.mode ?? DEFAULT_MODE[entry.type], uid: entry.uid ?? 0, gid: entry.gid ?? 0 };
  const records = [
    ...(Buffer.byteLength(name) > 100 ? [paxRecord('path', name)] : []),
    ...(Buffer.byteLength(target) > 100 ? [paxRecord('linkpath', target)] : []),
  ].join('');
  const own = ustar({ name, target, size, flag: FLAG[entry.type], ...owner });
  if (records === '') return own;
  const body = Buffer.from(records);
  const extended = ustar({
    name: 'pax',
    target: '',
    size: body.length,
    flag: FLAG.extended,
    mode: 0o644,
    uid: 0,
    gid: 0,
  });
  return Buffer.concat([extended, body, padding(body.length), own]);
}

/** `length key=value\n`, where the length counts its own digits. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + String(bytes).length;
  if (bytes + String(length).length !== length) length = bytes + String(length).length;
  return `${String(length)}${rest}`;
}

interface Ustar {
  readonly name: string;
  readonly target: string;
  readonly size: number;
  readonly flag: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

function ustar(header: Ustar): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, offset: number, length: number): void => {
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset, 'latin1');
  };
  block.write(header.name, 0, 100, 'utf8');
  octal(header.mode, 100, 8);
  octal(header.uid, 108, 8);
  octal(header.gid, 116, 8);
  octal(header.size, 124, 12);
  octal(0, 136, 12); // mtime: the same content has the same digest whenever it is packed
  block.write('        ', 148, 'latin1');
  block.write(header.flag, 156, 'latin1');
  block.write(header.target, 157, 100, 'utf8');
  block.write('ustar\u000000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function contentSize(content: Uint8Array | { readonly size: number }): number {
  return content instanceof Uint8Array ? content.length : content.size;
}

function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** Writes a tar archive and returns the SHA-256 of its bytes: a layer's diff id. */
export async function writeTar(
  file: string,
  entries: readonly TarEntry[],
): Promise<{ sha256: string; size: number }> {
  const handle = await open(file, 'w');
  const hash = createHash('sha256');
  let size = 0;
  const put = async (chunk: Uint8Array): Promise<void> => {
    hash.update(chunk);
    size += chunk.length;
    await writeAll(handle, chunk);
  };
  try {
    for (const entry of entries) {
      await put(tarHeader(entry));
      if (entry.type !== 'file') continue;
      await putContent(entry.path, entry.content, put);
      await put(padding(contentSize(entry.content)));
    }
    await put(Buffer.alloc(2 * BLOCK));
  } finally {
    await handle.close();
  }
  return { sha256: hash.digest('hex'), size };
}

type Content = (TarEntry & { type: 'file' })['content'];

async function putContent(
  path: string,
  content: Content,
  put: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  if (content instanceof Uint8Array) return put(content);
  let seen = 0;
  const chunks: AsyncIterable<Buffer> = createReadStream(content.file, { highWaterMark: 1 << 20 });
  for await (const chunk of chunks) {
    seen += chunk.length;
    await put(chunk);
  }
  if (seen !== content.size) throw new Error(`${content.file} changed while ${path} was packed`);
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  let written = 0;
  while (written < chunk.length) written += (await handle.write(chunk, written)).bytesWritten;
}
