import { describe, expect, it } from '@jest/globals';
import { scalingSpec } from './testing/spec.ts';
import { clientKindOf, groupTypeOf, settingsOf, type ClientKind } from './settings.ts';
import type { GroupType } from './model.ts';

const clients = (ofBrokers: readonly string[], ofProxies: readonly string[]) => ({
  ofBrokers: new Set(ofBrokers),
  ofProxies: new Set(ofProxies),
  broadcast: false,
});

describe('clientKindOf', () => {
  it.each([
    ['only proxies know them', clients([], ['a']), 'Grpc'],
    ['brokers know them', clients(['a'], []), 'Remoting'],
    ['some of both', clients(['a'], ['b']), 'Remoting'],
    ['nobody is there', clients([], []), undefined],
    ['nobody says', undefined, undefined],
  ] as const)('%s', (_what, found, kind) => expect(clientKindOf(found)).toBe(kind));
});

describe('groupTypeOf', () => {
  it.each<readonly ['Auto' | 'Remoting' | 'Grpc', ClientKind | undefined, boolean, GroupType]>([
    ['Auto', 'Grpc', false, 'Pop'],
    ['Auto', 'Grpc', true, 'PopFifo'],
    ['Auto', 'Remoting', false, 'Queue'],
    ['Auto', 'Remoting', true, 'Orderly'],
    ['Auto', undefined, false, 'Queue'],
    ['Remoting', 'Grpc', false, 'Queue'],
    ['Grpc', 'Remoting', false, 'Pop'],
  ])('%s clients, found to be %s, ordered: %s', (said, found, ordered, type) =>
    expect(groupTypeOf(said, found, ordered)).toBe(type),
  );
});

describe('settingsOf', () => {
  it('has the defaults of the API, and says nothing of what is not said', () => {
    expect(settingsOf(scalingSpec({ maxReplicas: 8 }), 'Pop')).toEqual({
      actuator: 'Scale',
      groupType: 'Pop',
      sloSeconds: 30,
      drainSeconds: 30,
      minReplicas: 1,
      maxReplicas: 8,
      initialPosition: 'Last',
      downWindowSeconds: 120,
      idleSeconds: 300,
      wakeReplicas: 1,
      staleSeconds: 60,
    });
  });

  it('translates what is said', () => {
    const spec = scalingSpec({
      maxReplicas: 8,
      replicaMessagesPerMinute: 90,
      staleness: { afterSeconds: 5, fallbackReplicas: 3 },
    });
    expect(settingsOf(spec, 'Queue')).toMatchObject({
      serviceRateHint: 1.5,
      staleSeconds: 5,
      fallbackReplicas: 3,
    });
  });
});
