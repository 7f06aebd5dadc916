import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { metadataGap, unexplained, type Metadata } from './metadata.ts';
import { BrokerMetadata } from './testing/broker-metadata.ts';

function broker(fill: (broker: BrokerMetadata) => void = () => undefined): BrokerMetadata {
  const made = new BrokerMetadata();
  fill(made);
  return made;
}

const nothing = { topics: [], groups: [], offsets: [] };

const full = broker((master) => {
  master.addTopic('T', { attributes: { 'message.type': 'FIFO' } });
  master.addGroup('G');
  master.setOffset({ group: 'G', topic: 'T', queueId: 0, offset: 5 });
});

describe('metadataGap', () => {
  it('is everything for who has nothing, and nothing for who has everything', () => {
    expect(metadataGap(full, broker())).toEqual({
      topics: [full.topics.get('T')],
      groups: [full.groups.get('G')],
      offsets: [{ group: 'G', topic: 'T', queueId: 0, offset: 5 }],
    });
    expect(metadataGap(full, full)).toEqual(nothing);
  });

  it('leaves alone what only the heir has', () => {
    expect(metadataGap(broker(), full)).toEqual(nothing);
  });

  it('names only the attributes that differ: RocketMQ refuses to set some of them again', () => {
    const attributes = { 'message.type': 'FIFO', 'queue.type': 'SimpleCQ' };
    const master = broker((each) => each.addTopic('T', { attributes }));
    const heir = broker((each) =>
      each.addTopic('T', { attributes: { 'queue.type': 'SimpleCQ', 'reserve.time': '1' } }),
    );
    expect(metadataGap(master, heir).topics).toMatchObject([
      { attributes: { 'message.type': 'FIFO' }, removeAttributes: ['reserve.time'] },
    ]);
  });

  it('sees a changed group, but no field that only one version writes', () => {
    const change = (retryMaxTimes: number, extra: object) =>
      broker((each) => each.addGroup('G', { retryMaxTimes, extra: { ...extra } }));
    expect(metadataGap(change(3, {}), change(16, {})).groups).toHaveLength(1);
    expect(metadataGap(change(3, { liteBindTopic: 'L' }), change(3, {}))).toEqual(nothing);
  });

  it('takes offsets back too, when they were reset on the master', () => {
    const ahead = broker((each) => each.setOffset({ group: 'G', topic: 'T', queueId: 0, offset: 9 }));
    expect(metadataGap(full, ahead).offsets).toMatchObject([{ offset: 5 }]);
  });

  it('leaves offsets of deleted topics and groups where they are', () => {
    const master = broker((each) => {
      each.addGroup('G');
      each.setOffset({ group: 'G', topic: 'gone', queueId: 0, offset: 5 });
    });
    expect(metadataGap(master, broker()).offsets).toEqual([]);
  });

  it('is nothing after it was written, whatever both had', async () => {
    await fc.assert(
      fc.asyncProperty(anyBroker, anyBroker, async (master, heir) => {
        const { topics, groups, offsets } = metadataGap(master, heir);
        const admin = heir.admin();
        await admin.putTopics(topics);
        await admin.putSubscriptionGroups(groups);
        for (const offset of offsets) await admin.commitOffset(offset);
        expect(metadataGap(master, heir)).toEqual(nothing);
      }),
    );
  });
});

const few = fc.constantFrom('a', 'b', 'c');
const anyBroker = fc
  .record({
    topics: fc.array(fc.tuple(few, fc.dictionary(few, few), fc.integer({ min: 1, max: 3 }))),
    groups: fc.array(fc.tuple(few, fc.integer({ min: 1, max: 3 }))),
    offsets: fc.array(
      fc.record(
        { group: few, topic: few, queueId: fc.nat(2), offset: fc.nat(100) },
        { noNullPrototype: true },
      ),
    ),
  })
  .map(({ topics, groups, offsets }) =>
    broker((made) => {
      for (const [name, attributes, perm] of topics)
        made.addTopic(name, { attributes: { ...attributes }, perm });
      for (const [name, retryMaxTimes] of groups) made.addGroup(name, { retryMaxTimes });
      for (const offset of offsets) made.setOffset(offset);
    }),
  );

describe('unexplained', () => {
  const moved = (offset: number): Metadata =>
    broker((each) => {
      each.addTopic('T');
      each.addGroup('G');
      each.setOffset({ group: 'G', topic: 'T', queueId: 0, offset });
    });
  const bare = broker((each) => {
    each.addTopic('T');
    each.addGroup('G');
  });

  it('is what the master had before and still has', () => {
    expect(unexplained(metadataGap(moved(5), bare), moved(5))).toEqual(['the offset of G in queue 0 of T']);
    expect(unexplained(metadataGap(full, broker()), full)).toEqual([
      'topic T',
      'group G',
      'the offset of G in queue 0 of T',
    ]);
  });

  it('is not what came or moved since', () => {
    expect(unexplained(metadataGap(moved(6), bare), moved(5))).toEqual([]);
    expect(unexplained(metadataGap(full, broker()), broker())).toEqual([]);
  });
});
