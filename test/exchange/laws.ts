/**
 * What must hold of the exchange's tables, whatever was killed on the way: docs/decisions/0017-the-core-path.md. Each law is a
 * query for what breaks it, written from the tables alone; none uses a line of the services.
 */
interface Law {
  readonly says: string;
  /** Always, or once nothing is under way. */
  readonly holds: 'Always' | 'AtRest';
  /** Rows of what breaks it. */
  readonly broken: string;
}

const frozenCoin = `CASE direction WHEN 'BUY' THEN quote_coin ELSE base_coin END`;
const isOpen = `status IN ('ACCEPTED', 'PARTIALLY_FILLED')`;

const laws: readonly Law[] = [
  {
    says: 'nobody has less than nothing',
    holds: 'Always',
    broken: `SELECT user_id, coin_name FROM asset.account WHERE available < 0 OR frozen < 0
             UNION ALL SELECT user_id, order_no FROM asset.order_freeze WHERE remaining < 0`,
  },
  {
    says: 'a flow takes a balance from before to after',
    holds: 'Always',
    broken: 'SELECT flow_id FROM asset.flow WHERE balance_after <> balance_before + amount',
  },
  {
    says: 'a flow begins where the one before it on that account ended',
    holds: 'Always',
    broken: `SELECT flow_id FROM (
               SELECT flow_id, balance_before,
                 lag(balance_after, 1, 0::numeric) OVER (PARTITION BY user_id, coin_name ORDER BY flow_id) AS ended
               FROM asset.flow
             ) AS chain WHERE balance_before <> ended`,
  },
  {
    says: 'an account has what its last flow says',
    holds: 'Always',
    broken: `SELECT a.user_id, a.coin_name FROM asset.account a LEFT JOIN LATERAL (
               SELECT balance_after FROM asset.flow f WHERE f.user_id = a.user_id AND f.coin_name = a.coin_name
               ORDER BY flow_id DESC LIMIT 1
             ) AS last ON true WHERE a.available + a.frozen <> coalesce(last.balance_after, 0)`,
  },
  {
    says: 'no coin is made or lost: balances and fees are deposits',
    holds: 'Always',
    broken: `SELECT coin_name FROM asset.coin c
             WHERE (SELECT coalesce(sum(available + frozen), 0) FROM asset.account a WHERE a.coin_name = c.coin_name)
                 + (SELECT coalesce(sum(fee), 0) FROM asset.flow f WHERE f.coin_name = c.coin_name)
               <> (SELECT coalesce(sum(amount), 0) FROM asset.deposit d WHERE d.coin_name = c.coin_name)`,
  },
  {
    says: 'what is frozen is what orders have set aside',
    holds: 'Always',
    broken: `SELECT a.user_id, a.coin_name FROM asset.account a LEFT JOIN (
               SELECT user_id, ${frozenCoin} AS coin_name, sum(remaining) AS remaining FROM asset.order_freeze GROUP BY 1, 2
             ) AS aside USING (user_id, coin_name) WHERE a.frozen <> coalesce(aside.remaining, 0)`,
  },
  {
    says: 'every order has a freeze, and every freeze an order',
    holds: 'Always',
    broken: `SELECT o.order_id, f.order_id FROM orders.orders o FULL JOIN asset.order_freeze f USING (order_id, user_id)
             WHERE o.order_id IS NULL OR f.order_id IS NULL`,
  },
  {
    says: 'no book is crossed',
    holds: 'Always',
    broken: `SELECT book_id FROM trade.orders WHERE status = 'OPEN' GROUP BY book_id
             HAVING max(price) FILTER (WHERE direction = 'BUY') >= min(price) FILTER (WHERE direction = 'SELL')`,
  },
  {
    says: 'a match is within the prices of both its orders, and between two users',
    holds: 'Always',
    broken: `SELECT m.match_id FROM trade.match m
             JOIN trade.orders maker ON maker.order_id = m.maker_order_id
             JOIN trade.orders taker ON taker.order_id = m.taker_order_id
             WHERE m.price <> maker.price OR maker.user_id = taker.user_id OR maker.direction = taker.direction
               OR (taker.direction = 'BUY' AND m.price > taker.price) OR (taker.direction = 'SELL' AND m.price < taker.price)`,
  },
  {
    says: 'an order has executed what its matches say',
    holds: 'Always',
    broken: `SELECT o.order_id FROM trade.orders o LEFT JOIN LATERAL (
               SELECT sum(amount) AS amount, sum(value) AS value FROM trade.match m
               WHERE o.order_id IN (m.maker_order_id, m.taker_order_id)
             ) AS matched ON true
             WHERE o.executed_amount <> coalesce(matched.amount, 0) OR o.executed_value <> coalesce(matched.value, 0)`,
  },
  {
    says: 'a match has one fill of the same size on either side, and no other',
    holds: 'AtRest',
    broken: `SELECT m.match_id, f.match_id FROM (
               SELECT match_id, unnest(ARRAY[maker_order_id, taker_order_id]) AS order_id, amount, value,
                 unnest(ARRAY[maker_fee, taker_fee]) AS fee FROM trade.match
             ) AS m FULL JOIN orders.fill f USING (match_id, order_id, amount, value, fee)
             WHERE m.match_id IS NULL OR f.match_id IS NULL`,
  },
  {
    says: 'a match has four flows',
    holds: 'AtRest',
    broken: `SELECT m.match_id FROM trade.match m LEFT JOIN asset.flow f USING (match_id)
             GROUP BY m.match_id HAVING count(f.flow_id) <> 4`,
  },
  {
    says: 'order and matching engine agree on how each order stands',
    holds: 'AtRest',
    broken: `SELECT o.order_id, o.status, t.status FROM orders.orders o FULL JOIN trade.orders t USING (order_id, user_id)
             WHERE o.order_id IS NULL OR t.order_id IS NULL
               OR t.status <> CASE WHEN o.${isOpen} THEN 'OPEN' ELSE o.status END
               OR o.executed_amount <> t.executed_amount OR o.executed_value <> t.executed_value
               OR coalesce(o.closed_executed, o.executed_amount) <> o.executed_amount
               OR o.close_reason IS DISTINCT FROM t.reason`,
  },
  {
    says: 'an order that was asked to end has ended',
    holds: 'AtRest',
    broken: 'SELECT order_id FROM orders.orders WHERE cancel_reason IS NOT NULL AND closed_at IS NULL',
  },
  {
    says: 'a filled order has executed all of it, another one less',
    holds: 'AtRest',
    broken: `SELECT order_id FROM orders.orders WHERE (status = 'FILLED') <> (executed_amount = amount)`,
  },
  {
    says: 'an order that ended has nothing set aside, an open one what is open of it',
    holds: 'AtRest',
    broken: `SELECT o.order_id FROM orders.orders o JOIN asset.order_freeze f USING (order_id)
             WHERE f.closed <> (o.closed_at IS NOT NULL) OR f.remaining <> CASE
               WHEN o.closed_at IS NOT NULL THEN 0
               WHEN o.direction = 'SELL' THEN o.amount - o.executed_amount
               ELSE (o.amount - o.executed_amount) * o.price END`,
  },
  {
    says: 'each message of a user was applied in its sequence, none twice and none left out',
    holds: 'AtRest',
    broken: `SELECT e.user_id FROM orders.order_events e
             JOIN messaging.message_sequence s ON s.topic = 'order-topic' AND s.message_group = e.user_id
             GROUP BY e.user_id, s.last_sequence HAVING count(*) <> s.last_sequence OR max(sequence) <> s.last_sequence`,
  },
  {
    says: 'the messages about balances end where the balances are',
    holds: 'AtRest',
    broken: `SELECT a.user_id, a.coin_name FROM asset.account a LEFT JOIN asset.told_balance t USING (user_id, coin_name)
             WHERE a.available + a.frozen <> coalesce(t.balance, 0)`,
  },
  {
    says: 'nothing waits, and nothing is a dead letter',
    holds: 'AtRest',
    broken: `SELECT 'command' AS what, tag FROM trade.command UNION ALL SELECT 'outbox', tag FROM messaging.outbox
               WHERE deliver_at IS NULL
             UNION ALL SELECT 'parked', consumer_group FROM messaging.inbox WHERE state = 'Parked'
             UNION ALL SELECT reason, detail FROM messaging.dead_letter`,
  },
];

/** One statement with a row for each law that is broken: what it says, and some of what breaks it. */
export function brokenLaws(when: Law['holds']): string {
  return laws
    .filter(({ holds }) => holds === 'Always' || when === 'AtRest')
    .map(
      ({ says, broken }) =>
        `SELECT '${says}' AS law, string_agg(culprit::text, ' ') AS culprits FROM (SELECT * FROM (${broken}) AS broken LIMIT 5) AS culprit
         HAVING count(*) > 0`,
    )
    .join(' UNION ALL ');
}
