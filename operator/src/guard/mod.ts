export { closingFile } from './files.ts';
export { acceptsSinceKey, isClosedByGuard, neverByOperator } from './gate.ts';
export { healthPath } from './health.ts';
export { askMs, noticeMs, questionsInLease } from './timings.ts';
