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
import { importableUsers } from './import/users.ts';

const HELP = `Usage: node cli.mjs import CLUSTER [options]

Writes Topic, ConsumerGroup and, with access control, User objects for everything that lives on a RocketMQCluster and
that no object declares. Nothing is changed. Applied as they are, the objects change nothing on the brokers either:
what cannot be declared as it is gets an object that only observes, or is left out and named.

Options:
  -n, --namespace NAME  of the cluster, and of the objects (default: default)
  -o, --output FORMAT   yaml or json (default: yaml)
      --secrets         write the Secrets of users, too: with their passwords, which brokers tell
  -h, --help
`;
/** For each question to Kubernetes or a broker. */
const TIMEOUT_MS = 20_000;

interface Arguments {
  readonly cluster: string;
  readonly namespace: string;
  readonly format: Format;
}

const isLanguage = (text: string): text is Format['language'] => text === 'yaml' || text === 'json';

/** @throws Error with what is wrong */
function readArguments(): Arguments | 'Help' {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      namespace: { type: 'string', short: 'n', default: 'default' },
      output: { type: 'string', short: 'o', default: 'yaml' },
      secrets: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'Help';
  const [command, cluster, ...more] = positionals;
  const { namespace, output: language, secrets } = values;
  if (command !== 'import') throw new Error(`${command ?? 'nothing'} is no command: use import`);
  if (cluster === undefined || more.length > 0) throw new Error('name one RocketMQCluster after import');
  if (!isLanguage(language)) throw new Error(`${language} is no format: use yaml or json`);
  return { cluster, namespace, format: { language, secrets } };
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
      planImport(importableUsers(living.users.held, living.secrets), living.users, living.target),
    ];
    const all: Import = {
      written: parts.flatMap(({ written }) => written),
      leftOut: parts.flatMap(({ leftOut }) => leftOut),
    };
    process.stdout.write(printObjects(all, format));
    const declared = [living.topics, living.groups, living.users].reduce(
      (sum, found) => sum + found.declared.size,
      0,
    );
    for (const line of summary(all, declared, format)) process.stderr.write(`${line}\n`);
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
