import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { toKubeTime, type Secret } from '../../kube/mod.ts';
import type { Credentials } from '../../rocketmq/mod.ts';
import { user } from '../testing/user.ts';
import { nextState, type RotationFacts } from './rotation.ts';
import { contentOf, has, pairsOf, readState, rotationOf, type SecretState } from './state.ts';

const nowMs = Date.UTC(2026, 0, 1);
const facts: RotationFacts = {
  userName: 'u',
  rotation: undefined,
  accessKeys: [],
  nowMs,
  paused: false,
  newSecretKey: () => 'new',
};
const rotation = { id: 'r1', overlapSeconds: 60 };
const a: Credentials = { accessKey: 'u.a', secretKey: '1' };
const b: Credentials = { accessKey: 'u.b', secretKey: '2' };
const fresh: Credentials = { accessKey: 'u.b', secretKey: 'new' };
const idle: SecretState = { current: a, rotationId: undefined, phase: { kind: 'Idle' } };
const staged: SecretState = { current: a, rotationId: 'r1', phase: { kind: 'Staged', next: b } };
const retiring: SecretState = {
  current: b,
  rotationId: 'r1',
  phase: { kind: 'Retiring', previous: a, retiresAtMs: nowMs + 60_000 },
};

describe('nextState', () => {
  it.each<readonly [string, SecretState | undefined, Partial<RotationFacts>, SecretState]>([
    ['none: the first ones', undefined, {}, { ...idle, current: { ...a, secretKey: 'new' } }],
    [
      'none any more: of the name that members do not have',
      undefined,
      { accessKeys: ['u.a'], rotation },
      { current: fresh, rotationId: 'r1', phase: { kind: 'Idle' } },
    ],
    [
      'another id',
      idle,
      { rotation, accessKeys: ['u.a'] },
      { ...staged, phase: { kind: 'Staged', next: fresh } },
    ],
    ['both are everywhere', staged, { rotation, accessKeys: ['u.a', 'u.b'] }, retiring],
    [
      'no overlap',
      staged,
      { rotation: { id: 'r1', overlapSeconds: 0 }, accessKeys: ['u.a', 'u.b'] },
      { ...retiring, phase: { kind: 'Retiring', previous: a, retiresAtMs: nowMs } },
    ],
    [
      'the spec forgot the rotation on its way',
      staged,
      { accessKeys: ['u.a', 'u.b'] },
      { ...retiring, phase: { kind: 'Retiring', previous: a, retiresAtMs: nowMs + 3_600_000 } },
    ],
    [
      'the time is over',
      retiring,
      { rotation, nowMs: nowMs + 60_000 },
      { current: b, rotationId: 'r1', phase: { kind: 'Idle' } },
    ],
  ])('%s', (_, state, change, expected) => {
    expect(nextState(state, { ...facts, ...change })).toEqual(expected);
  });

  it.each<readonly [string, SecretState, Partial<RotationFacts>]>([
    ['nothing is asked for', idle, { accessKeys: ['u.a'] }],
    ['the id was carried out', { ...idle, rotationId: 'r1' }, { rotation, accessKeys: ['u.a'] }],
    ['the user is not everywhere yet', idle, { rotation }],
    ['the other one of before is still there', idle, { rotation, accessKeys: ['u.a', 'u.b'] }],
    ['a member lacks the next ones', staged, { rotation, accessKeys: ['u.a'] }],
    [
      'the next id comes too early',
      retiring,
      { rotation: { ...rotation, id: 'r2' }, accessKeys: ['u.a', 'u.b'] },
    ],
    ['the cluster is paused', retiring, { rotation, nowMs: nowMs + 60_000, paused: true }],
  ])('stays as it is while %s', (_, state, change) => {
    expect(nextState(state, { ...facts, ...change })).toBe(state);
  });
});

/** As the API server keeps it. */
function stored(state: SecretState): Secret {
  const { labels, annotations, data } = contentOf(state, 'proxy:8081');
  const present = (values: Readonly<Record<string, string | null>>): Record<string, string> =>
    JSON.parse(JSON.stringify(values, (_, value) => value ?? undefined));
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'u-rocketmq', labels, annotations: present(annotations) },
    data: present(data),
  };
}

