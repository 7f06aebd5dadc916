/** The operator of an earlier commit, as the test ground made it ready (test/ground/previous.ts). */
import { join } from 'node:path';
import { imageNames } from '../../ground/versions.ts';
import type { OtherOperator } from './install.ts';

export interface PreviousOperator extends OtherOperator {
  readonly commit: string;
  /** Folder of that commit's files. */
  readonly source: string;
}

/** @throws Error with the reason when there is none: a test that cannot be made must not pass */
export function previousOperator(env: Readonly<Record<string, string | undefined>>): PreviousOperator {
  const { GANTRY_PREVIOUS_PROBLEM, GANTRY_PREVIOUS_SOURCE, GANTRY_PREVIOUS_COMMIT } = env;
  if (GANTRY_PREVIOUS_PROBLEM !== undefined) {
    throw new Error(`there is no earlier operator: ${GANTRY_PREVIOUS_PROBLEM}`);
  }
  if (GANTRY_PREVIOUS_SOURCE === undefined || GANTRY_PREVIOUS_COMMIT === undefined) {
    throw new Error('no earlier operator was made ready: run npm test -- --only e2e operator-upgrade');
  }
  return {
    commit: GANTRY_PREVIOUS_COMMIT,
    source: GANTRY_PREVIOUS_SOURCE,
    chart: join(GANTRY_PREVIOUS_SOURCE, 'charts/gantry'),
    tag: imageNames.previousOperator.split(':')[1] ?? '',
  };
}
