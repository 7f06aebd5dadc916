import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { ConsumerGroup } from '../api/mod.ts';
import type { GroupRetryPolicy, SubscriptionGroupConfig } from '../rocketmq/mod.ts';
import { declareGroup, type DesiredGroup } from './desired.ts';
import { compareGroup } from './diff.ts';

/** As the server hands it over, rules or no rules. */
function group(spec: object): ConsumerGroup {
  return JSON.parse(
    JSON.stringify({
      apiVersion: 'rocketmq.gantry.dev/v1beta1',
      kind: 'ConsumerGroup',
      metadata: { name: 'order-consumer', namespace: 'n' },
      spec: { clusterRef: { name: 'exchange' }, ...spec },
    }),
  );
}

describe('declareGroup', () => {
  it('has RocketMQ’s own defaults', () => {
    expect(declareGroup(group({}))).toEqual({
      ok: true,
      clusterKey: 'n/exchange',
      name: 'order-consumer',
      adoption: 'Adopt',
      deletion: { kind: 'Retain' },
      desired: {
        groupName: 'order-consumer',
        consumeMessageOrderly: false,
        consumeBroadcastEnable: false,
        retryMaxTimes: 16,
        groupRetryPolicy: { type: 'CUSTOMIZED', delaysMs: expect.arrayContaining([1_000, 7_200_000]) },
      },
    });
  });

  it('translates order, broadcast and retries', () => {
    const spec = {
      groupName: 'GID_order',
      ordered: true,
      broadcast: true,
      retry: { maxAttempts: 3, policy: { exponential: { initialMs: 10, maxMs: 100, multiplier: 3 } } },
    };
    expect(declareGroup(group(spec))).toMatchObject({
      name: 'GID_order',
      desired: {
        consumeMessageOrderly: true,
        consumeBroadcastEnable: true,
        retryMaxTimes: 3,
        groupRetryPolicy: { type: 'EXPONENTIAL', initialMs: 10, maxMs: 100, multiplier: 3 },
      },
    });
    expect(declareGroup(group({ retry: { policy: { custom: { delaysMs: [5] } } } }))).toMatchObject({
      desired: { groupRetryPolicy: { type: 'CUSTOMIZED', delaysMs: [5] } },
    });
  });

  it('names the field that is wrong', () => {
    const declaration = declareGroup(group({ groupName: 'CID_RMQ_SYS_x' }));
    expect(declaration).toMatchObject({ ok: false, clusterKey: 'n/exchange' });
    expect(declaration.ok ? '' : declaration.message).toContain('spec.groupName');
  });
});

const policies: fc.Arbitrary<GroupRetryPolicy> = fc.oneof(
  fc.record({
    type: fc.constant('EXPONENTIAL' as const),
    initialMs: fc.nat(),
    maxMs: fc.nat(),
    multiplier: fc.nat(9),
  }),
  fc.record({ type: fc.constant('CUSTOMIZED' as const), delaysMs: fc.array(fc.nat(), { maxLength: 3 }) }),
);
const wanted: fc.Arbitrary<DesiredGroup> = fc.record({
  groupName: fc.constant('G'),
  consumeMessageOrderly: fc.boolean(),
  consumeBroadcastEnable: fc.boolean(),
  retryMaxTimes: fc.nat(20),
  groupRetryPolicy: policies,
});
const held: fc.Arbitrary<SubscriptionGroupConfig> = fc
  .tuple(wanted, fc.boolean(), fc.nat(9))
  .map(([desired, flag, count]) => ({
    ...desired,
    consumeEnable: flag,
    consumeFromMinEnable: flag,
    retryQueueNums: count,
    brokerId: 0,
    whichBrokerWhenConsumeSlowly: 1,
    notifyConsumerIdsChangedEnable: flag,
    groupSysFlag: count,
    consumeTimeoutMinute: count,
    attributes: {},
    extra: { newerField: count },
  }));

describe('compareGroup', () => {
  it('creates with the defaults of RocketMQ', () => {
    const declaration = declareGroup(group({ ordered: true }));
    const difference = declaration.ok ? compareGroup(declaration.desired, undefined) : undefined;
    expect(difference).toMatchObject({
      kind: 'Create',
      write: {
        consumeEnable: true,
        consumeTimeoutMinute: 15,
        consumeMessageOrderly: true,
        retryQueueNums: 1,
      },
    });
  });

  it('one write is enough, and everything that is not declared goes back as it was', () => {
    fc.assert(
      fc.property(wanted, held, (desired, actual) => {
        const difference = compareGroup(desired, actual);
        if (difference.kind !== 'Change') return;
        expect(compareGroup(desired, difference.write)).toEqual({ kind: 'Same' });
        expect(difference.keys.length).toBeGreaterThan(0);
        const { consumeEnable, retryQueueNums, groupSysFlag, consumeTimeoutMinute, extra } = actual;
        expect(difference.write).toMatchObject({
          consumeEnable,
          retryQueueNums,
          groupSysFlag,
          consumeTimeoutMinute,
          extra,
        });
      }),
    );
  });
});
