/** Objects as kubectl takes them, and what a person should know of them. Pure. */
import { dump } from 'js-yaml';
import type { Import } from './plan.ts';

export type Format = 'json' | 'yaml';

/** JSON has no comments: what would be one is told in the summary, too. */
export function printObjects({ written }: Import, format: Format): string {
  if (format === 'json') {
    const items = written.map(({ object }) => object);
    return `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, undefined, 2)}\n`;
  }
  return written
    .map(({ object, differs }) => `---\n${differs.map((why) => `# ${why}\n`).join('')}${dump(object)}`)
    .join('');
}

/** Lines for the terminal. */
export function summary({ written, leftOut }: Import, declared: number): readonly string[] {
  const observing = written.filter(({ differs }) => differs.length > 0);
  return [
    `${written.length} objects, ${observing.length} of which only observe; ${declared} were declared before`,
    ...observing.map(
      ({ object: { kind, metadata }, differs }) =>
        `${kind} ${metadata.name} only observes: ${differs.join('; ')}`,
    ),
    ...leftOut.map((why) => `left out: ${why}`),
  ];
}
