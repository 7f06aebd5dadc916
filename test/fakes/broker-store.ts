import type { StoredPolicy, StoredUser } from './access-store.ts';
import type { GroupFields } from './groups.ts';
import { TopicTable } from './topic-table.ts';

interface Epoch {
  readonly epoch: number;
  readonly startOffset: number;
}

/** What a broker keeps on its volume: whoever starts with it goes on where the last one ended. */
export class BrokerStore {
  /** As the controllers gave it. */
  brokerId: number | undefined;
  readonly topics: TopicTable;
  groups = new Map<string, GroupFields>();
  /** Those of access control, by name; no replica copies them. */
  readonly users = new Map<string, StoredUser>();
  /** Subject → what it may do. */
  readonly acls = new Map<string, readonly StoredPolicy[]>();
  /** `topic@group` → queue id → offset */
  readonly offsets = new Map<string, Map<string, number>>();
  /** Topic → queue id → messages that are stored. */
  readonly messages = new Map<string, Map<number, number>>();
  /** Topic → messages that wait for their time. */
  readonly timed = new Map<string, number>();
  /** Of every message. */
  messageAgeMs = 1_000;
  /** EpochFileCache: where each master of this log began. */
  epochs: readonly Epoch[] = [];
  /** End of the log. */
  maxOffset = 0;

  /** @param reserved names that no topic may have */
  constructor(reserved: readonly string[]) {
    this.topics = new TopicTable(reserved);
  }

  /** As if all messages had been stored in the same moment. */
  offsetAt(topic: string, queueId: number, timeMs: number): number {
    const end = this.messages.get(topic)?.get(queueId) ?? 0;
    return timeMs <= Date.now() - this.messageAgeMs ? 0 : end;
  }

  fill(topic: string, count: number, queueId = 0): void {
    const queues = this.messages.get(topic) ?? new Map<number, number>();
    this.messages.set(topic, queues.set(queueId, count));
  }

  /** Offsets of all groups in it and the index of its messages go along (AdminBrokerProcessor.deleteTopicInBroker). */
  deleteTopic(topic: string): void {
    this.topics.delete(topic);
    this.messages.delete(topic);
    for (const key of this.offsets.keys()) if (key.startsWith(`${topic}@`)) this.offsets.delete(key);
  }

  deleteGroup(group: string, cleansOffsets: boolean): void {
    this.groups.delete(group);
    if (!cleansOffsets) return;
    for (const key of this.offsets.keys()) if (key.endsWith(`@${group}`)) this.offsets.delete(key);
  }

  beginEpoch(epoch: number): void {
    this.epochs = [...this.epochs, { epoch, startOffset: this.maxOffset }];
  }

  /** SlaveSynchronize: tables are replaced by the master's. */
  copyMetadataFrom(master: BrokerStore): void {
    this.topics.copyFrom(master.topics);
    this.groups = new Map(master.groups);
    // Offsets are put over what is there; what the master lacks stays.
    for (const [key, queues] of master.offsets) this.offsets.set(key, new Map(queues));
  }

  /** Replication: the log, cut back to what both have in common and then filled up. */
  copyLogFrom(master: BrokerStore): void {
    this.epochs = master.epochs;
    this.maxOffset = master.maxOffset;
  }
}
