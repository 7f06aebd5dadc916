/** Users of a cluster, and what it says to who does not sign. */
import { Users } from '../../../operator/src/api/mod.ts';
import type { KubeApi } from '../../../operator/src/kube/mod.ts';
import { brokerAddresses } from './broker-addresses.ts';
import { intent } from './kube.ts';
import type { RawFacts, RawQuestion } from './probe/protocol.ts';
import type { Prober } from './prober.ts';
import { memberPods, type Shape } from './topology.ts';

const [GET_ROUTE, GET_RUNTIME_INFO] = [105, 28];

export async function declareUser(
  kube: KubeApi,
  { namespace, name: cluster }: Shape,
  name: string,
  spec: object,
): Promise<void> {
  const whole = { clusterRef: { name: cluster }, ...spec };
  await kube.apply(Users, intent(Users, { namespace, name }, { spec: whole }), { force: true });
}

/** What each broker and the proxy say to a request that nobody signed. */
export async function anonymous(kube: KubeApi, prober: Prober, shape: Shape): Promise<readonly RawFacts[]> {
  const { of } = await brokerAddresses(kube, shape);
  const brokers = shape.groups
    .flatMap((group) => memberPods(shape, group))
    .map(async (pod) => prober.raw({ address: of(pod), code: GET_RUNTIME_INFO }));
  return Promise.all([...brokers, prober.raw(routeQuestion(shape, 'any'))]);
}

/** Brokers answer 16, the remoting port of a proxy answers 1; both say why. */
export function isRefused({ code, remark }: RawFacts): boolean {
  const words = /username cannot be null|check signature failed|is not found|no permission/;
  return code !== 0 && words.test(remark);
}

/** Of a client of the proxies. */
export function routeQuestion({ namespace, name }: Shape, topic: string): RawQuestion {
  const address = `${name}-proxy.${namespace}.svc.cluster.local:8080`;
  return { address, code: GET_ROUTE, fields: { topic } };
}
