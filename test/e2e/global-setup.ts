/** Once before all end-to-end files: the operator is installed and the report is empty. */
import { depth, seed } from './harness/depth.ts';
import { installOperator } from './harness/install.ts';
import { connect } from './harness/kube.ts';
import { startReport } from './harness/report.ts';

export default async function setUp(): Promise<void> {
  process.env['GANTRY_SEED'] = String(seed); // one seed for all files of the run
  process.env['GANTRY_E2E_STARTED'] = String(Date.now()); // the audit log may hold runs before this one
  process.stderr.write(`[e2e] ${depth} depth, GANTRY_SEED=${String(seed)}\n`);
  startReport();
  await installOperator(connect());
}
