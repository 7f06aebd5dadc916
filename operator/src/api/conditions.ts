import * as z from 'zod';
import { mapList, type Stored } from './schema/authoring.ts';

/** Every condition type, with what it says when True. kstatus and Argo CD read the first three unaided. */
export const conditionTypes = {
  Ready: 'Everything is as the spec asks, read back from RocketMQ itself.',
  Reconciling: 'The operator is working on it, or waiting for something that should come by itself.',
  Stalled: 'Nothing will move until somebody changes something; the reason says what.',
  ConfigValid:
    'Every setting is known to this version of RocketMQ and is none of those that the operator sets itself.',
  Warnings: 'Nothing is wrong, but somebody should know: an annotation, a drain, drift, members on one node.',
  ScalingActive:
    'In status.scaling: replicas are decided by what is known of the group. False: they stay as they are until somebody does something. Unknown: they stay because something is not known; they may be raised to fallbackReplicas.',
  ScalingLimited:
    'In status.scaling: something stands between the group and its sloSeconds that replicas alone do not change.',
} as const;

/** Every reason that a condition can have, with what it means and what to do. */
export const conditionReasons = {
  Reconciled: 'The spec is in force.',
  Progressing: 'Changes are on their way.',
  InvalidSpec: 'The spec breaks a rule; the message names the field. Correct it.',
  UnknownKey: 'config has a key that this version of RocketMQ does not have. The last valid settings stay.',
  OwnedKey: 'config has a key that the operator sets itself; the message names the field to use.',
  InvalidValue:
    'A setting, a memory limit, the storage of bound volumes or a maintenance window has a value that cannot be used; the message names the field. What was valid last stays.',
  VersionStepRefused:
    'RocketMQ cannot go from the version that runs to the one in spec.version; the message has the reason. What ran goes on.',
  ConfigAccepted: 'All settings are valid.',
  ApiConflict:
    'An object of a name that the operator needs exists already and belongs to somebody else; the message names both.',
  Forbidden:
    'Kubernetes forbids an object of the cluster; the message has its words: a quota, an admission rule, or a role of the operator that is missing.',
  ImageUnavailable: 'The image cannot be pulled. Correct spec.image or the pull secrets.',
  Unschedulable: 'No node takes a pod. Lower its requests, or add nodes.',
  VolumePending: 'A volume is not bound. Check the storage class and its provisioner.',
  ContainerCrash: 'A container ends again and again; the message has its exit code.',
  PodNotMade:
    'Kubernetes does not make a pod; the events of the StatefulSet in the message say why: a quota, or an admission rule.',
  PodsNotReady: 'Pods are starting.',
  ControllersNotReady: 'The controllers have no leader that a majority follows.',
  NameServersNotReady: 'A name server does not answer.',
  BrokersNotRegistered: 'A broker is not registered in every name server.',
  NoMaster:
    'A broker group has no master: sends to it are refused. With failover Static its master is away, and the group waits for it: bring it back.',
  WritesRefused:
    'The master of a broker group is up and refuses every send: it was closed for a hand-over and could not be opened again yet, or by hand, or by its guard, because it does not hear from the controllers that it is master. With failover Static, because fewer than minInSyncReplicas members are in sync, or because it has lost messages that a replica has (Diverged). The message says which.',
  OutOfSync: 'A member is not in the sync-state set, or not in sync with its fixed master, yet.',
  Diverged:
    'A member cannot follow its master, and its volume has what the master lacks; the message says what to do.',
  Paused: 'The annotation rocketmq.gantry.dev/paused is set: nothing is changed until it is removed.',
  InvalidAnnotation: 'An annotation has a value that means nothing; the message says what it should be.',
  NoSpareMember:
    'Every member has to be in sync for a send to be accepted: a restart of one stops its group.',
  MembersTogether:
    'A node has so many members of a broker group that they accept sends without the others: cut off with the master, they can acknowledge what is lost. Or it has a majority of the controllers. Spread them over more nodes.',
  DrainBlocked:
    'A node is to be emptied, and a master on it has nobody to hand over to; the message names it.',
  ConfigDrift:
    'A process runs with other settings than its file says, most likely changed by hand; the message names them and the member.',
  Fenced:
    'The annotation rocketmq.gantry.dev/fenced keeps a broker down; its volume stays. Remove its name to bring it back.',
  FenceRefused: 'A broker is not fenced although the annotation asks for it; the message says why.',
  Rebuilding: 'The annotation rocketmq.gantry.dev/rebuild has the volume of a broker made anew.',
  RebuildRefused:
    'The volume of a broker is not made anew although the annotation asks for it; the message says why.',
  NoNetworkPolicy:
    'Access control is on, and nothing keeps clients from name servers, controllers and brokers, where they get past it.',
  NoWarnings: 'There is nothing to warn of.',
  ApplyingSettings: 'A member has not confirmed yet a setting that it takes over without a restart.',
  RollingOut: 'Members are restarted one at a time.',
  WaitingForWindow:
    'Members are to restart when the next maintenance window opens; everything works as before until then.',
  WaitingForUsers:
    'Requests are not checked before every User of the cluster is on every broker; everything works as before until then. The message names them.',
  HandOverWaits:
    'A master does not hand over before its heir has every topic, consumer group and offset; the message says what is in the way.',
  ProxyNotReady: 'Not every proxy is ready, or they start once the groups have a master.',
  ClusterNotFound: 'clusterRef names no RocketMQCluster that there is. Create it, or correct the reference.',
  ClusterDeleting: 'The RocketMQCluster is being deleted; nothing on its brokers is changed any more.',
  NotAllowed:
    'The RocketMQCluster takes no objects of this namespace: nothing of it is managed or deleted any more. Have its allowedNamespaces allow it.',
  NamespaceUnknown:
    'The RocketMQCluster takes objects of namespaces with certain labels, and those of this one are not known yet.',
  BrokerGroupNotFound:
    'brokerGroups names a broker group that the cluster does not have. Add it to the cluster, or correct the name.',
  ClusterNotReady: 'The cluster is not ready; work goes on when it is.',
  Conflict: 'Another object, declared earlier, has the same name in the same cluster. Delete one of them.',
  AlreadyExists:
    'It was there before this object, whose adoptionPolicy is Fail. Choose another name, or set adoptionPolicy to Adopt.',
  Differs:
    'It is not as this object says, whose adoptionPolicy is Observe; the message says what differs. Nothing is changed.',
  NotOnEveryMaster: 'A master does not have it yet.',
  NotOnEveryMember: 'A member of the cluster does not have it yet.',
  MasterUnknown:
    'Name servers and controllers do not agree on the master of a broker group; nothing is written until they do.',
  NotRouted: 'A name server does not route it yet.',
  Draining:
    'Queues that are to go take no new messages, and stay until every consumer group has read them; the message says what is left. Have it consumed, delete groups that do not consume any more, or move their places by resetOffset.',
  AttributeImmutable:
    'RocketMQ fixes this attribute when a topic is created. Restore the value in the message.',
  Deleting: 'It is being taken from the brokers; the message says what is in the way.',
  DeletionBlocked:
    'Its deletionGuards keep it; the message says what has to go first. Remove that, or the guard, or set deletionPolicy to Retain.',
  RefusedByBroker: 'A broker refused it; the message has its answer.',
  BrokerUnreachable: 'A broker does not answer.',
  AccessControlOff:
    'The cluster has no access control, and so no users. Set spec.security.acl.enabled of the RocketMQCluster.',
  SecretNotFound:
    'There is no Secret with the credentials of the user yet; the message says which, and what to do.',
  SecretInvalid: 'The Secret has no credentials that can be used; the message says what is wrong with it.',
  SecretNotOwned:
    'A Secret of the name that the credentials are to have belongs to somebody else. Delete it, or set secretName.',
  Scaling: 'The operator sets the replicas of the target.',
  Recommending: 'The operator tells what the replicas should be, and sets nothing.',
  AnsweringKeda: 'The operator tells KEDA what the replicas should be, and KEDA sets them.',
  Broadcast:
    'The consumers read the group as a broadcast: more of them take nothing off each other. Remove scaling, or correct the consumers.',
  Rival:
    'Somebody else scales the target; the message says who. Remove that, or scaling. Nothing is written before.',
  TargetNotFound:
    'scaleTargetRef names nothing of this namespace that can be scaled. Create it, or correct the reference.',
  TargetForbidden:
    'The operator may not read or scale the target. Give it the role that the message names (docs/guide/scaling.md).',
  GroupNotReady: 'The group is not as declared; its own condition Ready says why. Replicas stay as they are.',
  DataIncomplete:
    'Somebody who was asked does not answer; the message says who. Replicas stay, or are raised.',
  QueueBound:
    'There are as many replicas as queues, and they are not enough. Raise queuesPerBroker of the topics.',
  HotQueue:
    'One queue has more to do than one replica can. Spread the messages over more queues: their message group decides.',
  StuckQueues:
    'Nothing is read from some queues while others move: a message there cannot be consumed. The message names the queues.',
  NothingConsumed: 'There are consumers, and nothing is consumed. Look at their logs.',
  ScalingIneffective: 'More replicas did not help: what they all wait for is slow, as a database.',
  SloUnreachable:
    'A new replica comes too late for sloSeconds. Raise minReplicas to the number in the message, or sloSeconds.',
  PodsNotJoining:
    'Pods do not become ready, or do not consume; the message names them. More of them would not help.',
} as const;

export type ConditionReason = keyof typeof conditionReasons;

const condition = z.object({
  type: z.string().min(1).max(64).describe('Type of the condition.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether it holds.'),
  observedGeneration: z.int().min(0).exactOptional().describe('Generation of the spec that it is about.'),
  lastTransitionTime: z.iso.datetime().describe('When the status last changed.'),
  reason: z.string().min(1).max(128).describe('Why, in one word.'),
  message: z.string().max(32_768).describe('Why, in a sentence, and what to do.'),
});

/** As the server stores it. `type` and `reason` are wider than the lists above: an older operator may have written them. */
export type Condition = Stored<z.output<typeof condition>>;

export const conditionList = () =>
  mapList(condition, 'type', 16).exactOptional().describe('What is the case, by type.');
