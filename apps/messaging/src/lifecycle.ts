/**
 * The life of a consumer. Draining has two deadlines: within `graceMs` received messages are handled and acknowledged;
 * past it the consumer closes by force, and the broker gives what is left to another consumer.
 */
export type ConsumerState = 'Idle' | 'Starting' | 'Running' | 'Draining' | 'Closing' | 'Stopped';
export type ConsumerEvent =
  'Start' | 'Started' | 'StartFailed' | 'Stop' | 'Drained' | 'GraceExpired' | 'Closed';

const TRANSITIONS: Readonly<Record<ConsumerState, Partial<Readonly<Record<ConsumerEvent, ConsumerState>>>>> =
  {
    Idle: { Start: 'Starting', Stop: 'Stopped' },
    Starting: { Started: 'Running', StartFailed: 'Idle', Stop: 'Closing' },
    Running: { Stop: 'Draining' },
    Draining: { Drained: 'Stopped', GraceExpired: 'Closing' },
    // A start that ends while we close changes nothing: the closer owns the client.
    Closing: { Started: 'Closing', StartFailed: 'Closing', Closed: 'Stopped' },
    Stopped: {},
  };

/** The state after `event`, or undefined when the event has no meaning there and is ignored. */
export function nextState(state: ConsumerState, event: ConsumerEvent): ConsumerState | undefined {
  return TRANSITIONS[state][event];
}
