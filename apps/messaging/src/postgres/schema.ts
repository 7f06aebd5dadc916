import type { Migration } from './migrate.ts';

/** The tables that the services share. */
export const messagingMigrations: readonly Migration[] = [
  {
    id: 'messaging-001',
    sql: `
      CREATE SCHEMA messaging;

      -- Sender: the last sequence given in each message group. Its row lock also serializes the group's transactions.
      CREATE TABLE messaging.message_sequence (
        topic text NOT NULL,
        message_group text NOT NULL,
        last_sequence bigint NOT NULL,
        PRIMARY KEY (topic, message_group)
      );

      -- Sender: how each transaction ended. The primary key arbitrates between a late local transaction and a check
      -- that rolled its message back: only one of them can insert.
      CREATE TABLE messaging.transaction_log (
        message_id text PRIMARY KEY,
        state text NOT NULL CHECK (state IN ('Committed', 'RolledBack')),
        decided_at timestamptz NOT NULL DEFAULT now()
      );

      -- Receiver: the last sequence applied in each message group.
      CREATE TABLE messaging.inbox_position (
        consumer_group text NOT NULL,
        topic text NOT NULL,
        message_group text NOT NULL,
        applied_sequence bigint NOT NULL,
        PRIMARY KEY (consumer_group, topic, message_group)
      );

      -- Receiver: every message that arrived. A parked one keeps its payload until the gap before it closes.
      CREATE TABLE messaging.inbox (
        consumer_group text NOT NULL,
        message_id text NOT NULL,
        topic text NOT NULL,
        message_group text NOT NULL,
        sequence bigint NOT NULL,
        state text NOT NULL CHECK (state IN ('Parked', 'Applied')),
        payload bytea CHECK ((state = 'Parked') = (payload IS NOT NULL)),
        received_at timestamptz NOT NULL DEFAULT now(),
        applied_at timestamptz,
        last_error text,
        PRIMARY KEY (consumer_group, message_id),
        UNIQUE (consumer_group, topic, message_group, sequence)
      );
      CREATE INDEX inbox_parked ON messaging.inbox (consumer_group, received_at) WHERE state = 'Parked';

      -- Receiver: messages that can never be applied, with the reason. Acknowledged to RocketMQ once they are here.
      CREATE TABLE messaging.dead_letter (
        id bigserial PRIMARY KEY,
        consumer_group text NOT NULL,
        topic text NOT NULL,
        rocketmq_message_id text NOT NULL,
        tag text,
        message_group text,
        reason text NOT NULL,
        detail text NOT NULL,
        properties jsonb NOT NULL,
        body bytea NOT NULL,
        attempt integer NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (consumer_group, topic, rocketmq_message_id)
      );`,
  },
  {
    id: 'messaging-002',
    sql: `
      -- Receiver: every message without order that was applied, written by the transaction that applied it.
      CREATE TABLE messaging.handled (
        consumer_group text NOT NULL,
        message_id text NOT NULL,
        handled_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (consumer_group, message_id)
      );`,
  },
];
