import { describe, expect, it } from '@jest/globals';
import type { RocketMQClusterInput } from '../api/mod.ts';
import { identityOf } from './addresses.ts';
import { brokerInputs, controllerInputs, proxyInputs, type Inputs } from './inputs.ts';
import { describeReasons, restartReasons } from './restart-reasons.ts';
import { renderRevision, type Revision } from './revision.ts';
import { clusterOf } from './testing/specs.ts';

type Spec = Partial<RocketMQClusterInput>;
type Brokers = Partial<RocketMQClusterInput['brokers']>;

function revisionOf(spec: Spec, inputsOf: (cluster: ReturnType<typeof clusterOf>) => Inputs): Revision {
  const cluster = clusterOf(spec);
  return renderRevision(identityOf(cluster), 'w', inputsOf(cluster));
}

const broker = (brokers: Brokers = {}, rest: Spec = {}): Revision =>
  revisionOf({ ...rest, brokers: { groups: [{ name: 'broker-a' }], ...brokers } }, ({ spec }) =>
    brokerInputs(spec, { name: 'broker-a' }, 0),
  );

type PodSpec = NonNullable<Revision['template']['spec']>;
const { template } = broker();
const usual = template.spec?.containers[0] ?? { name: 'broker' };

/** A template as another operator might render it. */
function otherwise(change: {
  readonly container?: Partial<PodSpec['containers'][number]>;
  readonly spec?: Partial<PodSpec>;
}): Revision {
  const containers = [{ ...usual, ...change.container }];
  return { ...broker(), template: { ...template, spec: { ...template.spec, ...change.spec, containers } } };
}

describe('why a broker restarts', () => {
  it.each<[string, Revision, string]>([
    ['another image', broker({}, { image: 'registry.example/rocketmq:5.5.0' }), 'ImageChanged: the image'],
    [
      'another pull policy',
      broker({}, { imagePullPolicy: 'Always' }),
      'ImagePullChanged: how the image is pulled',
    ],
    ['a setting', broker({ config: { traceOn: 'false' } }), 'ConfigChanged: traceOn'],
    [
      'two settings',
      broker({ flush: 'Async', config: { traceOn: 'false', deleteWhen: '05' } }),
      'ConfigChanged: flushDiskType, traceOn',
    ],
    ['a limit', broker({}, { limits: { maxMessageBytes: 65_536 } }), 'ConfigChanged: maxMessageSize'],
    [
      'more memory, of which Java gets its part',
      broker({ resources: { limits: { memory: '6Gi' } } }),
      'ResourcesChanged: the resources; JvmChanged: the arguments of Java',
    ],
    [
      'other nodes',
      broker({ podTemplate: { nodeSelector: { disk: 'fast' } } }),
      'PlacementChanged: where it may run',
    ],
    [
      'a label',
      broker({ podTemplate: { labels: { team: 'core' } } }),
      'MetadataChanged: labels or annotations',
    ],
    [
      'another log',
      { ...broker(), files: { ...broker().files, 'logback.xml': '' } },
      'LoggingChanged: the configuration of the log',
    ],
    [
      'a variable',
      otherwise({
        container: { env: [...(template.spec?.containers[0]?.env ?? []), { name: 'A', value: '1' }] },
      }),
      'EnvironmentChanged: the environment',
    ],
    ['a volume', otherwise({ spec: { volumes: [] } }), 'VolumesChanged: the volumes'],
    [
      'another guard',
      otherwise({ spec: { initContainers: [{ name: 'guard', image: 'registry/gantry:2' }] } }),
      'GuardChanged: the guard of the broker',
    ],
    ['a probe', otherwise({ container: { livenessProbe: {} } }), 'ProbesChanged: the probes'],
    [
      'a grace period',
      otherwise({ spec: { terminationGracePeriodSeconds: 1 } }),
      'ShutdownChanged: how it stops',
    ],
    [
      'a security context',
      otherwise({ spec: { securityContext: {} } }),
      'SecurityChanged: the security context',
    ],
    [
      'something that no checker knows',
      otherwise({ spec: { hostname: 'h' } }),
      'TemplateChanged: the pod template',
    ],
  ])('%s', (_what, after, told) => {
    expect(describeReasons(restartReasons(broker(), after))).toBe(told);
  });

  it('names a version, and what comes with it', () => {
    const env = [{ name: 'ROCKETMQ_HOME', value: '/home/rocketmq/rocketmq-5.4.0' }];
    const older = otherwise({ container: { env } });
    expect(restartReasons(older, broker()).map(({ cause }) => cause)).toContain('VersionChanged');
  });

  it('counts on when many settings changed, and never tells a value', () => {
    const config = Object.fromEntries(
      [
        'flushDelayOffsetInterval',
        'maxTransferCountOnMessageInDisk',
        'putMessageTimeout',
        'pullBatchMaxMessageCount',
        'maxTopicLength',
        'flushIntervalCommitLog',
        'commitIntervalCommitLog',
      ].map((key) => [key, '77']),
    );
    const told = describeReasons(restartReasons(broker(), broker({ config })));
    expect(told).toMatch(/^ConfigChanged: commitIntervalCommitLog, .* and \d+ more$/);
    expect(told).not.toContain('77');
  });

  it('for no setting that it takes over', () => {
    const after = broker({ config: { fileReservedTime: '48', slaveReadEnable: 'true' } });
    expect(after.hash).not.toBe(broker().hash);
    expect(restartReasons(broker(), after)).toEqual([]);
    expect(restartReasons(after, broker())).toEqual([]);
  });

  it('says so when nobody knows what it ran with', () => {
    expect(restartReasons(undefined, broker())[0]?.cause).toBe('RevisionUnknown');
  });
});

describe('why others restart', () => {
  it('a controller, for another member', () => {
    const of = (replicas: 1 | 3): Revision =>
      revisionOf({}, ({ spec }) =>
        controllerInputs(spec, { replicas, storage: { size: '1Gi' }, config: {} }),
      );
    expect(restartReasons(of(1), of(3))[0]).toMatchObject({ cause: 'ConfigChanged' });
  });

  it('a proxy, for a setting of its JSON', () => {
    const of = (config: Readonly<Record<string, string>>): Revision =>
      revisionOf({ proxy: { config: { ...config } } }, ({ spec }) => proxyInputs(spec));
    expect(describeReasons(restartReasons(of({}), of({ grpcThreadPoolNums: '24' })))).toBe(
      'ConfigChanged: grpcThreadPoolNums',
    );
  });
});
