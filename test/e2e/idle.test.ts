import { beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConsumerGroups, RocketMQClusters, Topics } from '../../operator/src/api/mod.ts';
import { Deployments, StatefulSets, type KubeApi } from '../../operator/src/kube/mod.ts';
import { isWrite } from './harness/audit-log.ts';
import { auditOf } from './harness/audit.ts';
import { byDepth } from './harness/depth.ts';
import { ensureExchange, EXCHANGE, OPERATOR_USER } from './harness/install.ts';
import { connect, listAll } from './harness/kube.ts';
import { controlPlaneNode } from './harness/nodes.ts';
import { report } from './harness/report.ts';
import { waitFor, yes } from './harness/wait.ts';

const SHOW = 'An idle operator';
/** Several resyncs of the chart's 120 s in full depth. */
const IDLE_MS = byDepth({ quick: 60_000, full: 600_000 });
/** How often an event occurred is written a minute after it occurred again. */
const QUIET_MS = 75_000;

let kube: KubeApi;
let controlPlane: string;

beforeAll(async () => {
  kube = connect();
  controlPlane = await controlPlaneNode(kube);
  await ensureExchange(kube);
  await quiet();
}, 1_200_000);

describe('an operator with nothing to do', () => {
  it(
    'writes nothing but its Lease',
    async () => {
      const from = Date.now();
      await sleep(IDLE_MS);
      const entries = await auditOf(controlPlane, OPERATOR_USER, from, Date.now());
      const writes = entries.filter(isWrite);
      const other = writes.filter((entry) => entry.resource !== 'leases');
      report(
        SHOW,
        `${String(IDLE_MS / 1_000)} s: writes to the Lease, other writes, reads`,
        `${String(writes.length - other.length)}, ${String(other.length)}, ${String(entries.length - writes.length)}`,
      );
      expect(other).toEqual([]);
      expect(writes.length).toBeGreaterThan(0); // the log is there and is about the operator
    },
    IDLE_MS + 120_000,
  );
});

/** Waits until no object of the operator's has changed for long: what earlier tests set off has ended. */
async function quiet(): Promise<void> {
  let last = '';
  let since = Date.now();
  await waitFor({
    what: `${String(QUIET_MS / 1_000)} quiet seconds`,
    deadlineMs: 300_000,
    everyMs: 1_000,
    look: async () => {
      const lists = await Promise.all([
        listAll(kube, RocketMQClusters),
        listAll(kube, Topics),
        listAll(kube, ConsumerGroups),
        listAll(kube, StatefulSets, EXCHANGE.namespace),
        listAll(kube, Deployments, EXCHANGE.namespace),
      ]);
      const versions = lists
        .flat()
        .map((object) => `${object.kind}/${object.metadata.name}@${object.metadata.resourceVersion ?? ''}`)
        .join(' ');
      if (versions !== last) {
        last = versions;
        since = Date.now();
      }
      return yes(Date.now() - since >= QUIET_MS, `changed ${String(Date.now() - since)} ms ago`);
    },
  });
}
