import { ConsumerGroups, type ConsumerGroup } from '../api/mod.ts';
import type { ObjectKind } from '../objects/mod.ts';
import type { SubscriptionGroupConfig } from '../rocketmq/mod.ts';
import { declareGroup, type DesiredGroup } from './desired.ts';
import { compareGroup } from './diff.ts';
import { groupRemoval } from './removal.ts';

/** Groups are read by one list call (201): request 352 makes a group that it is asked for (rocketmq-wire.md §2.5). */
export const groupKind: ObjectKind<
  ConsumerGroup,
  DesiredGroup,
  SubscriptionGroupConfig,
  SubscriptionGroupConfig
> = {
  type: ConsumerGroups,
  noun: 'consumer group',
  nameField: 'groupName',
  places: 'Masters',
  declare: declareGroup,
  compare: compareGroup,
  list: async (broker, options) => (await broker.subscriptionGroups(options)).groups,
  write: async (broker, writes, options) => broker.putSubscriptionGroups(writes, options),
  removal: groupRemoval,
};
