import { describe, expect, it } from '@jest/globals';
import { ownerReference } from '../../kube/mod.ts';
import { identityOf } from '../addresses.ts';
import { brokerInputs, nameServerInputs, type Inputs } from '../inputs.ts';
import { memoryOf } from '../jvm.ts';
import { renderRevision } from '../revision.ts';
import { clusterOf } from '../testing/specs.ts';
import { workloadsOf } from '../workloads.ts';
import type { Parent } from './child.ts';
import { configSecret } from './config-secret.ts';
import { disruptionBudgets } from './disruption-budgets.ts';
import { networkPolicies } from './network-policies.ts';
import { proxyDeployment } from './proxy-deployment.ts';
import { headlessService, masterService, proxyService } from './services.ts';
import { brokerMemberSet, controllerSet, nameServerSet } from './stateful-sets.ts';

const cluster = clusterOf();
const id = identityOf(cluster);
const parent: Parent = { id, owner: ownerReference(cluster) };
const { sets, proxy } = workloadsOf(id, cluster.spec);
const all: readonly { readonly name: string; readonly inputs: Inputs }[] = [...sets, proxy];
const revisionOf = (name: string): ReturnType<typeof renderRevision> => {
  const workload = all.find((each) => each.name === name);
  if (workload === undefined) throw new RangeError(name);
  return renderRevision(id, name, workload.inputs);
};

