/** The order service and its tables, as Show 4 breaks and reads them. */
import { brokenLaws } from '../../exchange/laws.ts';
import { Pods, type KubeApi } from '../../../operator/src/kube/mod.ts';
import { listAll } from './kube.ts';
import { killContainer } from './nodes.ts';
import { sql } from './postgres.ts';
import type { AppliedRow } from './record/record.ts';

const LABEL = 'app.kubernetes.io/name=order';

/** SIGKILL to every process of the service. The pods go with it, so that the kubelet's back-off tells us nothing. */
export async function killOrderService(kube: KubeApi, namespace: string): Promise<number> {
  const pods = await listAll(kube, Pods, namespace, LABEL);
  const running = pods.filter(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined &&
      pod.status?.containerStatuses?.[0]?.state?.running !== undefined,
  );
  await Promise.all(
    running.map(async ({ metadata: { name } }) => {
      await killContainer(kube, { namespace, name });
      await kube.delete(Pods, { namespace, name }, { gracePeriodSeconds: 0 });
    }),
  );
  return running.length;
}

/** The orders that the consumer applied, in its own order; what became of them later is none of them. */
export async function appliedRows(namespace: string, run: string): Promise<readonly AppliedRow[]> {
  const rows = await sql(
    namespace,
    `SELECT o.client_order_id, e.user_id, e.event_id FROM orders.order_events e JOIN orders.orders o USING (order_id)
     WHERE e.type = 'ORDER_CREATE' AND o.client_order_id LIKE '${run}-%'`,
  );
  return rows.map(([clientOrderId = '', user = '', position]) => ({
    clientOrderId,
    user,
    position: Number(position),
  }));
}

/** Rows of the order table by client order id: more than one row of an id is a duplicate order. */
export async function storedOrders(namespace: string, run: string): Promise<readonly string[]> {
  const rows = await sql(
    namespace,
    `SELECT client_order_id FROM orders.orders WHERE client_order_id LIKE '${run}-%'`,
  );
  return rows.map(([id = '']) => id);
}

/** Of the order service's own group. */
export async function parkedMessages(namespace: string): Promise<number> {
  const rows = await sql(
    namespace,
    `SELECT count(*) FROM messaging.inbox WHERE consumer_group = 'order-consumer' AND state = 'Parked'`,
  );
  return Number(rows[0]?.[0]);
}

/** The laws of orders, matches and balances that do not hold, with some of what breaks each; none once nothing is under way. */
export async function lawsBroken(namespace: string): Promise<readonly string[]> {
  const rows = await sql(namespace, brokenLaws('AtRest'));
  return rows.map(([law = '', by = '']) => `${law}: ${by}`);
}

export async function countMatches(namespace: string): Promise<number> {
  const rows = await sql(namespace, 'SELECT count(*) FROM trade.match');
  return Number(rows[0]?.[0]);
}

/**
 * Makes the COMMIT of one order take a while: killed in that time, the service leaves a committed row and a half message
 * that nobody ends, which is an orphan. Postgres finishes a COMMIT whose client is gone.
 */
export async function slowCommitOf(
  namespace: string,
  clientOrderId: string,
  delaySeconds: number,
): Promise<void> {
  const ours = `WHEN (NEW.client_order_id = '${clientOrderId}') EXECUTE FUNCTION`;
  await sql(
    namespace,
    `CREATE OR REPLACE FUNCTION orders.e2e_patience() RETURNS trigger LANGUAGE plpgsql AS
     'BEGIN PERFORM set_config(''statement_timeout'', ''60s'', true); RETURN NULL; END';
     CREATE OR REPLACE FUNCTION orders.e2e_sleep() RETURNS trigger LANGUAGE plpgsql AS
     'BEGIN PERFORM pg_sleep(${String(delaySeconds)}); RETURN NULL; END';
     -- The service's own limit would cancel the COMMIT: the INSERT before it lifts that for its transaction.
     CREATE TRIGGER e2e_patience AFTER INSERT ON orders.orders FOR EACH ROW ${ours} orders.e2e_patience();
     CREATE CONSTRAINT TRIGGER e2e_sleep AFTER INSERT ON orders.orders DEFERRABLE INITIALLY DEFERRED
     FOR EACH ROW ${ours} orders.e2e_sleep();`,
  );
}

export async function normalCommits(namespace: string): Promise<void> {
  await sql(
    namespace,
    'DROP FUNCTION IF EXISTS orders.e2e_patience() CASCADE; DROP FUNCTION IF EXISTS orders.e2e_sleep() CASCADE;',
  );
}

/** Whether a COMMIT sleeps right now. */
export async function commitSleeps(namespace: string): Promise<boolean> {
  const rows = await sql(namespace, `SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'`);
  return rows[0]?.[0] !== '0';
}
