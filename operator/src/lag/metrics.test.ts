import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { lagMetrics } from './metrics.ts';

const backlog = { topics: new Map([['t', 5]]), unplacedQueues: 2 };

describe('lagMetrics', () => {
  it('tells what is known of a group', async () => {
    const registry = new Registry();
    lagMetrics(registry).told(
      'n/c',
      new Map([['g', { backlog, oldestMs: 1_500, members: 3, inFlight: 7, deadLetters: 1 }]]),
    );
    const text = await registry.metrics();
    expect(text).toContain('gantry_consumer_group_lag_messages{cluster="n/c",group="g",topic="t"} 5');
    expect(text).toContain('gantry_consumer_group_unplaced_queues{cluster="n/c",group="g"} 2');
    expect(text).toContain('gantry_consumer_group_oldest_message_seconds{cluster="n/c",group="g"} 1.5');
    expect(text).toContain('gantry_consumer_group_members{cluster="n/c",group="g"} 3');
    expect(text).toContain('gantry_consumer_group_in_flight_messages{cluster="n/c",group="g"} 7');
    expect(text).toContain('gantry_consumer_group_dead_letters{cluster="n/c",group="g"} 1');
  });

  it('has no series of what is unknown, nor of groups and clusters that are gone', async () => {
    const registry = new Registry();
    const metrics = lagMetrics(registry);
    const whole = { backlog, oldestMs: 0, members: 1, inFlight: 0, deadLetters: 0 };
    metrics.told(
      'n/c',
      new Map([
        ['g', whole],
        ['h', whole],
      ]),
    );
    metrics.told('n/d', new Map([['g', whole]]));
    metrics.told('n/c', new Map([['g', { members: 1 }]]));
    const lines = async (): Promise<readonly string[]> =>
      (await registry.metrics()).split('\n').filter((line) => line.includes('cluster="n/c"'));
    expect(await lines()).toEqual(['gantry_consumer_group_members{cluster="n/c",group="g"} 1']);
    metrics.forget('n/c');
    expect(await lines()).toEqual([]);
    expect(await registry.metrics()).toContain('cluster="n/d"');
  });
});
