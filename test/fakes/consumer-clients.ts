import { refusal, responseCodes, success, type Reply } from './remoting-server.ts';

/** Consumers that are connected to a server, by group. */
export class ConsumerClients {
  readonly #ids = new Map<string, readonly string[]>();
  /** Groups whose consumers want every message each. */
  readonly broadcasting = new Set<string>();

  set(group: string, ...ids: readonly string[]): void {
    this.#ids.set(group, ids);
  }

  /** A group that nobody is connected for is not known (ConsumerManager). */
  read(group: string): Reply {
    const ids = this.#ids.get(group) ?? [];
    if (ids.length === 0)
      return refusal(responseCodes.consumerNotOnline, `the consumer group[${group}] not online`);
    const connectionSet = ids.map((clientId) => ({
      clientId,
      clientAddr: '192.0.2.1:1',
      language: 'OTHER',
      version: 513,
    }));
    const messageModel = this.broadcasting.has(group) ? 'BROADCASTING' : 'CLUSTERING';
    return { ...success, body: JSON.stringify({ connectionSet, consumeType: 'CONSUME_POP', messageModel }) };
  }
}