describe('the Secret', () => {
  it.each([idle, staged, retiring])('has all of it: %j', (state) => {
    const secret = stored(state);
    expect(readState(secret, user('u'))).toEqual(state);
    expect(has(secret, contentOf(state, 'proxy:8081'))).toBe(true);
    expect(has(secret, contentOf(state, 'other:8081'))).toBe(false);
    // Of a cluster that is not known, endpoints stay as they are.
    expect(has(secret, contentOf(state, undefined))).toBe(true);
    for (const other of [idle, staged, retiring])
      expect(has(secret, contentOf(other, undefined))).toBe(other === state);
  });

  it.each([
    ['no Secret', undefined],
    ['no data', { ...stored(idle), data: {} }],
    ['the credentials of somebody else', stored({ ...idle, current: { accessKey: 'v.a', secretKey: '1' } })],
  ])('is of no use: %s', (_, secret) => {
    expect(readState(secret, user('u'))).toBeUndefined();
  });

  it('tells of a rotation', () => {
    expect([idle, staged, retiring].map(rotationOf)).toEqual([
      undefined,
      { id: 'r1' },
      { id: 'r1', retiresAt: toKubeTime(nowMs + 60_000) },
    ]);
  });
});

type Event =
  | { readonly kind: 'Step' | 'Crash' | 'PassBegins' | 'PassEnds' | 'Fails' }
  | { readonly kind: 'Ask'; readonly id: string }
  | { readonly kind: 'Wait'; readonly seconds: number };

const events: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom<Event>({ kind: 'Step' }, { kind: 'PassBegins' }, { kind: 'PassEnds' }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Event>({ kind: 'Crash' }, { kind: 'Fails' }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('Ask'), id: fc.constantFrom('r1', 'r2', 'r3') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('Wait'), seconds: fc.constantFrom(1, 60, 100) }) },
);

/** The credentials of one user, its brokers, and the loop between them, whose passes take their time. */
class Rotating {
  secret: Secret | undefined;
  readonly brokers = new Map<string, string>();
  accessKeys: readonly string[] = [];
  #pass: readonly Credentials[] | undefined;
  #rotation: RotationFacts['rotation'];
  #nowMs = nowMs;
  #made = 0;

  state(): SecretState | undefined {
    return readState(this.secret, user('u'));
  }

  /** What the controller would store; a crash stores nothing. */
  next(): SecretState {
    return nextState(this.state(), {
      userName: 'u',
      rotation: this.#rotation,
      accessKeys: this.accessKeys,
      nowMs: this.#nowMs,
      paused: false,
      newSecretKey: () => `key ${(this.#made += 1)}`,
    });
  }

  happen(event: Event): void {
    const state = this.state();
    if (event.kind === 'Step') this.secret = stored(this.next());
    else if (event.kind === 'Crash') this.next();
    else if (event.kind === 'PassBegins') this.#pass ??= state === undefined ? undefined : pairsOf(state);
    else if (event.kind === 'PassEnds') this.#endPass(true);
    else if (event.kind === 'Fails') this.#endPass(false);
    else if (event.kind === 'Ask') this.#rotation = { id: event.id, overlapSeconds: 60 };
    else if (event.kind === 'Wait') this.#nowMs += event.seconds * 1_000;
  }

  /** One that does not get everywhere says nothing of what it wrote, as the status of a User. */
  #endPass(everywhere: boolean): void {
    if (this.#pass === undefined) return;
    const names = this.#pass.map(({ accessKey }) => accessKey);
    if (everywhere) {
      this.brokers.clear();
      for (const { accessKey, secretKey } of this.#pass) this.brokers.set(accessKey, secretKey);
    }
    this.accessKeys = everywhere ? names : this.accessKeys.filter((name) => names.includes(name));
    this.#pass = undefined;
  }
}

describe('a rotation', () => {
  it('gives clients at every step only what every member knows', () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 60 }), (life) => {
        const rotating = new Rotating();
        for (const kind of ['Step', 'PassBegins', 'PassEnds'] as const) rotating.happen({ kind });
        for (const event of life) {
          rotating.happen(event);
          const { current } = rotating.state() ?? { current: a };
          expect(rotating.brokers.get(current.accessKey)).toBe(current.secretKey);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is through in the end, and nothing is left of the credentials before', () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 60 }), (life) => {
        const rotating = new Rotating();
        for (const event of life) rotating.happen(event);
        rotating.happen({ kind: 'Ask', id: 'last' });
        for (let turn = 0; turn < 8; turn += 1)
          for (const kind of ['Step', 'PassEnds', 'PassBegins', 'PassEnds'] as const) {
            rotating.happen({ kind });
            rotating.happen({ kind: 'Wait', seconds: 60 });
          }
        const state = rotating.state();
        expect(state).toMatchObject({ rotationId: 'last', phase: { kind: 'Idle' } });
        expect(Object.fromEntries(rotating.brokers)).toEqual({
          [state?.current.accessKey ?? '']: state?.current.secretKey,
        });
      }),
    );
  });
});
