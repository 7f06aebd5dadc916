import { describe, expect, it } from '@jest/globals';
import { nextState, type ConsumerEvent, type ConsumerState } from './lifecycle.ts';

describe('consumer lifecycle', () => {
  it.each<[string, readonly ConsumerEvent[], ConsumerState]>([
    ['runs', ['Start', 'Started'], 'Running'],
    ['may start again after a failure', ['Start', 'StartFailed', 'Start', 'Started'], 'Running'],
    ['drains', ['Start', 'Started', 'Stop', 'Drained'], 'Stopped'],
    [
      'closes by force when the drain takes too long',
      ['Start', 'Started', 'Stop', 'GraceExpired', 'Closed'],
      'Stopped',
    ],
    ['closes when stopped while starting', ['Start', 'Stop', 'StartFailed', 'Closed'], 'Stopped'],
    ['does not run when a start succeeds after the stop', ['Start', 'Stop', 'Started', 'Closed'], 'Stopped'],
    ['stops without ever starting', ['Stop'], 'Stopped'],
  ])('%s', (_name, events, end) => {
    const state = events.reduce<ConsumerState>(
      (current, event) => nextState(current, event) ?? current,
      'Idle',
    );
    expect(state).toBe(end);
  });

  it('stays stopped', () => {
    const events: ConsumerEvent[] = [
      'Start',
      'Started',
      'StartFailed',
      'Stop',
      'Drained',
      'GraceExpired',
      'Closed',
    ];
    expect(events.map((event) => nextState('Stopped', event))).toEqual(events.map(() => undefined));
  });
});
