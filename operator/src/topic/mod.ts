export { topicKind } from './kind.ts';
