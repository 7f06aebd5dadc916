import { describe, expect, it } from '@jest/globals';
import { crowdedNodes } from './crowding.ts';
import { brokerView, groupView } from './testing/groups.ts';
import type { GroupView, MemberView } from './view.ts';

/** @param nodes of each; undefined: it has none yet */
function membersOn(nodes: readonly (string | undefined)[], component: MemberView['component']): MemberView[] {
  return nodes.map((nodeName, index) => {
    const pod = `a-${String(index)}`;
    const spec = { containers: [], ...(nodeName === undefined ? {} : { nodeName }) };
    const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: pod }, spec };
    return brokerView(pod, { object, component, leads: index === 0 });
  });
}

const groupOn = (...nodes: readonly (string | undefined)[]) => groupView(membersOn(nodes, 'broker'));
const ofGroup = (group: GroupView, minInSync: number) =>
  crowdedNodes({ groups: [group], members: group.members, version: undefined }, minInSync);
const ofControllers = (...nodes: readonly (string | undefined)[]) =>
  crowdedNodes({ groups: [], members: membersOn(nodes, 'controller'), version: undefined }, 2);

describe('crowdedNodes', () => {
  it('names a node on which a master could go on by itself, and what to do', () => {
    expect(ofGroup(groupOn('x', 'y', 'x'), 2)).toEqual([
      'x has 2 of the 3 members of a: if it is cut off from the others with the master, what is acknowledged there can be lost. Spread the group over more nodes',
    ]);
  });

  it.each<readonly [string, GroupView, number]>([
    ['every member has a node of its own', groupOn('x', 'y', 'z'), 2],
    ['a node has too few to acknowledge anything', groupOn('x', 'y', 'x', 'y'), 3],
    ['all are on one node: there is no other side', groupOn('x', 'x', 'x'), 2],
    ['the others have no node yet', groupOn('x', 'x', undefined), 2],
    ['a single member may acknowledge: nothing is promised', groupOn('x', 'y', 'x'), 1],
    ['nobody is elected', { ...groupOn('x', 'x', 'y'), fixed: { minInSync: 2, closed: false } }, 2],
  ])('says nothing of a group when %s', (_when, group, minInSync) => {
    expect(ofGroup(group, minInSync)).toEqual([]);
  });

  it('names a node with a majority of the controllers', () => {
    expect(ofControllers('x', 'x', 'y')).toEqual([
      'x has 2 of the 3 controllers: while it is away nobody is elected. Spread them over more nodes',
    ]);
    expect(ofControllers('x', 'x', 'x')).toHaveLength(1);
    expect(ofControllers('x', 'y', undefined)).toEqual([]);
    expect(ofControllers('x')).toEqual([]);
  });
});
