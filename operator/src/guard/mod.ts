export { closingFile } from './files.ts';
export { acceptsSinceKey, isClosedByGuard, minInSyncKey, neverByOperator } from './gate.ts';
export { askMs, noticeMs, questionsInLease } from './timings.ts';
