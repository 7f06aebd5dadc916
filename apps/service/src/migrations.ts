import { messagingMigrations, type Migration } from '@gantry/messaging';

/** The roles whose rights services have: see docs/decisions/0017-the-core-path.md. */
export type ServiceRole = 'exchange_order' | 'exchange_asset' | 'exchange_trade';

/**
 * Makes a role that cannot log in, if it is not there, lets the migrating user take it, and gives it what every
 * service needs. Roles belong to the server, not to the database: two databases may be migrated at the same time.
 */
export function createRole(role: ServiceRole): string {
  return `
    DO $$ BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN
        CREATE ROLE ${role} NOLOGIN;
      END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END $$;
    DO $$ BEGIN
      IF NOT pg_has_role(current_user, '${role}', 'MEMBER') THEN
        GRANT ${role} TO CURRENT_USER;
      END IF;
    END $$;
    GRANT USAGE ON SCHEMA messaging TO ${role};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA messaging TO ${role};
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA messaging TO ${role};
    ALTER DEFAULT PRIVILEGES IN SCHEMA messaging GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${role};
    ALTER DEFAULT PRIVILEGES IN SCHEMA messaging GRANT USAGE ON SEQUENCES TO ${role};`;
}

/** The tables of messages that every service shares, beside those of the library. */
export const serviceMigrations: readonly Migration[] = [
  ...messagingMigrations,
  {
    id: 'service-001',
    sql: `
      -- Sender: ordered messages that its own consumer group has not passed yet, to be sent again: see resend.ts.
      CREATE TABLE messaging.sent (
        message_id text PRIMARY KEY,
        topic text NOT NULL,
        message_group text NOT NULL,
        sequence bigint NOT NULL,
        tag text NOT NULL,
        keys text NOT NULL,
        trace_id text NOT NULL,
        body jsonb NOT NULL,
        sent_at timestamptz NOT NULL DEFAULT now(),
        resent_at timestamptz,
        resends smallint NOT NULL DEFAULT 0,
        UNIQUE (topic, message_group, sequence)
      );

      -- Sender: messages without order, to be sent until they are acknowledged: see outbox.ts.
      CREATE TABLE messaging.outbox (
        id bigserial PRIMARY KEY,
        message_id text NOT NULL UNIQUE,
        topic text NOT NULL,
        tag text NOT NULL,
        keys text NOT NULL,
        trace_id text NOT NULL,
        body jsonb NOT NULL,
        deliver_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX outbox_topic ON messaging.outbox (topic, id);`,
  },
];
