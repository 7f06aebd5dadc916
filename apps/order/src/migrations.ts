import { messagingMigrations, type Migration } from '@gantry/messaging';

/** Prices and amounts are numeric without a scale: Postgres keeps the digits that the client wrote, "50000.00" included. */
export const orderMigrations: readonly Migration[] = [
  ...messagingMigrations,
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
      -- When its message was last sent again, and how often it was: see republish.ts.
      ALTER TABLE orders.orders ADD COLUMN resent_at timestamptz, ADD COLUMN resends smallint NOT NULL DEFAULT 0;`,
  },
];
