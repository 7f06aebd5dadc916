import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { depositRequest } from '../../../apps/asset/src/deposits.ts';
import { orderRequest } from '../../../apps/order/src/order-request.ts';
import { parseImageList } from '../load.ts';
import { readinessOf, type Observed } from './readiness.ts';
import { closingLine, readJest, summary } from './results.ts';
import { describeWait, exampleDeposit, exampleOrder } from './start.ts';

const topic = (status?: Observed['status']): Observed => ({
  kind: 'Topic',
  metadata: { namespace: 'exchange', name: 'order-topic', generation: 2 },
  ...(status === undefined ? {} : { status }),
});

describe('readinessOf', () => {
  it.each<[string, Observed, string]>([
    ['no status', topic(), 'the operator has not seen it yet'],
    ['no condition', topic({ observedGeneration: 2 }), 'the operator has not seen it yet'],
    [
      'a status of an older spec',
      topic({ observedGeneration: 1, conditions: [{ type: 'Ready', status: 'True' }] }),
      'the operator has not seen it yet',
    ],
    ['Ready', topic({ observedGeneration: 2, conditions: [{ type: 'Ready', status: 'True' }] }), ''],
    [
      'not Ready',
      topic({
        observedGeneration: 2,
        conditions: [{ type: 'Ready', status: 'False', reason: 'ClusterNotReady', message: 'no master' }],
      }),
      'ClusterNotReady: no master',
    ],
    [
      'Unknown without a message',
      topic({
        observedGeneration: 2,
        conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NoAnswer', message: '' }],
      }),
      'NoAnswer',
    ],
    [
      'a workload with a pod to come',
      {
        kind: 'Deployment',
        metadata: { name: 'order' },
        spec: { replicas: 2 },
        status: { readyReplicas: 1 },
      },
      '1 of 2 pods are ready',
    ],
    [
      'a workload that is whole',
      {
        kind: 'StatefulSet',
        metadata: { name: 'postgres' },
        spec: { replicas: 1 },
        status: { replicas: 1, updatedReplicas: 1, readyReplicas: 1 },
      },
      '',
    ],
    [
      'a workload whose new pod does not come up beside the old ones',
      {
        kind: 'Deployment',
        metadata: { name: 'order' },
        spec: { replicas: 2 },
        status: { replicas: 3, updatedReplicas: 1, readyReplicas: 2 },
      },
      '1 of 2 pods are new, and not all of the others are gone',
    ],
  ])('with %s', (_, object, why) => {
    expect(readinessOf(object)).toMatchObject({ ready: why === '', why });
  });
});

describe('describeWait', () => {
  it('names the cluster that the others wait for, or the first that is not ready', () => {
    expect(describeWait(3, [readinessOf(topic())])).toBe(
      '2 of 3 ready; waiting for Topic exchange/order-topic: the operator has not seen it yet',
    );
    const cluster = readinessOf({ ...topic(), kind: 'RocketMQCluster' });
    expect(describeWait(3, [readinessOf(topic()), cluster])).toContain(
      '1 of 3 ready; waiting for RocketMQCluster',
    );
    expect(describeWait(0, [])).toBe('waiting for the first objects');
  });
});

describe('the results of a run', () => {
  it.each([
    [
      { numPassedTests: 3, numFailedTests: 0, numRuntimeErrorTestSuites: 0, success: true },
      { passed: 3, failed: 0 },
    ],
    [
      { numPassedTests: 3, numFailedTests: 1, numRuntimeErrorTestSuites: 1, success: false },
      { passed: 3, failed: 2 },
    ],
    [
      { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 0, success: false },
      { passed: 0, failed: 1 },
    ],
  ])('come from %j', (report, counts) => {
    expect(readJest(JSON.stringify(report))).toEqual(counts);
  });

  const results = [
    { stage: 'check', passed: 0, failed: 0, tookMs: 20_000 },
    { stage: 'unit', passed: 12, failed: 0, tookMs: 5_000 },
    { stage: 'e2e', passed: 3, failed: 1, tookMs: 60_000 },
  ];

  it('end in one line that sums every stage', () => {
    expect(closingLine(results)).toBe('15 passed, 1 failed');
  });

  it('are shown as a table', () => {
    expect(summary(results)).toBe(`STAGE  RESULT  PASSED  FAILED  TIME
check  ok      0       0       20 s
unit   ok      12      0       5 s
e2e    FAILED  3       1       60 s
all                            85 s
`);
  });
});

describe('parseImageList', () => {
  it('reads names and ids and skips what is neither', () => {
    expect([
      ...parseImageList(
        'docker.io/library/postgres:15 sha256:1\n\ndocker.io/apache/rocketmq:5.5.0 sha256:2\n',
      ),
    ]).toEqual([
      ['docker.io/library/postgres:15', 'sha256:1'],
      ['docker.io/apache/rocketmq:5.5.0', 'sha256:2'],
    ]);
  });
});

describe('the first order', () => {
  it('that npm start prints is one that the order service takes', () => {
    expect(orderRequest.parse(exampleOrder)).toMatchObject(exampleOrder);
    expect(depositRequest.parse(exampleDeposit)).toEqual(exampleDeposit);
  });
  it('of the chart’s notes too', async () => {
    const file = new URL('../../../charts/exchange/templates/NOTES.txt', import.meta.url);
    const text = await readFile(file, 'utf8');
    const body = (path: string): unknown =>
      JSON.parse(new RegExp(`/${path} .*-d '([^']+)'`).exec(text)?.[1] ?? '');
    expect(orderRequest.safeParse(body('orders')).error).toBeUndefined();
    expect(depositRequest.safeParse(body('deposits')).error).toBeUndefined();
  });
});
