/** Questions to the exchange's database by psql in its own pod: nothing of the services is in between. */
import { kubectl } from './shell.ts';

const POD = 'postgres-0';
const SEPARATOR = '\u001f';

/** As charts/exchange sets it up; the statement comes by standard input. */
const PSQL =
  'PGPASSWORD="$(cat /run/secrets/postgres/password)" ' +
  'psql -h /tmp -U "$DB_USER" -d "$DB_NAME" -v ON_ERROR_STOP=1 -qAt -F "$0" -f -';

/** Runs one statement; rows of text columns. */
export async function sql(namespace: string, statement: string): Promise<readonly (readonly string[])[]> {
  const out = await kubectl(['exec', '-i', '-n', namespace, POD, '--', 'sh', '-c', PSQL, SEPARATOR], {
    timeoutMs: 30_000,
    input: statement,
  });
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(SEPARATOR));
}
