/** Objects as a generator makes them, each under a name of its own. */
import * as fc from 'fast-check';
import type { Json } from '../../../operator/src/api/schema/authoring.ts';
import type { KindDefinition } from '../../../operator/src/api/schema/crd.ts';
import { plausibleObjects } from '../../integration/crd-fuzz.ts';

export interface Generated {
  readonly name: string;
  readonly spec: unknown;
}

const nameFields = ['topicName', 'groupName', 'userName'] as const;

/** Most of the names in RocketMQ are made different, so that not all of them are in conflict with the first. */
export function generated(kind: KindDefinition, count: number, seed: number): readonly Generated[] {
  return fc.sample(plausibleObjects(kind), { numRuns: count, seed }).map((object, index) => {
    const spec = fieldOf(object, 'spec');
    const own = nameFields.flatMap((field) => {
      const given = fieldOf(spec, field);
      return typeof given === 'string' && index % 4 > 0 ? [[field, `${given}${index}`] as const] : [];
    });
    const name = `${nameOf(object)}-${index}`;
    return { name, spec: isObject(spec) ? { ...spec, ...Object.fromEntries(own) } : spec };
  });
}

/** What Kubernetes itself takes for a name, as far as the generator goes. */
function nameOf(object: Json): string {
  const name = fieldOf(fieldOf(object, 'metadata'), 'name');
  return typeof name === 'string' && /^[a-z0-9][a-z0-9.-]*$/.test(name) ? name : 'orders';
}

function fieldOf(value: Json | undefined, field: string): Json | undefined {
  return isObject(value) ? value[field] : undefined;
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
