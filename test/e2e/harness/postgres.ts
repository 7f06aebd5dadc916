/** Questions to the exchange's database by psql in its own pod: nothing of the services is in between. */
import { kubectl } from './shell.ts';

const POD = 'postgres-0';
const SEPARATOR = '\u001f';

/** Runs one statement; rows of text columns. */
export async function sql(namespace: string, statement: string): Promise<readonly (readonly string[])[]> {
  const out = await kubectl(
    [
      ...['exec', '-i', '-n', namespace, POD, '--', 'sh', '-c'],
      // The names of the official image's variables; the statement comes by standard input.
      'PGPASSWORD="$POSTGRES_PASSWORD" psql -U "$POSTGRES_USER" -d "$POSTGRES_DB" -v ON_ERROR_STOP=1 -qAt -F "$0" -f -',
      SEPARATOR,
    ],
    { timeoutMs: 30_000, input: statement },
  );
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(SEPARATOR));
}
