import * as z from 'zod';
import { sampleKey, type Stored, withRules, named } from './schema/authoring.ts';

const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

const quantityPattern = /^[0-9]{1,15}(\.[0-9]{1,9})?(n|u|m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/;

/**
 * The number that a Kubernetes quantity means: bytes for memory and storage, cores for CPU.
 * Undefined when the text is no quantity.
 */
export function quantityValue(quantity: string | number): number | undefined {
  const match = /^([0-9.]+)([a-zA-Z]*)$/.exec(String(quantity));
  const factor = suffixes[match?.[2] ?? ''];
  const value = Number(match?.[1]);
  return match && factor !== undefined && Number.isFinite(value) ? value * factor : undefined;
}

/** A quantity as Kubernetes takes it: `2`, `500m`, `1.5`, `2Gi`. YAML writes whole numbers without quotes. */
const quantity = () =>
  z
    .union([z.int(), z.string().max(32).regex(quantityPattern)], {
      error: 'Invalid value: must be a whole number or a quantity such as 500m or 2Gi',
    })
    .meta({ 'x-kubernetes-int-or-string': true, [sampleKey]: '2' });

/** A size of a volume: always text with a unit, so that nobody asks for 20 bytes. */
export const volumeSize = () =>
  z
    .string()
    .max(32)
    .regex(/^[1-9][0-9]{0,14}(\.[0-9]{1,3})?(M|G|T|Mi|Gi|Ti)$/)
    .meta({ [sampleKey]: '20Gi' });

const amounts = z.object({
  cpu: quantity().exactOptional().describe('Cores, for example 2 or 500m.'),
  memory: quantity().exactOptional().describe('Bytes, for example 2Gi.'),
  'ephemeral-storage': quantity()
    .exactOptional()
    .describe('Bytes of the disk of the node, for logs and scratch files.'),
});

interface Amounts {
  readonly cpu?: string | number | undefined;
  readonly memory?: string | number | undefined;
}
interface RequestsAndLimits {
  readonly requests?: Amounts | undefined;
  readonly limits?: Amounts | undefined;
}

/** Unknown amounts do not break the rule: a missing limit is no limit. */
function within(resources: RequestsAndLimits, key: keyof Amounts): boolean {
  const request = resources.requests?.[key];
  const limit = resources.limits?.[key];
  if (request === undefined || limit === undefined) return true;
  const [asked, allowed] = [quantityValue(request), quantityValue(limit)];
  return asked === undefined || allowed === undefined || asked <= allowed;
}

const withinRule = (key: keyof Amounts): string =>
  `!has(self.requests) || !has(self.requests.${key}) || !has(self.limits) || !has(self.limits.${key})` +
  ` || quantity(string(self.requests.${key})).compareTo(quantity(string(self.limits.${key}))) <= 0`;

export const resources = named(
  'Resources',
  withRules(
    z.object({
      requests: amounts.exactOptional().describe('What the scheduler reserves.'),
      limits: amounts
        .exactOptional()
        .describe(
          'What the container may use at most. The memory limit sets the Java heap and direct memory.',
        ),
    }),
    {
      id: 'cpu-request-within-limit',
      rule: withinRule('cpu'),
      message: 'requests.cpu is above limits.cpu: raise the limit or lower the request',
      holds: (value) => within(value, 'cpu'),
      accepts: { value: { requests: { cpu: '500m' }, limits: { cpu: 1 } } },
      refuses: { value: { requests: { cpu: 2 }, limits: { cpu: '1500m' } } },
    },
    {
      id: 'memory-request-within-limit',
      rule: withinRule('memory'),
      message: 'requests.memory is above limits.memory: raise the limit or lower the request',
      holds: (value) => within(value, 'memory'),
      accepts: { value: { requests: { memory: '1Gi' }, limits: { memory: '1024Mi' } } },
      refuses: { value: { requests: { memory: '2Gi' }, limits: { memory: '2G' } } },
    },
  ),
);

export type Resources = Stored<z.output<typeof resources>>;
