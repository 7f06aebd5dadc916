import type * as z from 'zod';
import type { ResourceType } from '../../kube/mod.ts';
import type { Json, Rule } from './authoring.ts';
import { type Field, type StructuralSchema, toStructural } from './structural.ts';

export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly jsonPath: string;
  readonly description?: string;
  /** 0 is always shown, 1 with `-o wide`. */
  readonly priority?: 0 | 1;
}

/** All that a CustomResourceDefinition, its reference and its tests are made of. */
export interface KindDefinition {
  readonly type: ResourceType;
  readonly shortName: string;
  readonly description: string;
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
  /** Rules that need the object's name. */
  readonly rules: readonly Rule[];
  readonly columns: readonly PrinterColumn[];
  /** The smallest spec that is accepted. */
  readonly minimal: Json;
}

export interface KindFields {
  readonly spec: readonly Field[];
  readonly status: readonly Field[];
}

export function fieldsOf(kind: KindDefinition): KindFields {
  return {
    spec: toStructural(kind.spec, 'spec').fields,
    status: toStructural(kind.status, 'status').fields,
  };
}

/** The CustomResourceDefinition as the API server takes it. */
export function toCustomResourceDefinition(kind: KindDefinition): object {
  const { group, version, plural } = kind.type;
  const root: StructuralSchema = {
    type: 'object',
    description: kind.description,
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: { ...toStructural(kind.spec, 'spec').schema, description: 'What is wanted.' },
      status: { ...toStructural(kind.status, 'status').schema, description: 'What is the case.' },
    },
    ...(kind.rules.length > 0 && {
      'x-kubernetes-validations': kind.rules.map(({ rule, message }) => ({ rule, message })),
    }),
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: kind.type.namespaced ? 'Namespaced' : 'Cluster',
      names: {
        kind: kind.type.kind,
        listKind: `${kind.type.kind}List`,
        plural,
        singular: kind.type.kind.toLowerCase(),
        shortNames: [kind.shortName],
        categories: ['rocketmq'],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: kind.columns,
          schema: { openAPIV3Schema: root },
        },
      ],
    },
  };
}
