/** What people do, and what fails, in a run: drawn at random, and told in words. */
import * as fc from 'fast-check';
import type { Kind } from '../world/world.ts';

export const shapes = [
  { namespace: 'n1', name: 'c', groups: ['broker-a', 'broker-b'] },
  { namespace: 'n1', name: 'd', groups: ['broker-a'] },
  { namespace: 'n2', name: 'c', groups: ['broker-a', 'broker-b'] },
] as const;

/** The last of each kind is there before anybody declares it. */
export const names = {
  Topic: ['ORDERS', 'TRADES', 'OLD'],
  ConsumerGroup: ['G', 'OLD_G'],
  User: ['order', 'ops'],
} as const satisfies Record<Kind, readonly string[]>;

export interface Target {
  readonly kind: Kind;
  readonly namespace: 'n1' | 'n2';
  /** Name of the Kubernetes object. */
  readonly object: 'a' | 'b' | 'c';
}

interface Broker {
  readonly cluster: string;
  readonly group: 'broker-a' | 'broker-b';
}

export type Action =
  | {
      readonly do: 'Declare';
      readonly target: Target;
      readonly cluster: 'c' | 'd';
      readonly name: number;
      readonly spec: object;
    }
  | { readonly do: 'Edit'; readonly target: Target; readonly change: object }
  | { readonly do: 'Delete'; readonly target: Target }
  | { readonly do: 'Pause'; readonly cluster: string; readonly paused: boolean }
  | {
      readonly do: 'ByHand';
      readonly what: 'Put' | 'Change' | 'Remove';
      readonly on: Broker;
      readonly kind: Kind;
      readonly name: number;
    }
  | { readonly do: 'Produce'; readonly on: Broker; readonly topic: number; readonly messages: number }
  | { readonly do: 'Break'; readonly on: Broker; readonly how: 'Hang' | 'Drop' | 'Busy' | 'Die' }
  | { readonly do: 'FailOver'; readonly on: Broker }
  | {
      readonly do: 'NameServer';
      readonly cluster: string;
      readonly how: 'Hang' | 'Forget';
    }
  | { readonly do: 'Controllers'; readonly cluster: string; readonly how: 'Hang' | 'Busy' }
  | { readonly do: 'Mend'; readonly cluster: string }
  | { readonly do: 'Operator'; readonly how: 'stop' | 'kill' | 'start' | 'restart' }
  | { readonly do: 'Watches' | 'Settle' };

export interface Step {
  readonly action: Action;
  /** How long it takes until the next one. */
  readonly thenMs: number;
}

const deletionPolicy = fc.constantFrom('Retain', 'Delete');
const adoptionPolicy = fc.constantFrom('Adopt', 'Fail', 'Observe');

/** Any part of a spec may be in an edit. */
const fields: Readonly<Record<Kind, Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  Topic: {
    type: fc.constantFrom('Normal', 'FIFO', 'Delay', 'Transaction'),
    queuesPerBroker: fc.constantFrom(4, 8),
    permission: fc.constantFrom('ReadWrite', 'ReadOnly'),
    attributes: fc.constantFrom({}, { 'reserve.time': '72' }),
    brokerGroups: fc.constantFrom(undefined, undefined, ['broker-a'], ['broker-b', 'broker-a']),
    adoptionPolicy,
    deletionPolicy,
    deletionGuards: fc.constantFrom(
      { onlyIfEmpty: false, onlyIfUnused: false },
      { onlyIfEmpty: true, onlyIfUnused: false },
      { onlyIfEmpty: false, onlyIfUnused: true },
    ),
  },
  ConsumerGroup: {
    ordered: fc.boolean(),
    broadcast: fc.boolean(),
    retry: fc.constantFrom(
      { maxAttempts: 16 },
      { maxAttempts: 3, policy: { custom: { delaysMs: [1_000, 2_000] } } },
      { maxAttempts: 3, policy: { exponential: { initialMs: 10, maxMs: 100, multiplier: 2 } } },
    ),
    resetOffset: fc.constantFrom(
      undefined,
      { id: 'r1', to: 'Earliest', dryRun: false },
      { id: 'r2', to: 'Latest', dryRun: true },
    ),
    adoptionPolicy,
    deletionPolicy,
  },
  User: {
    type: fc.constantFrom('Normal', 'Normal', 'Super'),
    policies: fc.constantFrom(
      undefined,
      [{ resource: 'Topic:ORDERS', actions: ['Pub', 'Sub'], decision: 'Allow' }],
      [
        { resource: 'Topic:ORDERS', actions: ['Pub'], decision: 'Deny' },
        { resource: 'Group:G', actions: ['Sub'], decision: 'Allow', sourceIps: ['10.0.0.0/8'] },
      ],
    ),
    rotation: fc.constantFrom(undefined, { id: 'w', overlapSeconds: 60 }, { id: 'x', overlapSeconds: 0 }),
    secretName: fc.constantFrom(undefined, undefined, 'shared', 'given'),
    credentials: fc.constantFrom('Generated', 'Generated', 'Given'),
    deletionPolicy,
  },
};

