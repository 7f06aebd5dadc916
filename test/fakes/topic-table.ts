import { refusal, responseCodes, success, type Reply } from './remoting-server.ts';

export interface StoredTopic {
  readonly topicName: string;
  readonly readQueueNums: number;
  readonly writeQueueNums: number;
  readonly perm: number;
  readonly order: boolean;
  readonly topicFilterType: string;
  readonly topicSysFlag: number;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Body of request 18. */
export interface TopicListBody {
  readonly topicConfigList?: readonly Partial<StoredTopic>[];
}

/** Attribute → its values; undefined: any number. Those in `createOnly` never change. */
const attributeValues: Readonly<Record<string, readonly string[] | undefined>> = {
  'message.type': ['UNSPECIFIED', 'NORMAL', 'FIFO', 'DELAY', 'TRANSACTION'],
  'queue.type': ['SimpleCQ', 'BatchCQ'],
  'cleanup.policy': ['DELETE', 'COMPACTION'],
  'reserve.time': undefined,
};
const createOnly = ['queue.type', 'cleanup.policy'];
/** BrokerConfig.splitMetadataSize. */
const PAGE_SIZE = 2_000;

/** TopicConfigManager and the checks of AdminBrokerProcessor in front of it (rocketmq-wire.md §2.4). */
export class TopicTable {
  readonly #topics = new Map<string, StoredTopic>();
  readonly #reserved: ReadonlySet<string>;
  /** Names that this broker refuses, for a reason of its own that no client can foresee. */
  readonly refused = new Set<string>();
  /** Names of which it cannot tell the offsets. */
  readonly broken = new Set<string>();
  #counter = 0;

  constructor(reserved: readonly string[]) {
    this.#reserved = new Set(reserved);
  }

  get(name: string): StoredTopic | undefined {
    return this.#topics.get(name);
  }

  list(): readonly StoredTopic[] {
    return [...this.#topics.values()];
  }

  names(): readonly string[] {
    return [...this.#topics.keys()];
  }

  /** A write by somebody else than the client under test. */
  edit(name: string, change: Partial<StoredTopic>): void {
    const stored = this.#topics.get(name);
    if (stored === undefined) throw new RangeError(`no topic ${name}`);
    this.#topics.set(name, { ...stored, ...change });
    this.#counter += 1;
  }

  add(topic: Partial<StoredTopic> & { readonly topicName: string }): void {
    this.#topics.set(topic.topicName, {
      ...newTopic(topic.topicName),
      readQueueNums: 8,
      writeQueueNums: 8,
      ...topic,
    });
    this.#counter += 1;
  }

