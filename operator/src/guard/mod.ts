export { closingFile } from './files.ts';
export { acceptsSinceKey, isClosedByGuard, neverByOperator } from './gate.ts';
export { askMs, noticeMs, questionsInLease } from './timings.ts';
export { healthPath } from './turns.ts';
