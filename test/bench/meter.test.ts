import { describe, expect, it } from '@jest/globals';
import { spent, total, writesAmong, type Reading } from './meter.ts';
import { readMetrics } from './metrics-text.ts';

const request = (verb: string, resource: string, subresource: string, code: number, value: number): string =>
  `apiserver_request_total{code="${code}",component="apiserver",resource="${resource}",subresource="${subresource}",verb="${verb}"} ${value}`;

const reading = (cpu: number, asked: number, lists: number, api: readonly string[]): Reading => ({
  operator: readMetrics(
    [
      `process_cpu_seconds_total ${cpu}`,
      `gantry_object_requests_total{kind="topics",request="List"} ${asked}`,
      `gantry_object_requests_total{kind="topics",request="Write"} ${asked}`,
      `gantry_object_requests_total{kind="users",request="List"} 6`,
    ].join('\n'),
  ),
  apiServer: readMetrics(api.join('\n')),
  brokers: new Map([
    ['authListUser', lists],
    ['authListAcl', 1],
  ]),
});

describe('spent', () => {
  const before = reading(1, 2, 10, [request('APPLY', 'topics', '', 200, 5)]);
  const after = reading(1.5, 4, 16, [
    request('APPLY', 'topics', '', 200, 7),
    request('APPLY', 'topics', '', 201, 10),
    request('APPLY', 'topics', 'status', 200, 3),
    request('LIST', 'users', '', 200, 2),
    request('WATCH', 'users', '', 200, 1),
    request('PUT', 'leases', '', 200, 4),
  ]);
  const cost = spent(before, after);

  it('tells of each kind of call how many there were since', () => {
    expect(cost.cpuSeconds).toBe(0.5);
    expect(cost.asked).toEqual(new Map([['topics', 4]]));
    expect(cost.brokerCalls).toEqual(new Map([['authListUser', 6]]));
  });

  it('counts what is about the objects, of whatever outcome, and no end of a watch', () => {
    const apiCalls = new Map([
      ['APPLY topics', 12],
      ['APPLY topics/status', 3],
      ['LIST users', 2],
    ]);
    expect(cost.apiCalls).toEqual(apiCalls);
    expect(total(apiCalls)).toBe(17);
    expect(writesAmong(apiCalls)).toBe(15);
  });

  it('makes no figure of an operator that does not tell its CPU time', () => {
    expect(() => spent({ ...before, operator: [] }, after)).toThrow('CPU');
  });
});
