import { describe, expect, it } from '@jest/globals';
import { liveBrokerKeys } from './config/live-keys.ts';
import { liveSettings, type LiveSettings } from './live-settings.ts';
import type { Answers, Settings } from './observe.ts';
import type { Revision } from './revision.ts';
import { brokerView } from './testing/groups.ts';
import type { MemberView } from './view.ts';

const pod = (restartCount = 0): NonNullable<MemberView['object']> => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a-0-0', uid: 'u' },
  status: {
    containerStatuses: [{ name: 'c', image: 'i', imageID: '', ready: true, restartCount }],
  },
});

const revision = (text: string): Revision => ({
  hash: 'r',
  inputsHash: 'i',
  secretName: 's',
  files: { 'broker.conf': text },
  template: {},
});

const settings = (over: Readonly<Record<string, string>> = {}): Settings =>
  new Map([...liveBrokerKeys, ...Object.entries(over)]);

function decide(options: {
  readonly file?: string;
  readonly running?: Settings;
  readonly member?: Partial<MemberView>;
  readonly before?: LiveSettings['settled'];
}): LiveSettings {
  const answers: Answers['settings'] = new Map(
    options.running === undefined ? [] : [['a-0-0:10911', { known: true, value: options.running }]],
  );
  const { facts: _facts, ...member } = options.member ?? {};
  return liveSettings(
    [brokerView('a-0-0', { object: pod(), ...member })],
    answers,
    () => revision(options.file ?? ''),
    options.before ?? new Map(),
  );
}

const told = ({ pushes }: LiveSettings): readonly object[] =>
  pushes.map(({ values, byHand }) => ({ ...Object.fromEntries(values), byHand }));

describe('liveSettings', () => {
  it('tells nobody who has what the spec says, in whatever way it is written', () => {
    expect(
      told(decide({ file: 'fileReservedTime=048\n', running: settings({ fileReservedTime: '48' }) })),
    ).toEqual([]);
  });

  it('tells only what differs, and the default of what the spec does not say', () => {
    const running = settings({ fileReservedTime: '72', deleteWhen: '12' });
    expect(told(decide({ file: 'fileReservedTime=48\n', running }))).toEqual([
      { fileReservedTime: '48', deleteWhen: '04', byHand: false },
    ]);
  });

  it.each<[string, Parameters<typeof decide>[0]]>([
    ['nobody answered', {}],
    ['the broker is starting', { running: settings({ deleteWhen: '12' }), member: { phase: 'Starting' } }],
    ['the broker does not say', { running: new Map() }],
    ['it is no broker', { running: settings({ deleteWhen: '12' }), member: { component: 'controller' } }],
  ])('tells nothing while %s', (_what, options) => {
    expect(told(decide(options))).toEqual([]);
  });

  it('knows a change by hand from an edit, and from a restart of the process', () => {
    const { settled } = decide({ running: settings() });
    const changed = settings({ deleteWhen: '12' });
    expect(told(decide({ running: changed, before: settled }))).toEqual([{ deleteWhen: '04', byHand: true }]);
    expect(told(decide({ file: 'deleteWhen=05\n', running: settings(), before: settled }))).toEqual([
      { deleteWhen: '05', byHand: false },
    ]);
    expect(told(decide({ running: changed, before: settled, member: { object: pod(1) } }))).toEqual([
      { deleteWhen: '04', byHand: false },
    ]);
  });

  it('remembers through a silence', () => {
    const { settled } = decide({ running: settings() });
    const silent = decide({ before: settled });
    expect(silent.settled).toEqual(settled);
    expect(decide({ before: settled, member: { object: undefined } }).settled.size).toBe(0);
  });
});
