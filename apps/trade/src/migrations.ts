import type { Migration } from '@gantry/messaging';
import { createRole, serviceMigrations } from '@gantry/service';

const ROLE = 'exchange_trade';

export const tradeMigrations: readonly Migration[] = [
  ...serviceMigrations,
  {
    id: 'trade-001',
    sql: `
      CREATE SCHEMA trade;
      CREATE SEQUENCE trade.match_id;

      -- One for each symbol, with the number of the last command that was given to it. Its row lock makes the numbers have
      -- no gap, and each visible after those before it.
      CREATE TABLE trade.book (
        book_id serial PRIMARY KEY,
        symbol text NOT NULL UNIQUE,
        last_command bigint NOT NULL
      );

      -- The last command whose outcome is written. Apart from the book, so that who gives and who applies do not wait for
      -- each other.
      CREATE TABLE trade.progress (
        book_id integer PRIMARY KEY REFERENCES trade.book,
        applied_command bigint NOT NULL
      );

      -- What is to be applied; deleted with the outcome.
      CREATE TABLE trade.command (
        book_id integer NOT NULL REFERENCES trade.book,
        position bigint NOT NULL,
        tag text NOT NULL,
        trace_id text NOT NULL,
        body jsonb NOT NULL,
        PRIMARY KEY (book_id, position)
      );

      CREATE TABLE trade.orders (
        order_id bigint PRIMARY KEY,
        book_id integer NOT NULL REFERENCES trade.book,
        -- Of its command: its time in the price-time priority.
        position bigint NOT NULL,
        user_id text NOT NULL,
        direction text NOT NULL CHECK (direction IN ('BUY', 'SELL')),
        price numeric,
        amount numeric NOT NULL,
        time_in_force text NOT NULL,
        executed_amount numeric NOT NULL CHECK (executed_amount >= 0 AND executed_amount <= amount),
        executed_value numeric NOT NULL CHECK (executed_value >= 0),
        status text NOT NULL CHECK (status IN ('OPEN', 'FILLED', 'CANCELLED')),
        reason text CHECK ((status = 'CANCELLED') = (reason IS NOT NULL)),
        closed_at timestamptz CHECK ((status = 'OPEN') = (closed_at IS NULL)),
        UNIQUE (book_id, position)
      );
      CREATE INDEX orders_open ON trade.orders (book_id, position) WHERE status = 'OPEN';

      CREATE TABLE trade.match (
        match_id bigint PRIMARY KEY,
        book_id integer NOT NULL REFERENCES trade.book,
        maker_order_id bigint NOT NULL,
        taker_order_id bigint NOT NULL,
        maker_user_id text NOT NULL,
        taker_user_id text NOT NULL,
        taker_direction text NOT NULL,
        price numeric NOT NULL CHECK (price > 0),
        amount numeric NOT NULL CHECK (amount > 0),
        value numeric NOT NULL CHECK (value = price * amount),
        maker_fee numeric NOT NULL CHECK (maker_fee >= 0),
        taker_fee numeric NOT NULL CHECK (taker_fee >= 0),
        matched_at timestamptz NOT NULL
      );
      CREATE INDEX match_maker ON trade.match (maker_order_id);
      CREATE INDEX match_taker ON trade.match (taker_order_id);
      ${createRole(ROLE)}
      GRANT USAGE ON SCHEMA trade TO ${ROLE};
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA trade TO ${ROLE};
      GRANT USAGE ON ALL SEQUENCES IN SCHEMA trade TO ${ROLE};`,
  },
];
