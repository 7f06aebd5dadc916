import type { Migration } from '@gantry/messaging';
import { createRole, serviceMigrations } from '@gantry/service';

const ROLE = 'exchange_asset';

export const assetMigrations: readonly Migration[] = [
  ...serviceMigrations,
  {
    id: 'asset-001',
    sql: `
      CREATE SCHEMA asset;

      CREATE TABLE asset.coin (
        coin_id bigserial PRIMARY KEY,
        coin_name text NOT NULL UNIQUE
      );
      -- What can be traded. Another market is another row.
      CREATE TABLE asset.market (
        symbol text PRIMARY KEY,
        base_coin text NOT NULL REFERENCES asset.coin (coin_name),
        quote_coin text NOT NULL REFERENCES asset.coin (coin_name) CHECK (quote_coin <> base_coin)
      );
      INSERT INTO asset.coin (coin_name) VALUES ('USDT'), ('BTC'), ('ETH');
      INSERT INTO asset.market VALUES ('BTCUSDT', 'BTC', 'USDT'), ('ETHUSDT', 'ETH', 'USDT'), ('ETHBTC', 'ETH', 'BTC');

      CREATE TABLE asset.account (
        user_id text NOT NULL,
        coin_name text NOT NULL REFERENCES asset.coin (coin_name),
        available numeric NOT NULL CHECK (available >= 0),
        frozen numeric NOT NULL CHECK (frozen >= 0),
        PRIMARY KEY (user_id, coin_name)
      );

      -- What an order has set aside: of the quote coin for a BUY, of the base coin for a SELL.
      CREATE TABLE asset.order_freeze (
        order_id bigint PRIMARY KEY,
        order_no text NOT NULL,
        user_id text NOT NULL,
        direction text NOT NULL CHECK (direction IN ('BUY', 'SELL')),
        price numeric,
        base_coin text NOT NULL,
        quote_coin text NOT NULL,
        set_aside numeric NOT NULL CHECK (set_aside > 0),
        remaining numeric NOT NULL CHECK (remaining >= 0),
        closed boolean NOT NULL DEFAULT false
      );
      CREATE INDEX order_freeze_remaining ON asset.order_freeze (user_id) WHERE remaining > 0;

      -- Every change of a balance, which is what is available and what is frozen together.
      CREATE TABLE asset.flow (
        flow_id bigserial PRIMARY KEY,
        user_id text NOT NULL,
        coin_name text NOT NULL,
        business_type smallint NOT NULL CHECK (business_type BETWEEN 1 AND 4),
        amount numeric NOT NULL,
        balance_before numeric NOT NULL CHECK (balance_before >= 0),
        balance_after numeric NOT NULL CHECK (balance_after >= 0 AND balance_after = balance_before + amount),
        fee numeric NOT NULL CHECK (fee >= 0),
        order_no text,
        match_id bigint,
        deposit_id text,
        message_id text NOT NULL UNIQUE,
        changed_at timestamptz NOT NULL,
        UNIQUE (match_id, user_id, coin_name),
        FOREIGN KEY (user_id, coin_name) REFERENCES asset.account
      );
      CREATE INDEX flow_account ON asset.flow (user_id, coin_name, flow_id);

      CREATE TABLE asset.deposit (
        deposit_id text PRIMARY KEY,
        user_id text NOT NULL,
        coin_name text NOT NULL,
        amount numeric NOT NULL CHECK (amount > 0)
      );

      -- Where the ASSET_CHANGE messages so far say that each balance stands.
      CREATE TABLE asset.told_balance (
        user_id text NOT NULL,
        coin_name text NOT NULL,
        balance numeric NOT NULL,
        PRIMARY KEY (user_id, coin_name)
      );

      -- Sets aside what an order may cost, in the transaction that makes the order.
      CREATE FUNCTION asset.freeze_for_order(
        p_order_id bigint, p_order_no text, p_user_id text, p_symbol text, p_direction text, p_price numeric, p_amount numeric,
        OUT outcome text, OUT set_aside numeric
      ) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
      DECLARE
        v_market asset.market;
        v_coin text;
        v_available numeric;
      BEGIN
        SELECT * INTO v_market FROM asset.market m WHERE m.symbol = p_symbol;
        IF NOT FOUND THEN
          outcome := 'UnknownSymbol';
          RETURN;
        END IF;
        v_coin := CASE p_direction WHEN 'BUY' THEN v_market.quote_coin ELSE v_market.base_coin END;
        SELECT a.available INTO v_available FROM asset.account a
          WHERE a.user_id = p_user_id AND a.coin_name = v_coin FOR UPDATE;
        -- A MARKET BUY may cost anything: all that there is.
        set_aside := CASE WHEN p_direction = 'SELL' THEN p_amount WHEN p_price IS NULL THEN v_available ELSE p_price * p_amount END;
        IF v_available IS NULL OR v_available < set_aside OR set_aside = 0 THEN
          outcome := 'Insufficient';
          set_aside := NULL;
          RETURN;
        END IF;
        UPDATE asset.account a SET available = a.available - freeze_for_order.set_aside, frozen = a.frozen + freeze_for_order.set_aside
          WHERE a.user_id = p_user_id AND a.coin_name = v_coin;
        INSERT INTO asset.order_freeze (order_id, order_no, user_id, direction, price, base_coin, quote_coin, set_aside, remaining)
          VALUES (p_order_id, p_order_no, p_user_id, p_direction, p_price, v_market.base_coin, v_market.quote_coin, set_aside, set_aside);
        outcome := 'Frozen';
      END $$;
      ${createRole(ROLE)}
      GRANT USAGE ON SCHEMA asset TO ${ROLE};
      GRANT SELECT ON asset.coin, asset.market TO ${ROLE};
      GRANT SELECT, INSERT, UPDATE ON asset.account, asset.order_freeze, asset.told_balance TO ${ROLE};
      GRANT SELECT, INSERT ON asset.flow, asset.deposit TO ${ROLE};
      GRANT USAGE ON ALL SEQUENCES IN SCHEMA asset TO ${ROLE};

      -- The function has the rights of this service, whoever migrates; owning it takes CREATE for a moment.
      GRANT CREATE ON SCHEMA asset TO ${ROLE};
      ALTER FUNCTION asset.freeze_for_order OWNER TO ${ROLE};
      REVOKE CREATE ON SCHEMA asset FROM ${ROLE};
      ${createRole('exchange_order')}
      REVOKE EXECUTE ON FUNCTION asset.freeze_for_order FROM PUBLIC;
      GRANT USAGE ON SCHEMA asset TO exchange_order;
      GRANT EXECUTE ON FUNCTION asset.freeze_for_order TO exchange_order;`,
  },
];
