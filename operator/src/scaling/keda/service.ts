/** The service that KEDA asks of an external scaler (`externalscaler.ExternalScaler`), as far as it is served here. */
import { status, type ServiceDefinition, type StatusObject } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import * as z from 'zod';

const string = (id: number) => ({ type: 'string', id });
const double = (id: number) => ({ type: 'double', id });
const int64 = (id: number) => ({ type: 'int64', id });
const method = (requestType: string, responseType: string) => ({ requestType, responseType, comment: '' });

const descriptor = {
  nested: {
    externalscaler: {
      nested: {
        ExternalScaler: {
          methods: {
            IsActive: method('ScaledObjectRef', 'IsActiveResponse'),
            StreamIsActive: { ...method('ScaledObjectRef', 'IsActiveResponse'), responseStream: true },
            GetMetricSpec: method('ScaledObjectRef', 'GetMetricSpecResponse'),
            GetMetrics: method('GetMetricsRequest', 'GetMetricsResponse'),
          },
        },
        ScaledObjectRef: {
          fields: {
            name: string(1),
            namespace: string(2),
            scalerMetadata: { keyType: 'string', type: 'string', id: 3 },
          },
        },
        IsActiveResponse: { fields: { result: { type: 'bool', id: 1 } } },
        MetricSpec: { fields: { metricName: string(1), targetSize: int64(2), targetSizeFloat: double(3) } },
        GetMetricSpecResponse: { fields: { metricSpecs: { rule: 'repeated', type: 'MetricSpec', id: 1 } } },
        GetMetricsRequest: {
          fields: { scaledObjectRef: { type: 'ScaledObjectRef', id: 1 }, metricName: string(2) },
        },
        MetricValue: {
          fields: { metricName: string(1), metricValue: int64(2), metricValueFloat: double(3) },
        },
        GetMetricsResponse: { fields: { metricValues: { rule: 'repeated', type: 'MetricValue', id: 1 } } },
      },
    },
  },
};

const scaledObject = z.object({
  namespace: z.string(),
  scalerMetadata: z.object({ consumerGroup: z.string().optional() }),
});
const metricsRequest = z.object({ scaledObjectRef: scaledObject });

export type ScalerError = Pick<StatusObject, 'code' | 'details'>;

export function externalScaler(): ServiceDefinition {
  const definition = fromJSON(descriptor, { longs: Number, defaults: true })['externalscaler.ExternalScaler'];
  if (definition === undefined || 'format' in definition) throw new Error('the descriptor has no service');
  return definition;
}

/** Key of the ConsumerGroup that a ScaledObject names. */
export function groupKeyOf(request: unknown): string | ScalerError {
  const parsed = scaledObject.safeParse(request);
  const named = parsed.success ? parsed.data.scalerMetadata.consumerGroup : undefined;
  if (!parsed.success || named === undefined || named === '') {
    const details = 'the trigger has no metadata consumerGroup: the name of a ConsumerGroup of its namespace';
    return { code: status.INVALID_ARGUMENT, details };
  }
  return `${parsed.data.namespace}/${named}`;
}

export function groupKeyOfMetrics(request: unknown): string | ScalerError {
  const parsed = metricsRequest.safeParse(request);
  return groupKeyOf(parsed.success ? parsed.data.scaledObjectRef : undefined);
}
