/** Once after all end-to-end files: nothing of the tests stays in the cluster, unless GANTRY_KEEP=1 says so. */
import { EXCHANGE, uninstallOperator } from './harness/install.ts';
import { connect, deleteNamespace } from './harness/kube.ts';
import { PROBE_NAMESPACE } from './harness/prober.ts';
import { finishReport } from './harness/report.ts';

export default async function tearDown(): Promise<void> {
  finishReport();
  if (process.env['GANTRY_KEEP'] === '1') return;
  const kube = connect();
  await deleteNamespace(kube, EXCHANGE.namespace);
  await deleteNamespace(kube, PROBE_NAMESPACE);
  await uninstallOperator(kube);
}
