/** The controller runtime. It knows no RocketMQ. */
export type {
  ApplyIntent,
  ApplyOptions,
  DeleteOptions,
  JsonPatchOperation,
  KubeApi,
  Subresource,
  WriteOptions,
} from './api.ts';
export { systemClock, type Clock, type Random } from './clock.ts';
export {
  findCondition,
  isTrue,
  removeCondition,
  setCondition,
  toKubeTime,
  toMicroTime,
  type Condition,
  type NextCondition,
} from './conditions.ts';
export { isKubeError, KubeError, type KubeErrorCode } from './errors.ts';
export { silentLogger, type Logger } from './logger.ts';
export { done, type Outcome } from './outcome.ts';
export { controllerOf, isControlledBy, ownerReference } from './ownership.ts';
export * from './resource-types.ts';
export {
  formatKey,
  keyOf,
  parseKey,
  type ApiStatus,
  type CallOptions,
  type Change,
  type KubeObject,
  type ListOptions,
  type ListPage,
  type ObjectKey,
  type ObjectMeta,
  type OwnerReference,
  type StatusCause,
  type WatchEvent,
  type WatchOptions,
} from './types.ts';
