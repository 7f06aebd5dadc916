import { describe, expect, it } from '@jest/globals';
import { parseCommand } from './arguments.ts';

describe('parseCommand', () => {
  it.each([
    [['start'], { kind: 'start' }],
    [['stop'], { kind: 'stop' }],
    [['status'], { kind: 'status', json: false }],
    [['status', '-o', 'json'], { kind: 'status', json: true }],
    [['ground', 'up'], { kind: 'ground', action: 'up', cluster: 'gantry', json: false, upgrades: false }],
    [
      ['ground', 'down', '--cluster', 'other'],
      { kind: 'ground', action: 'down', cluster: 'other', json: false, upgrades: false },
    ],
    [
      ['ground', 'load', '--upgrades'],
      { kind: 'ground', action: 'load', cluster: 'gantry', json: false, upgrades: true },
    ],
    [['test'], { kind: 'test', only: undefined, full: false, keep: false, pattern: undefined }],
    [
      ['test', '--only', 'e2e', '--keep', 'show3'],
      { kind: 'test', only: 'e2e', full: false, keep: true, pattern: 'show3' },
    ],
    [['test', '--full'], { kind: 'test', only: undefined, full: true, keep: false, pattern: undefined }],
    [['bench'], { kind: 'bench', benchmark: { name: 'objects', operator: 'pod', parameters: [] } }],
    [
      ['bench', '--operator=here', '--runs', '5'],
      {
        kind: 'bench',
        benchmark: { name: 'objects', operator: 'here', parameters: ['--operator=here', '--runs', '5'] },
      },
    ],
    [
      ['bench', 'fleet', '--clusters', '4'],
      { kind: 'bench', benchmark: { name: 'fleet', operator: 'here', parameters: ['--clusters', '4'] } },
    ],
    [['chaos'], { kind: 'chaos', keep: false, parameters: [] }],
    [
      ['chaos', '--minutes', '5', '--seed=7', '--keep'],
      { kind: 'chaos', keep: true, parameters: ['--minutes', '5', '--seed=7', '--keep'] },
    ],
  ])('reads %j', (argv, command) => {
    expect(parseCommand(argv)).toEqual(command);
  });

  it.each([
    [['fly'], '"fly" is no command.'],
    [['start', '--full'], '"start" has no option --full.'],
    [['status', '-o', 'yaml'], '-o takes json, not "yaml".'],
    [['ground'], '"ground" is not understood.'],
    [['ground', 'sideways'], '"ground sideways" is not understood.'],
    [['ground', 'up', '--cluster', 'Not A Name'], '"ground up --cluster Not A Name" is not understood.'],
    [['test', '--only', 'everything'], '"test --only everything" is not understood.'],
    [['test', '--wrong'], "Unknown option '--wrong'"],
    [['stop', 'now'], '"stop now" is not understood.'],
    [['bench', '--runs', '0'], '--runs must be a whole number from 1 on'],
    [['bench', 'fleet', '--clusters', '1'], '--clusters must be a whole number from 2 on'],
    [['bench', 'fleet', '--burst', '5'], "Unknown option '--burst'"],
    [['bench', 'swarm'], "Unexpected argument 'swarm'"],
    [['chaos', '--minutes', 'ten'], '--minutes must be a whole number from 1 on'],
    [['chaos', '--minutes', '0'], '--minutes must be a whole number from 1 on'],
    [['chaos', '--seed', '1.5'], '--seed must be a whole number from 0 on'],
    [['chaos', '-o', 'yaml'], '-o takes json'],
    [['chaos', '--fast'], "Unknown option '--fast'"],
  ])('refuses %j with one sentence and the help', (argv, sentence) => {
    const command = parseCommand(argv);
    expect(command.kind).toBe('refused');
    expect(command).toHaveProperty('text', expect.stringContaining(sentence));
    expect(command).toHaveProperty('text', expect.stringContaining('Usage: '));
  });

  it.each([
    [[]],
    [['--help']],
    [['help']],
    ...['start', 'stop', 'status', 'ground', 'test', 'bench', 'chaos'].map((name) => [[name, '--help']]),
  ])('prints help for %j', (argv) => {
    const command = parseCommand(argv);
    expect(command.kind).toBe('help');
    expect(command).toHaveProperty('text', expect.stringContaining('Usage: '));
  });
});
