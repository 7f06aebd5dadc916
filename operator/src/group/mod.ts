export { type DesiredGroup } from './desired.ts';
export { groupKind } from './kind.ts';
export { createResetController } from './reset/controller.ts';
