/** Objects as kubectl takes them, and what a person should know of them. Pure. */
import { dump } from 'js-yaml';
import { givenLabel } from '../../user/mod.ts';
import type { Import, Written } from './plan.ts';

export interface Format {
  readonly language: 'json' | 'yaml';
  /** Whether Secrets are written down, with the passwords that are in them. */
  readonly secrets: boolean;
}

/** JSON has no comments: what would be one is told in the summary, too. */
export function printObjects({ written }: Import, { language, secrets }: Format): string {
  const documents = written.flatMap(({ object, differs, secret }) => [
    ...(secrets && secret !== undefined ? [{ object: secret, comments: [] }] : []),
    { object, comments: [...differs, ...(secrets || secret === undefined ? [] : [needs(secret)])] },
  ]);
  if (language === 'json') {
    const items = documents.map(({ object }) => object);
    return `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, undefined, 2)}\n`;
  }
  return documents
    .map(({ object, comments }) => `---\n${comments.map((each) => `# ${each}\n`).join('')}${dump(object)}`)
    .join('');
}

function needs({ metadata: { name } }: NonNullable<Written['secret']>): string {
  return `needs the Secret ${name}, with its password as secretKey and the label ${givenLabel.key}: ${givenLabel.value}`;
}

/** Lines for the terminal. */
export function summary(
  { written, leftOut }: Import,
  declared: number,
  { secrets }: Format,
): readonly string[] {
  const observing = written.filter(({ differs }) => differs.length > 0);
  const waiting = secrets
    ? []
    : written.flatMap(({ object, secret }) => (secret ? [{ object, secret }] : []));
  return [
    `${written.length} objects, ${observing.length} of which only observe; ${declared} were declared before`,
    ...observing.map(
      ({ object: { kind, metadata }, differs }) =>
        `${kind} ${metadata.name} only observes: ${differs.join('; ')}`,
    ),
    ...waiting.map(({ object: { kind, metadata }, secret }) => `${kind} ${metadata.name} ${needs(secret)}`),
    ...leftOut.map((why) => `left out: ${why}`),
  ];
}
