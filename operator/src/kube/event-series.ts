import { toMicroTime } from './conditions.ts';
import type { ApplyIntent } from './api.ts';
import type { KubeObject } from './types.ts';

export interface EventInput {
  readonly type: 'Normal' | 'Warning';
  /** Why, in one CamelCase word of a closed list. */
  readonly reason: string;
  /** What was done or attempted, in one CamelCase word. */
  readonly action: string;
  /** For people. Cut at 1 KiB, as the server demands. */
  readonly note: string;
}

export interface EventSource {
  /** Such as `rocketmq.gantry.dev/operator`. */
  readonly controller: string;
  /** The pod. */
  readonly instance: string;
}

/** One Event object on the server, and how often it happened since. */
export interface Series {
  readonly namespace: string;
  readonly name: string;
  readonly regarding: KubeObject;
  readonly input: EventInput;
  readonly firstAtMs: number;
  count: number;
  lastAtMs: number;
  /** Count on the server; 0: not created yet. */
  writtenCount: number;
}

/** The server refuses notes above 1 KiB and names, reasons and actions above 128 characters. */
const MAX_NOTE_BYTES = 1024;
const MAX_WORD = 128;
const MAX_NAME = 253;

/** Same subject, same words: the same event again. */
export function seriesKey(regarding: KubeObject, input: EventInput): string {
  const subject =
    regarding.metadata.uid ?? `${regarding.metadata.namespace ?? ''}/${regarding.metadata.name}`;
  return [subject, input.type, input.reason, input.action, input.note].join('\0');
}

export function newSeries(
  regarding: KubeObject,
  input: EventInput,
  nowMs: number,
  uniqueSuffix: string,
): Series {
  const suffix = `.${uniqueSuffix}`;
  const { name, namespace, uid, resourceVersion } = regarding.metadata;
  return {
    namespace: namespace ?? 'default',
    name: `${name.slice(0, MAX_NAME - suffix.length)}${suffix}`,
    // Only what the event needs: a series must not keep a whole object alive.
    regarding: {
      apiVersion: regarding.apiVersion,
      kind: regarding.kind,
      metadata: {
        name,
        ...(namespace === undefined ? {} : { namespace }),
        ...(uid === undefined ? {} : { uid }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      },
    },
    input: { ...input, note: cutBytes(input.note, MAX_NOTE_BYTES) },
    firstAtMs: nowMs,
    count: 1,
    lastAtMs: nowMs,
    writtenCount: 0,
  };
}

/** The object for `create`. */
export function toEvent(series: Series, source: EventSource): ApplyIntent {
  const { regarding, input } = series;
  const event = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: series.name, namespace: series.namespace },
    eventTime: toMicroTime(series.firstAtMs),
    reportingController: source.controller,
    reportingInstance: source.instance.slice(0, MAX_WORD),
    type: input.type,
    reason: input.reason.slice(0, MAX_WORD),
    action: input.action.slice(0, MAX_WORD),
    note: input.note,
    regarding: { apiVersion: regarding.apiVersion, kind: regarding.kind, ...regarding.metadata },
    ...(series.count > 1 ? seriesPatch(series) : {}),
  };
  return event;
}

/** The merge patch that brings the server's count up to date. */
export function seriesPatch(series: Series): object {
  return { series: { count: series.count, lastObservedTime: toMicroTime(series.lastAtMs) } };
}

/** At most so many bytes of UTF-8, never half a character. */
function cutBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const cut = Buffer.from(text)
    .subarray(0, maxBytes - 3)
    .toString('utf8');
  return `${cut.replace(/\uFFFD+$/, '')}…`;
}