  delete(name: string): void {
    if (this.#topics.delete(name)) this.#counter += 1;
  }

  copyFrom(master: TopicTable): void {
    this.#topics.clear();
    for (const topic of master.list()) this.add(topic);
  }

  read(name: string): Reply {
    const topic = this.#topics.get(name);
    return topic === undefined
      ? refusal(responseCodes.topicNotExist, `No topic in this broker. topic: ${name}`)
      : { ...success, body: JSON.stringify(topic) };
  }

  /** Request 21: everything, or a page when the caller asks for one. */
  page(ext: Readonly<Record<string, string>>): Reply {
    const names = this.names();
    const start = ext['topicSeq'] === undefined ? 0 : Number(ext['topicSeq']);
    const size =
      ext['topicSeq'] === undefined
        ? names.length
        : Math.min(PAGE_SIZE, Number(ext['maxTopicNum'] ?? PAGE_SIZE));
    const topicConfigTable = Object.fromEntries(
      names.slice(start, start + size).map((name) => [name, this.#topics.get(name)]),
    );
    const dataVersion = { counter: this.#counter, stateVersion: 0, timestamp: 0 };
    return {
      ...success,
      extFields: { totalTopicNum: String(names.length) },
      body: JSON.stringify({
        dataVersion,
        mappingDataVersion: dataVersion,
        topicConfigTable,
        topicQueueMappingDetailMap: {},
        topicQueueMappingInfoMap: {},
      }),
    };
  }

  /** Request 17. */
  put(ext: Readonly<Record<string, string>>): Reply {
    const name = ext['topic'] ?? '';
    const invalid = this.#invalidName(name);
    if (invalid !== undefined) return invalid;
    return this.#store({
      topicName: name,
      readQueueNums: Number(ext['readQueueNums']),
      writeQueueNums: Number(ext['writeQueueNums']),
      perm: Number(ext['perm']),
      order: ext['order'] === 'true',
      topicFilterType: ext['topicFilterType'] ?? 'SINGLE_TAG',
      topicSysFlag: Number(ext['topicSysFlag'] ?? 0),
      attributes: parseAttributes(ext['attributes']),
    });
  }

  /**
   * Request 18, with both of its traps: one item that equals what is stored makes the broker answer success and
   * apply nothing at all; and with a bad item the earlier ones stay in memory, unregistered.
   */
  putList(body: TopicListBody): { readonly reply: Reply; readonly applied: readonly string[] } {
    const items = (body.topicConfigList ?? []).map((item) => ({
      ...newTopic(item.topicName ?? ''),
      ...item,
    }));
    for (const item of items) {
      const invalid = this.#invalidName(item.topicName);
      if (invalid !== undefined) return { reply: invalid, applied: [] };
      if (this.#equalsStored(item)) return { reply: success, applied: [] };
    }
    for (const item of items) {
      const reply = this.#store(item);
      if (reply.code !== responseCodes.success) return { reply, applied: [] };
    }
    return { reply: success, applied: items.map((item) => item.topicName) };
  }

  #invalidName(name: string): Reply | undefined {
    if (!/^[%|a-zA-Z0-9_-]{1,127}$/.test(name)) {
      return refusal(
        responseCodes.invalidParameter,
        `The specified topic[${name}] contains illegal characters`,
      );
    }
    if (this.#reserved.has(name) || name === 'TBW102' || name.startsWith('rmq_sys_')) {
      return refusal(responseCodes.invalidParameter, `The topic[${name}] is conflict with system topic.`);
    }
    return undefined;
  }

  /** Signed keys never equal stored ones, so an item with an attribute is never "the same". */
  #equalsStored(item: StoredTopic): boolean {
    const stored = this.#topics.get(item.topicName);
    if (stored === undefined) return false;
    return (
      Object.keys(item.attributes).length === 0 &&
      Object.keys(stored.attributes).length === 0 &&
      stored.readQueueNums === item.readQueueNums &&
      stored.writeQueueNums === item.writeQueueNums &&
      stored.perm === item.perm &&
      stored.order === item.order &&
      stored.topicSysFlag === item.topicSysFlag &&
      stored.topicFilterType === item.topicFilterType
    );
  }

  #store(item: StoredTopic): Reply {
    if (this.refused.has(item.topicName)) {
      return refusal(
        responseCodes.systemError,
        'java.lang.RuntimeException: no\n\tat java.base/java.lang.Thread',
      );
    }
    const stored = this.#topics.get(item.topicName);
    const attributes: Record<string, string> = { ...stored?.attributes };
    for (const [signed, value] of Object.entries(item.attributes)) {
      const key = signed.slice(1);
      const problem = attributeProblem(signed, key, value, stored);
      if (problem !== undefined)
        return refusal(responseCodes.systemError, `java.lang.RuntimeException: ${problem}`);
      if (signed.startsWith('-')) delete attributes[key];
      else attributes[key] = value;
    }
    this.#topics.set(item.topicName, { ...item, attributes });
    this.#counter += 1;
    return success;
  }
}

function attributeProblem(
  signed: string,
  key: string,
  value: string,
  stored: StoredTopic | undefined,
): string | undefined {
  const sign = signed[0];
  if (sign !== '+' && sign !== '-')
    return `only add attribute is supported while creating topic. key: ${key}`;
  if (sign === '-')
    return stored?.attributes[key] === undefined ? `attempt to delete a nonexistent key: ${key}` : undefined;
  if (!(key in attributeValues)) return `unsupported key: ${key}`;
  const values = attributeValues[key];
  if (values !== undefined && !values.includes(value)) return `value is not in set: ${value}`;
  if (stored !== undefined && createOnly.includes(key))
    return `attempt to update an unchangeable attribute. key: ${key}`;
  return undefined;
}

/** As TopicConfig's field initialisers. */
function newTopic(topicName: string): StoredTopic {
  return {
    topicName,
    readQueueNums: 16,
    writeQueueNums: 16,
    perm: 6,
    order: false,
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: 0,
    attributes: {},
  };
}

/** `+k=v,-k2` of request 17. */
function parseAttributes(text: string | undefined): Readonly<Record<string, string>> {
  const pairs = (text ?? '').split(',').filter((part) => part !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key = '', value = ''] = pair.split('=', 2);
      return [key, value];
    }),
  );
}
