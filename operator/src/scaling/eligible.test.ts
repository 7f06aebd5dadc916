import { describe, expect, it } from '@jest/globals';
import { scalingOf } from './eligible.ts';
import { groupOf, scalingSpec } from './testing/spec.ts';

const scaling = scalingSpec({ maxReplicas: 8 });
const unscaled = groupOf({});
const saying = (said: typeof scaling) => ({ ...unscaled, spec: { ...unscaled.spec, scaling: said } });

describe('scalingOf', () => {
  it.each([
    ['that says nothing of scaling', unscaled, 'No'],
    ['that says it', saying(scaling), 'Yes'],
    ['that cannot be read', saying({ ...scaling, maxReplicas: -1 }), 'Unreadable'],
  ])('of a group %s is %s', (_which, object, kind) => {
    expect(scalingOf(object).kind).toBe(kind);
  });
});
