export { MESSAGE_TYPE, MESSAGE_TYPES, PERMISSIONS, type DesiredTopic } from './desired.ts';
export { topicKind } from './kind.ts';
