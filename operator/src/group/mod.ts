export { groupKind } from './kind.ts';