describe.each(all.map(({ name }) => [name]))('the pods of %s', (name) => {
  const { template, hash, secretName, files } = revisionOf(name);
  const [container] = template.spec?.containers ?? [];

  it('fit into a namespace of restricted Pod Security', () => {
    expect(template.spec?.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 3000,
      fsGroup: 3000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(template.spec?.automountServiceAccountToken).toBe(false);
  });

  it('run java itself, with module flags that Java 8 does not see', () => {
    expect(container?.command).toEqual(['java']);
    expect(container?.args?.join(' ')).not.toContain('--add-opens');
    expect(container?.env?.find((each) => each.name === 'JDK_JAVA_OPTIONS')?.value).toContain(
      '--add-opens=java.base/sun.nio.ch=ALL-UNNAMED',
    );
  });

  it('have a heap within their memory limit', () => {
    const megabytes = (flag: string): number =>
      Number(new RegExp(`${flag}(\\d+)m`).exec(container?.args?.join(' ') ?? '')?.[1]);
    const limit = Number.parseInt(String(container?.resources?.limits?.['memory']), 10);
    expect(megabytes('-Xmx') + megabytes('MaxDirectMemorySize=')).toBeLessThanOrEqual(limit * 0.71);
  });

  it('mount exactly the files of their revision', () => {
    const volume = template.spec?.volumes?.find((each) => each.name === 'config');
    expect(volume?.secret?.secretName).toBe(secretName);
    expect(volume?.secret?.items?.map(({ key }) => key).toSorted()).toEqual(Object.keys(files).toSorted());
    expect(template.metadata?.annotations?.['rocketmq.gantry.dev/revision']).toBe(hash);
    expect(secretName).toBe(`${name}-config-${hash}`);
  });

  it('are asked on a port before they count as started, ready and alive', () => {
    for (const probe of [container?.startupProbe, container?.readinessProbe, container?.livenessProbe]) {
      expect(probe?.tcpSocket?.port).toBeGreaterThan(8000);
    }
  });
});

describe('placement', () => {
  const apartFrom = ({ template }: ReturnType<typeof renderRevision>): unknown =>
    template.spec?.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.map(
      ({ podAffinityTerm: { topologyKey, labelSelector } }) => [topologyKey, labelSelector?.matchLabels],
    );
  const labels = (component: string) => ({
    'app.kubernetes.io/name': 'rocketmq',
    'app.kubernetes.io/instance': 'exchange',
    'app.kubernetes.io/component': component,
  });

  it('spreads the members of a group over the nodes, and the pods of each other component', () => {
    expect(apartFrom(revisionOf('exchange-broker-a-1'))).toEqual([
      ['kubernetes.io/hostname', { ...labels('broker'), 'rocketmq.gantry.dev/group': 'broker-a' }],
    ]);
    for (const component of ['nameserver', 'controller', 'proxy']) {
      expect(apartFrom(revisionOf(`exchange-${component}`))).toEqual([
        ['kubernetes.io/hostname', labels(component)],
      ]);
    }
  });

  it('is what the spec says where it says anything', () => {
    const affinity = { podAntiAffinity: {} };
    const brokers = { groups: [{ name: 'broker-a' }], podTemplate: { affinity } };
    const inputs = brokerInputs(clusterOf({ brokers }).spec, { name: 'broker-a' }, 1);
    expect(renderRevision(id, 'exchange-broker-a-1', inputs).template.spec?.affinity).toEqual(affinity);
  });
});

describe('StatefulSets', () => {
  const member = brokerMemberSet(
    parent,
    { group: 'broker-a', member: 2, storage: { size: '20Gi', storageClassName: 'fast' } },
    revisionOf('exchange-broker-a-2'),
  );

  it('have one broker member each, which restarts only when the operator says so', () => {
    expect(member.metadata.name).toBe('exchange-broker-a-2');
    expect(member.spec?.replicas).toBe(1);
    expect(member.spec?.updateStrategy).toEqual({ type: 'OnDelete' });
    expect(member.spec?.serviceName).toBe('exchange-broker');
    expect(member.spec?.selector.matchLabels).toMatchObject({
      'rocketmq.gantry.dev/group': 'broker-a',
      'rocketmq.gantry.dev/member': '2',
    });
  });

  it('keep the volumes when they go', () => {
    expect(member.spec?.persistentVolumeClaimRetentionPolicy).toEqual({
      whenDeleted: 'Retain',
      whenScaled: 'Retain',
    });
    const [claim] = member.spec?.volumeClaimTemplates ?? [];
    expect(claim?.metadata?.name).toBe('store');
    expect(claim?.spec).toMatchObject({
      storageClassName: 'fast',
      resources: { requests: { storage: '20Gi' } },
    });
  });

  it('gate the readiness of brokers, and of nobody else', () => {
    expect(member.spec?.template.spec?.readinessGates).toEqual([
      { conditionType: 'rocketmq.gantry.dev/in-sync' },
    ]);
    const names = nameServerSet(parent, 3, revisionOf('exchange-nameserver'));
    expect(names.spec?.template.spec?.readinessGates).toBeUndefined();
    expect(names.spec?.volumeClaimTemplates).toBeUndefined();
  });

  it('wait for a hand-over before they end, where somebody elects', () => {
    expect(member.spec?.template.spec?.containers[0]?.lifecycle?.preStop?.exec?.command?.[0]).toBe('sh');
    const { spec } = clusterOf({ brokers: { failover: 'Static', groups: [{ name: 'broker-a' }] } });
    const [fixed] = workloadsOf(id, spec).sets.filter(({ component }) => component === 'broker');
    if (fixed === undefined) throw new RangeError('no broker');
    const { template } = renderRevision(id, fixed.name, fixed.inputs);
    expect(template.spec?.containers[0]?.lifecycle).toBeUndefined();
  });

  it('let each controller read the file of its own name', () => {
    const set = controllerSet(
      parent,
      { replicas: 3, storage: { size: '1Gi' } },
      revisionOf('exchange-controller'),
    );
    expect(set.spec?.template.spec?.containers[0]?.args?.slice(-2)).toEqual([
      '-c',
      '/etc/rocketmq/$(POD_NAME).conf',
    ]);
  });
});

describe('the rest', () => {
  it('belongs to the cluster, so that nothing has to be deleted by hand', () => {
    const objects = [
      headlessService(parent, 'broker'),
      proxyService(parent),
      masterService(parent, 'broker-a'),
      proxyDeployment(parent, 2, revisionOf('exchange-proxy')),
      ...disruptionBudgets(parent, cluster.spec),
      ...networkPolicies(parent, restricted(), 'gantry-system'),
      configSecret(parent, {}, revisionOf('exchange-proxy')),
    ];
    for (const { metadata } of objects) {
      expect(metadata.ownerReferences?.map(({ uid }) => uid)).toEqual(['uid-1']);
    }
  });

  it('leaves everything but the proxies to the cluster itself and the operator', () => {
    const policies = networkPolicies(parent, restricted(), 'gantry-system');
    expect(policies.map(({ metadata }) => metadata.name)).toEqual([
      'exchange-nameserver',
      'exchange-controller',
      'exchange-broker',
    ]);
    const rocketmq = { 'app.kubernetes.io/name': 'rocketmq', 'app.kubernetes.io/instance': 'exchange' };
    for (const { spec } of policies) {
      expect(spec?.podSelector?.matchLabels).toMatchObject(rocketmq);
      expect(spec?.policyTypes).toEqual(['Ingress']);
      expect(spec?.ingress).toEqual([
        {
          from: [
            { podSelector: { matchLabels: rocketmq } },
            {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'gantry-system' } },
              podSelector: { matchLabels: { 'app.kubernetes.io/name': 'gantry' } },
            },
          ],
        },
      ]);
    }
  });

  it('lets only the named namespaces to the proxies, where some are named', () => {
    const [, , , ofProxies] = networkPolicies(parent, restricted(['orders']), 'gantry-system');
    expect(ofProxies?.metadata.name).toBe('exchange-proxy');
    expect(ofProxies?.spec?.ingress?.[0]?.from?.at(-1)).toEqual({
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'orders' } },
    });
    expect(networkPolicies(parent, cluster.spec, 'gantry-system')).toEqual([]);
  });

  it('lets scrapers to the metrics of brokers, and nowhere else', () => {
    const scraped = (brokerMetrics: 'Enabled' | 'Disabled') => {
      const { spec } = clusterOf({
        security: { networkPolicy: { mode: 'Enabled' } },
        monitoring: { brokerMetrics, scraperNamespaces: ['monitoring'] },
      });
      return networkPolicies(parent, spec, 'gantry-system').map((policy) => policy.spec?.ingress?.[1]);
    };
    expect(scraped('Disabled')).toEqual([undefined, undefined, undefined]);
    expect(scraped('Enabled')).toEqual([
      undefined,
      undefined,
      {
        from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
        ports: [{ protocol: 'TCP', port: 5557 }],
      },
    ]);
  });

  it('publishes names of pods that are not ready', () => {
    expect(headlessService(parent, 'controller').spec).toMatchObject({
      clusterIP: 'None',
      publishNotReadyAddresses: true,
    });
  });

  it('never evicts a master, and has no budget where a single pod would block every drain', () => {
    const budgets = (spec: Parameters<typeof clusterOf>[0]): unknown =>
      disruptionBudgets(parent, clusterOf(spec).spec).map(({ metadata, spec: budget }) => [
        metadata.name,
        budget?.maxUnavailable,
      ]);
    expect(budgets({})).toEqual([
      ['exchange-nameserver', 1],
      ['exchange-controller', 1],
      ['exchange-proxy', 1],
      ['exchange-broker-master', 0],
      ['exchange-broker-replica-broker-a', 1],
      ['exchange-broker-replica-broker-b', 1],
    ]);
    expect(
      budgets({
        nameServers: { replicas: 1 },
        controllers: { replicas: 1 },
        proxy: { replicas: 1 },
        brokers: { replicas: 1, groups: [{ name: 'a' }] },
      }),
    ).toEqual([]);
  });

  it('lets the master of a group that elects nobody be evicted, like any other member', () => {
    const { spec } = clusterOf({
      brokers: { failover: 'Static', groups: [{ name: 'broker-a' }, { name: 'broker-b' }] },
    });
    const budgets = disruptionBudgets(parent, spec).map(({ metadata, spec: budget }) => [
      metadata.name,
      budget?.maxUnavailable,
      budget?.selector?.matchLabels?.['rocketmq.gantry.dev/group'],
      budget?.selector?.matchLabels?.['rocketmq.gantry.dev/role'],
    ]);
    expect(budgets.slice(2)).toEqual([
      ['exchange-broker-group-broker-a', 1, 'broker-a', undefined],
      ['exchange-broker-group-broker-b', 1, 'broker-b', undefined],
    ]);
    expect(budgets.map(([name]) => name)).not.toContain('exchange-controller');
  });

  it('gives the replicas of a fixed master an address of it that stays', () => {
    const { metadata, spec } = masterService(parent, 'broker-a');
    expect(metadata.name).toBe('exchange-broker-a-0');
    expect(spec).toMatchObject({
      type: 'ClusterIP',
      publishNotReadyAddresses: true,
      selector: { 'rocketmq.gantry.dev/group': 'broker-a', 'rocketmq.gantry.dev/member': '0' },
      ports: [{ port: 10_912 }],
    });
  });

  it('is immutable and holds the template it was made from', () => {
    const secret = configSecret(parent, {}, revisionOf('exchange-broker-a-0'));
    expect(secret.immutable).toBe(true);
    expect(Object.keys(secret.data ?? {}).toSorted()).toEqual([
      'broker.conf',
      'logback.xml',
      'template.json',
    ]);
  });
});

