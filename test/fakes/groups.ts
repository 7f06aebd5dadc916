import { refusal, responseCodes, success, type Reply } from './remoting-server.ts';

/** Body of request 200, and an item of 225: any field may be left out. */
export interface GroupFields {
  readonly groupName?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

interface GroupListBody {
  readonly groupConfigList?: readonly GroupFields[];
}

/** As SubscriptionGroupConfig's field initialisers: a write that leaves one out gets it. */
const groupDefaults: GroupFields = {
  attributes: {},
  brokerId: 0,
  consumeBroadcastEnable: true,
  consumeEnable: true,
  consumeFromMinEnable: true,
  consumeMessageOrderly: false,
  consumeTimeoutMinute: 15,
  groupRetryPolicy: { type: 'CUSTOMIZED' },
  groupSysFlag: 0,
  notifyConsumerIdsChangedEnable: true,
  retryMaxTimes: 16,
  retryQueueNums: 1,
  whichBrokerWhenConsumeSlowly: 1,
};

export function putGroup(groups: Map<string, GroupFields>, fields: GroupFields): Reply {
  const name = fields.groupName ?? '';
  if (!/^[%|a-zA-Z0-9_-]{1,120}$/.test(name)) {
    return refusal(
      responseCodes.invalidParameter,
      `The specified group[${name}] contains illegal characters`,
    );
  }
  if (Object.keys(fields.attributes ?? {}).length > 0) {
    return refusal(responseCodes.systemError, 'java.lang.RuntimeException: unsupported key');
  }
  groups.set(name, { ...groupDefaults, ...fields });
  return success;
}

/** Not atomic: the items before a bad one stay. */
export function putGroups(groups: Map<string, GroupFields>, body: GroupListBody): Reply {
  for (const fields of body.groupConfigList ?? []) {
    const reply = putGroup(groups, fields);
    if (reply.code !== responseCodes.success) return reply;
  }
  return success;
}

export function allGroups(groups: ReadonlyMap<string, GroupFields>): Reply {
  const dataVersion = { counter: 1, stateVersion: 0, timestamp: 0 };
  const subscriptionGroupTable = Object.fromEntries(
    [...groups].map(([name, fields]) => [name, { ...groupDefaults, ...fields }]),
  );
  return {
    ...success,
    extFields: { totalGroupNum: String(groups.size) },
    body: JSON.stringify({ dataVersion, forbiddenTable: {}, subscriptionGroupTable }),
  };
}
