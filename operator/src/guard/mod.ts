export { closingFile } from './files.ts';
export { gateKey, isClosedByGuard } from './gate.ts';
