import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../context.ts';
import { MAIN_CLUSTER } from '../kind.ts';
import { publishedPorts } from '../kind-config.ts';
import { run } from '../run.ts';
import { exchangeServices, imageNames } from '../versions.ts';
import { groundUp, type Ground } from './ground.ts';
import { readinessOf, readObjects, type ObjectState, type Observed } from './readiness.ts';
import { printSystem, systemStatus } from './show.ts';

const READY_MS = 15 * 60_000;
const POLL_MS = 2_000;
const REPEAT_MS = 20_000;

/** From nothing, or from whatever an interrupted start left, to a working system; prints how to use it. */
export async function start(context: Context): Promise<string> {
  const ground = await groundUp(context, MAIN_CLUSTER);
  await installOperator(context, ground);
  await installExchange(context, ground);
  await waitUntilReady(context, ground);
  return `${printSystem(await systemStatus(context, MAIN_CLUSTER))}\n${instructions(ground)}`;
}

function helm(
  context: Context,
  ground: Ground,
  release: string,
  namespace: string,
  args: readonly string[],
): Promise<unknown> {
  const chart = join(context.repository, 'charts', release);
  const command = [
    'upgrade',
    '--install',
    release,
    chart,
    '--namespace',
    namespace,
    '--create-namespace',
    ...args,
  ];
  return context.progress.step(`helm upgrade --install ${release}`, () =>
    run('helm', command, { env: ground.env, signal: context.signal }),
  );
}

export async function installOperator(context: Context, ground: Ground): Promise<void> {
  const namespace = 'gantry-system';
  const image = imageAnnotation(ground, imageNames.operator);
  await helm(context, ground, 'gantry', namespace, ['--set-string', `podAnnotations.${image}`]);
  await context.progress.step('waiting for the operator', () =>
    run('kubectl', ['--namespace', namespace, 'rollout', 'status', 'deployment/gantry', '--timeout=180s'], {
      env: ground.env,
      signal: context.signal,
    }),
  );
}

async function installExchange(context: Context, ground: Ground): Promise<void> {
  const namespace = 'exchange';
  const file = join(context.repository, 'charts', 'exchange', 'values-kind.yaml');
  const ports = Object.entries(publishedPorts).flatMap(([service, { node }]) => [
    '--set',
    `${service}.service.type=NodePort`,
    '--set',
    `${service}.service.nodePort=${String(node)}`,
  ]);
  const images = exchangeServices.flatMap((service) => [
    '--set-string',
    `${service}.podAnnotations.${imageAnnotation(ground, imageNames[service])}`,
  ]);
  await helm(context, ground, 'exchange', namespace, ['--values', file, ...images, ...ports]);
}

/** The tag stays when the content changes: without it no Deployment would notice a new build. */
function imageAnnotation({ imageIds }: Ground, name: string): string {
  return `image=${imageIds.get(name) ?? ''}`;
}

/** Waits for every RocketMQ object and every workload of the exchange, saying what it waits for and why. */
async function waitUntilReady(context: Context, ground: Ground): Promise<void> {
  const begun = Date.now();
  let said = '';
  let saidAt = 0;
  for (;;) {
    const states = (await observe(ground)).map(readinessOf);
    const waiting = states.filter(({ ready }) => !ready);
    if (states.length > 0 && waiting.length === 0) return;
    const summary = describeWait(states.length, waiting);
    if (summary !== said || Date.now() - saidAt > REPEAT_MS) {
      context.progress.say(summary);
      said = summary;
      saidAt = Date.now();
    }
    if (Date.now() - begun > READY_MS)
      throw new Error(`The system is not ready after 15 minutes. ${summary}`);
    await sleep(POLL_MS, undefined, { signal: context.signal });
  }
}

async function observe(ground: Ground): Promise<readonly Observed[]> {
  const workloads = await run(
    'kubectl',
    ['--namespace', 'exchange', 'get', 'deployments,statefulsets', '-o', 'json'],
    {
      env: ground.env,
      accept: [1],
    },
  );
  if (workloads.code !== 0) return [];
  const { items }: { items: readonly Observed[] } = JSON.parse(workloads.stdout);
  // The members of the RocketMQ cluster are StatefulSets too; the cluster's own conditions speak for them.
  const own = items.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/managed-by'] !== 'gantry');
  return [...(await readObjects(ground.env)), ...own];
}

/** One line: how many are ready, and one that is not with what its controller says: the one that others wait for. */
export function describeWait(total: number, waiting: readonly ObjectState[]): string {
  const first = waiting.find(({ kind }) => kind === 'RocketMQCluster') ?? waiting[0];
  if (first === undefined) return 'waiting for the first objects';
  const ready = `${String(total - waiting.length)} of ${String(total)} ready`;
  return `${ready}; waiting for ${first.kind} ${first.namespace}/${first.name}: ${first.why}`;
}

/** What a newcomer is asked to send first: without it nothing can be ordered. */
export const exampleDeposit = {
  deposit_id: 'my-first',
  user_id: 'alice',
  coin_name: 'USDT',
  amount: '1000',
};

/** The order that it pays for. */
export const exampleOrder = {
  client_order_id: 'my-first',
  user_id: 'alice',
  symbol: 'BTCUSDT',
  order_type: 'LIMIT',
  direction: 'BUY',
  price: '50000.00',
  amount: '0.001',
};

function instructions({ kubeconfig, tools }: Ground): string {
  const url = `http://127.0.0.1:${String(publishedPorts.order.host)}`;
  const assets = `http://127.0.0.1:${String(publishedPorts.asset.host)}`;
  return `The order service answers at ${url}, the asset service at ${assets}. Try them:

  export KUBECONFIG=${kubeconfig}
${tools === undefined ? '' : `  export PATH=${tools}:$PATH\n`}  kubectl get rocketmq -A

  # Something to buy with; nothing can be ordered by who has not enough.
  curl -s ${assets}/deposits -H 'content-type: application/json' -d '${JSON.stringify(exampleDeposit)}'
  # An order, by a transactional and ordered message into Postgres. Again: the same order, not a second one.
  curl -s ${url}/orders -H 'content-type: application/json' -d '${JSON.stringify(exampleOrder)}'
  # Read it back by the order_id of the answer: 1, if it was the first order.
  curl -s ${url}/orders/1
  # What it has frozen; a cancel makes that available again.
  curl -s ${assets}/accounts/alice
  curl -s -X POST ${url}/orders/1/cancel

npm run status shows the system, npm stop removes it.
`;
}
