/** What is to be built, sentence by sentence, and the tests that show it. */
import type { Chapter } from './claim.ts';
import { objects } from './objects.ts';
import { operation } from './operation.ts';
import { resilience } from './resilience.ts';

export const build: readonly Chapter[] = [...operation, ...resilience, ...objects];
