import type { Migration } from '@gantry/messaging';
import { createRole, serviceMigrations } from '@gantry/service';

const ROLE = 'exchange_order';

/** Prices and amounts are numeric without a scale: Postgres keeps the digits that the client wrote, "50000.00" included. */
export const orderMigrations: readonly Migration[] = [
  ...serviceMigrations,
  {
    id: 'orders-001',
    sql: `
      CREATE SCHEMA orders;
      CREATE SEQUENCE orders.order_id;

      CREATE TABLE orders.orders (
        order_id bigint PRIMARY KEY,
        order_no text NOT NULL UNIQUE,
        client_order_id text NOT NULL,
        user_id text NOT NULL,
        symbol text NOT NULL,
        order_type text NOT NULL,
        direction text NOT NULL,
        price numeric CHECK (price > 0),
        amount numeric NOT NULL CHECK (amount > 0),
        time_in_force text NOT NULL,
        source text NOT NULL,
        status text NOT NULL CHECK (status IN ('PENDING', 'ACCEPTED')),
        -- The place of its ORDER_CREATE among the messages of its user, and that message's id.
        sequence bigint NOT NULL,
        message_id text NOT NULL UNIQUE,
        trace_id text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        accepted_at timestamptz,
        UNIQUE (user_id, client_order_id),
        UNIQUE (user_id, sequence)
      );
      CREATE INDEX orders_pending ON orders.orders (created_at) WHERE status = 'PENDING';

      -- What the consumer applied, in the order in which it did.
      CREATE TABLE orders.order_events (
        event_id bigserial PRIMARY KEY,
        user_id text NOT NULL,
        sequence bigint NOT NULL,
        order_id bigint NOT NULL REFERENCES orders.orders,
        type text NOT NULL,
        message_id text NOT NULL UNIQUE,
        applied_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (user_id, sequence)
      );`,
  },
  {
    id: 'orders-002',
    sql: `
      -- When its message was last sent again, and how often it was.
      ALTER TABLE orders.orders ADD COLUMN resent_at timestamptz, ADD COLUMN resends smallint NOT NULL DEFAULT 0;`,
  },
  {
    id: 'orders-003',
    sql: `
      -- Messages that are sent again are kept in messaging.sent now.
      DROP INDEX orders.orders_pending;
      ALTER TABLE orders.orders
        DROP COLUMN resent_at,
        DROP COLUMN resends,
        DROP CONSTRAINT orders_status_check,
        ADD CHECK (status IN ('PENDING', 'ACCEPTED', 'PARTIALLY_FILLED', 'FILLED', 'CANCELLED')),
        -- What was frozen for a MARKET BUY.
        ADD COLUMN budget numeric,
        -- By the fills that have come.
        ADD COLUMN executed_amount numeric NOT NULL DEFAULT 0 CHECK (executed_amount >= 0 AND executed_amount <= amount),
        ADD COLUMN executed_value numeric NOT NULL DEFAULT 0 CHECK (executed_value >= 0),
        -- By whom its end was asked for.
        ADD COLUMN cancel_reason text CHECK (cancel_reason IN ('USER', 'TIMEOUT')),
        -- The matching engine's word: why a CANCELLED order ended, and how much had been executed.
        ADD COLUMN close_reason text CHECK ((close_reason IS NOT NULL) = (status = 'CANCELLED')),
        ADD COLUMN closed_executed numeric,
        ADD COLUMN closed_at timestamptz CHECK ((closed_at IS NOT NULL) = (status IN ('FILLED', 'CANCELLED')));

      CREATE TABLE orders.fill (
        match_id bigint NOT NULL,
        order_id bigint NOT NULL REFERENCES orders.orders,
        price numeric NOT NULL,
        amount numeric NOT NULL CHECK (amount > 0),
        value numeric NOT NULL,
        fee numeric NOT NULL,
        matched_at timestamptz NOT NULL,
        PRIMARY KEY (match_id, order_id)
      );
      CREATE INDEX fill_order ON orders.fill (order_id, match_id);
      ${createRole(ROLE)}
      GRANT USAGE ON SCHEMA orders TO ${ROLE};
      GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA orders TO ${ROLE};
      GRANT USAGE ON ALL SEQUENCES IN SCHEMA orders TO ${ROLE};`,
  },
];
