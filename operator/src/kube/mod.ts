/** The controller runtime. It knows no RocketMQ. */
export type {
  ApplyApi,
  ApplyIntent,
  ApplyOptions,
  FinalizerApi,
  DeleteOptions,
  GetOptions,
  JsonPatchOperation,
  KubeApi,
  Subresource,
  WriteOptions,
} from './api.ts';
export {
  Applier,
  ApplyConflictError,
  type Applied,
  type ApplierCallOptions,
  type FieldConflict,
  type ObjectApplier,
} from './apply.ts';
export { KubeClient, type KubeClientOptions } from './client.ts';
export { pause, systemClock, type Clock, type Random } from './clock.ts';
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
export {
  Controller,
  LeadershipLostError,
  type ControllerFace,
  type ControllerMetrics,
  type ControllerOptions,
  type Reconcile,
  type ReconcileContext,
  type RunResult,
} from './controller.ts';
export { isKubeError, KubeError, type KubeErrorCode } from './errors.ts';
export { type EventInput, type EventSource } from './event-series.ts';
export { EventRecorder, type EventRecorderOptions, type EventSink } from './events.ts';
export { fenced } from './fence.ts';
export { addFinalizer, hasFinalizer, removeFinalizer } from './finalizers.ts';
export {
  Informer,
  type ChangeHandler,
  type InformerFace,
  type InformerOptions,
  type InformerStatus,
} from './informer.ts';
export { startDeadline } from './deadline.ts';
export { canonicalJson, hashOf } from './intent.ts';
export { LeaderElector, type LeaderCallbacks, type LeaderElectorOptions } from './leader.ts';
export { listAll } from './list-all.ts';
export { silentLogger, type Logger } from './logger.ts';
export { done, type Outcome } from './outcome.ts';
export { controllerOf, isControlledBy, ownerReference } from './ownership.ts';
export { type Priority, type QueueStatus } from './queue.ts';
export { backoffMs } from './backoff.ts';
export { mergePatchTo } from './merge-patch.ts';
export * from './resource-types.ts';
export { fromSecretData, toSecretData } from './secret-data.ts';
export { type IndexFunctions, type Store } from './store.ts';
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
