/** What a person asks of the operator's image by hand: reads its arguments, does it, says what came of it. */
import { parseArgs } from 'node:util';
import { KubeConfig } from '@kubernetes/client-node';
import { readConfig } from '../config.ts';
import { credentialsSecretName, readCredentials } from '../cluster/mod.ts';
import { KubeClient, Secrets } from '../kube/mod.ts';
import { RocketmqClient } from '../rocketmq/mod.ts';
import { consumerGroups, topics } from './import/kinds.ts';
import { observeCluster } from './import/observe.ts';
import { planImport, type Import } from './import/plan.ts';
import { printObjects, summary, type Format } from './import/print.ts';

const HELP = `Usage: node cli.mjs import CLUSTER [options]

Writes Topic and ConsumerGroup objects for everything that lives on a RocketMQCluster and that no object declares.
Nothing is changed. Applied as they are, the objects change nothing on the brokers either: what cannot be declared
as it is gets an object that only observes.

Options:
  -n, --namespace NAME  of the cluster, and of the objects (default: default)
  -o, --output FORMAT   yaml or json (default: yaml)
  -h, --help
`;
/** For each question to Kubernetes or a broker. */
const TIMEOUT_MS = 20_000;

interface Arguments {
  readonly cluster: string;
  readonly namespace: string;
  readonly format: Format;
}

/** @throws Error with what is wrong */
function readArguments(): Arguments | 'Help' {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      namespace: { type: 'string', short: 'n', default: 'default' },
      output: { type: 'string', short: 'o', default: 'yaml' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'Help';
  const [command, cluster, ...more] = positionals;
  const { namespace, output: format } = values;
  if (command !== 'import') throw new Error(`${command ?? 'nothing'} is no command: use import`);
  if (cluster === undefined || more.length > 0) throw new Error('name one RocketMQCluster after import');
  if (format !== 'yaml' && format !== 'json') throw new Error(`${format} is no format: use yaml or json`);
  return { cluster, namespace, format };
}

async function importCluster({ cluster, namespace, format }: Arguments): Promise<void> {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  const kube = new KubeClient({ kubeConfig, fieldManager: 'gantry-import' });
  const rocketmq = new RocketmqClient({ mayWrite: () => false });
  try {
    const where = { namespace, name: cluster, domain: readConfig(process.env).clusterDomain };
    const options = { timeoutMs: TIMEOUT_MS };
    const secret = await kube.get(
      Secrets,
      { namespace, name: credentialsSecretName({ name: cluster }) },
      options,
    );
    const servers = rocketmq.as(readCredentials(secret));
    const living = await observeCluster(kube, servers, where, options);
    const parts = [
      planImport(topics, living.topics, living.target),
      planImport(consumerGroups, living.groups, living.target),
    ];
    const all: Import = {
      written: parts.flatMap(({ written }) => written),
      leftOut: parts.flatMap(({ leftOut }) => leftOut),
    };
    process.stdout.write(printObjects(all, format));
    const declared = living.topics.declared.size + living.groups.declared.size;
    for (const line of summary(all, declared)) process.stderr.write(`${line}\n`);
  } finally {
    await Promise.all([rocketmq.close(), kube.close()]);
  }
}

try {
  const args = readArguments();
  if (args === 'Help') process.stdout.write(HELP);
  else await importCluster(args);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}