describe('memoryOf', () => {
  it.each([
    ['broker', '768Mi', { limitMi: 768, heapMi: 307, directMi: 230 }],
    ['nameserver', '384Mi', { limitMi: 384, heapMi: 153, directMi: 76 }],
    ['broker', undefined, { limitMi: 4096, heapMi: 1638, directMi: 1228 }],
  ] as const)('of a %s with %s', (component, memory, expected) => {
    expect(memoryOf(component, memory === undefined ? undefined : { limits: { memory } })).toEqual(expected);
  });
});

describe('inputs', () => {
  it('change with what the pods are made from, and with nothing else', () => {
    const hash = (spec: Parameters<typeof clusterOf>[0], member = 0): string => {
      const parsed = clusterOf(spec).spec;
      return renderRevision(id, 'x', brokerInputs(parsed, { name: 'broker-a' }, member)).inputsHash;
    };
    expect(hash({ proxy: { replicas: 5 } })).toBe(hash({}));
    expect(hash({ nameServers: { replicas: 5 } })).not.toBe(hash({}));
    expect(hash({ image: 'registry/rocketmq:5.5.0' })).not.toBe(hash({}));
    expect(hash({}, 1)).not.toBe(hash({}, 0));
    expect(hash({ monitoring: { brokerMetrics: 'Disabled', scraperNamespaces: ['m'] } })).toBe(hash({}));
    expect(hash({ monitoring: { brokerMetrics: 'Enabled' } })).not.toBe(hash({}));
    const names = (spec: Parameters<typeof clusterOf>[0]): string =>
      renderRevision(id, 'x', nameServerInputs(clusterOf(spec).spec)).inputsHash;
    expect(names({ nameServers: { replicas: 5 } })).toBe(names({}));
  });
});

function restricted(clientNamespaces?: string[]) {
  const clients = clientNamespaces === undefined ? {} : { clientNamespaces };
  return clusterOf({ security: { networkPolicy: { mode: 'Enabled', ...clients } } }).spec;
}
