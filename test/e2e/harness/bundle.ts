import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

/** Bundles a script of harness/probe into one file that runs on any Node 24. */
export async function buildProbe(entry: string): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL(`probe/${entry}`, import.meta.url))],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // Some dependencies are CommonJS and call require for Node's own modules.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'silent',
  });
  const text = result.outputFiles[0]?.text;
  if (text === undefined) throw new Error(`esbuild made nothing of ${entry}`);
  return text;
}
