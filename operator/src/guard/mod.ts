export { closingFile } from './files.ts';
export { isClosedByGuard, minInSyncKey } from './gate.ts';
export { askMs, noticeMs, questionsInLease } from './timings.ts';