const kind = fc.constantFrom<Kind>('Topic', 'Topic', 'ConsumerGroup', 'User');
const cluster = fc.constantFrom(...shapes.map(({ namespace, name }) => `${namespace}/${name}`));
const on = fc.record({ cluster, group: fc.constantFrom('broker-a', 'broker-b') });
const name = fc.nat({ max: 2 });
const target = fc.record<Target>({
  kind,
  namespace: fc.constantFrom('n1', 'n1', 'n2'),
  object: fc.constantFrom('a', 'b', 'c'),
});

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: target.chain((of) =>
      fc.record({
        do: fc.constant('Declare'),
        target: fc.constant(of),
        cluster: fc.constantFrom('c', 'c', 'd'),
        name,
        spec: fc.record(fields[of.kind]),
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: target.chain((of) =>
      fc.record({
        do: fc.constant('Edit'),
        target: fc.constant(of),
        change: fc.record(fields[of.kind], { requiredKeys: [] }),
      }),
    ),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('Delete'), target }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('Pause'), cluster, paused: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('ByHand'),
      what: fc.constantFrom('Put', 'Change', 'Remove'),
      on,
      kind,
      name,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('Produce'), on, topic: name, messages: fc.constantFrom(3, 9) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('Break'),
      on,
      how: fc.constantFrom('Hang', 'Drop', 'Busy', 'Die'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('FailOver'), on }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('NameServer'),
      cluster,
      how: fc.constantFrom('Hang', 'Forget'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('Controllers'), cluster, how: fc.constantFrom('Hang', 'Busy') }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('Mend'), cluster }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('Operator'),
      how: fc.constantFrom('stop', 'kill', 'start', 'restart'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('Watches', 'Settle') }) },
);

/** A moment within a pass, a pass, a wait for an answer, a resync. */
const thenMs = fc.constantFrom(0, 3, 105, 130, 400, 3_000, 12_000, 130_000);

export const steps = (maxLength: number): fc.Arbitrary<readonly Step[]> =>
  fc.array(fc.record({ action, thenMs }), { minLength: 3, maxLength, size: 'max' });

export function inWords({ action: act, thenMs: ms }: Step): string {
  return `${clauseOf(act)}; ${ms} ms pass`;
}

function clauseOf(act: Action): string {
  switch (act.do) {
    case 'Declare':
      return `${wordsOf(act.target)} declares ${nameOf(act.target.kind, act.name)} on ${act.cluster}: ${JSON.stringify(act.spec)}`;
    case 'Edit':
      return `${wordsOf(act.target)} becomes ${JSON.stringify(act.change)}`;
    case 'Delete':
      return `${wordsOf(act.target)} is deleted`;
    case 'Pause':
      return `${act.cluster} is ${act.paused ? 'paused' : 'no longer paused'}`;
    case 'ByHand':
      return `by hand: ${act.what} ${act.kind} ${nameOf(act.kind, act.name)} on ${act.on.cluster} ${act.on.group}`;
    case 'Produce':
      return `${act.messages} messages of ${nameOf('Topic', act.topic)} on ${act.on.cluster} ${act.on.group}`;
    case 'Break':
      return `the master of ${act.on.cluster} ${act.on.group} begins to ${act.how}`;
    case 'FailOver':
      return `another member of ${act.on.cluster} ${act.on.group} is elected`;
    case 'NameServer':
      return `a name server of ${act.cluster} begins to ${act.how}`;
    case 'Controllers':
      return `the controllers of ${act.cluster} begin to ${act.how}`;
    case 'Mend':
      return `${act.cluster} is well again`;
    case 'Operator':
      return `operator: ${act.how}`;
    case 'Watches':
      return 'the API server ends its watches and forgets its history';
    case 'Settle':
      return 'everything is well, and comes to its end';
    default:
      return act satisfies never;
  }
}

function wordsOf({ kind: of, namespace, object }: Target): string {
  return `${of} ${namespace}/${object}`;
}

export function nameOf(of: Kind, index: number): string {
  return names[of][index % names[of].length] ?? names[of][0];
}
