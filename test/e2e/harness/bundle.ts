import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const probe = new URL('probe/', import.meta.url);

/**
 * Bundles a script into one file that runs on any Node 24.
 * @param entry a file of harness/probe, or a URL
 */
export async function buildProbe(entry: string | URL): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL(entry, probe))],
    alias: { '@jest/globals': fileURLToPath(new URL('jest-globals.ts', probe)) },
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // Some dependencies are CommonJS: they call require for Node's own modules, and ask where they are.
    define: { __dirname: 'import.meta.dirname' },
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'silent',
  });
  const text = result.outputFiles[0]?.text;
  if (text === undefined) throw new Error(`esbuild made nothing of ${String(entry)}`);
  return text;
}
