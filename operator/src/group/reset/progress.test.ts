import { describe, expect, it } from '@jest/globals';
import type { ConsumerGroup } from '../../api/mod.ts';
import { group } from '../testing/group.ts';
import { afterGroup, afterTopic, movedBy, nextStep, type ResetStatus } from './progress.ts';

const NOW_MS = Date.UTC(2026, 10, 29, 12);
const asked = { id: 'r1', to: 'Latest', dryRun: false };

function stepOf(
  change: Partial<typeof asked> | undefined,
  told?: ResetStatus,
  spec: Partial<ConsumerGroup['spec']> = {},
): ReturnType<typeof nextStep> {
  const resetOffset = change === undefined ? {} : { resetOffset: { ...asked, ...change } };
  const object = group('g', { ...spec, ...resetOffset });
  return nextStep({ ...object, ...(told === undefined ? {} : { status: { resetOffset: told } }) }, NOW_MS);
}

describe('nextStep', () => {
  it.each([
    ['Earliest', '1970-01-01T00:00:00.000Z'],
    ['Latest', '2026-11-29T12:00:00.000Z'],
    ['2026-11-28T08:00:00Z', '2026-11-28T08:00:00.000Z'],
  ])('begins with the time that %s means now', (to, toTime) => {
    expect(stepOf({ to })).toEqual({
      kind: 'Begin',
      status: { id: 'r1', state: 'Running', toTime, again: 0, skipped: 0, doneOn: [] },
    });
  });

  it('goes on with the time that it has begun with', () => {
    const status = { id: 'r1', state: 'Running', toTime: '2026-11-29T11:00:00.000Z', doneOn: ['a'] } as const;
    expect(stepOf({}, status)).toEqual({ kind: 'GoOn', status });
    expect(stepOf({ dryRun: true }, status)).toEqual({ kind: 'GoOn', status });
    expect(stepOf({ id: 'r2' }, status)).toEqual({ kind: 'GoOn', status });
    expect(stepOf(undefined, status)).toEqual({ kind: 'GoOn', status });
    const planning = { ...status, state: 'Planning' } as const;
    expect(stepOf({ dryRun: true }, planning)).toEqual({ kind: 'GoOn', status: planning });
  });

  it.each<readonly [string, Parameters<typeof stepOf>]>([
    ['nothing is asked for', [undefined]],
    ['it was done', [{}, { id: 'r1', state: 'Done' }]],
    ['it was done, and becomes a dry run', [{ dryRun: true }, { id: 'r1', state: 'Done' }]],
    ['it was refused', [{}, { id: 'r1', state: 'Refused', message: 'no' }]],
    ['its dry run is over', [{ dryRun: true }, { id: 'r1', state: 'Planned' }]],
  ])('is nothing when %s', (_what, given) => {
    expect(stepOf(...given)).toEqual({ kind: 'Nothing' });
  });

  it.each<readonly [string, Parameters<typeof stepOf>, ResetStatus['state']]>([
    ['another id', [{ id: 'r2' }, { id: 'r1', state: 'Done' }], 'Running'],
    ['what was a dry run', [{}, { id: 'r1', state: 'Planned' }], 'Running'],
    ['what was a dry run that did not get through', [{}, { id: 'r1', state: 'Planning' }], 'Running'],
    ['another id than one that was refused', [{ id: 'r2' }, { id: 'r1', state: 'Refused' }], 'Running'],
  ])('begins with %s', (_what, given, state) => {
    expect(stepOf(...given)).toMatchObject({ kind: 'Begin', status: { state } });
  });

  it.each<readonly [string, ReturnType<typeof stepOf>, string]>([
    [
      'by who only observes',
      stepOf({}, undefined, { adoptionPolicy: 'Observe' }),
      'adoptionPolicy Observe changes nothing: set it to Adopt, then ask with another id',
    ],
    [
      'to what is no time',
      stepOf({ to: '2026-13-45T00:00:00Z' }),
      '2026-13-45T00:00:00Z is no time: correct resetOffset.to, then ask with another id',
    ],
  ])('refuses one %s', (_what, step, message) => {
    expect(step).toEqual({ kind: 'Refuse', status: { id: 'r1', state: 'Refused', message } });
  });

  it('refuses one that an object was made with', () => {
    const made = group('g', { resetOffset: asked });
    const step = nextStep({ ...made, metadata: { ...made.metadata, generation: 1 } }, NOW_MS);
    expect(step).toMatchObject({ kind: 'Refuse', status: { state: 'Refused' } });
  });

  it('keeps the topics that it is for', () => {
    const resetOffset = { ...asked, topics: ['t'] };
    expect(nextStep(group('g', { resetOffset }), NOW_MS)).toMatchObject({ status: { topics: ['t'] } });
  });
});

describe('movedBy', () => {
  const at = (...offsets: readonly number[]) => new Map(offsets.map((offset, queueId) => [queueId, offset]));

  it.each([
    ['back', at(5, 7), at(2, 7), { again: 3, skipped: 0 }],
    ['forward', at(5, 7), at(9, 9), { again: 0, skipped: 6 }],
    ['both ways', at(5, 7), at(9, 1), { again: 6, skipped: 4 }],
    ['where there was no place', at(5), at(5, 8), { again: 0, skipped: 0 }],
  ])('%s', (_what, from, to, moved) => {
    expect(movedBy(from, to)).toEqual(moved);
  });
});

describe('the status after a step', () => {
  const begun: ResetStatus = { id: 'r1', state: 'Running', again: 1, skipped: 2, doneOn: ['b'] };

  it('adds up', () => {
    expect(afterTopic(begun, { again: 3, skipped: 4 })).toEqual({ ...begun, again: 4, skipped: 6 });
  });

  it('names the broker group, and what was in the way no more', () => {
    expect(afterGroup({ ...begun, message: 'a: silent' }, 'a')).toEqual({ ...begun, doneOn: ['a', 'b'] });
  });
});
