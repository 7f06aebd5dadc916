/** Status of a RocketMQCluster. */
import * as z from 'zod';
import { conditionList } from './conditions.ts';
import { mapList, setList, type Stored } from './schema/authoring.ts';

const address = () => z.string().max(320);
const podName = () => z.string().max(253);

const memberStatus = z.object({
  name: podName().describe('Name of the pod.'),
  role: z
    .enum(['Master', 'Replica'])
    .exactOptional()
    .describe(
      'What the controllers say it is, or with failover Static what it is for good; absent: unknown.',
    ),
  inSync: z
    .boolean()
    .exactOptional()
    .describe(
      'Whether it is in the sync-state set, or with failover Static follows its master; absent: unknown.',
    ),
  ready: z.boolean().describe('Whether the pod is ready.'),
  fenced: z.boolean().exactOptional().describe('True while an annotation keeps it down.'),
  version: z
    .string()
    .max(32)
    .exactOptional()
    .describe('Version of RocketMQ that it last said it runs; absent: it never said.'),
});

const groupStatus = z.object({
  name: z.string().max(30).describe('Name of the group.'),
  master: podName()
    .exactOptional()
    .describe('Pod of the master; absent: none or unknown. With failover Static it may be down.'),
  epoch: z
    .int()
    .exactOptional()
    .describe('How often a master was elected; absent: unknown, or nobody ever elects.'),
  inSync: z.int32().exactOptional().describe('Members in sync, the master included; absent: unknown.'),
  members: mapList(memberStatus, 'name', 8).describe('The members.'),
});

const rolloutStatus = z.object({
  changes: z.string().max(512).describe('What the members restart for.'),
  progress: z.string().max(16).describe('Members that are done, of those that it is about.'),
  updated: z.int32().min(0).describe('How many are done: made anew, and back.'),
  total: z.int32().min(0).describe('How many it is about.'),
  step: z
    .enum(['Restarting', 'HandingOver', 'Waiting'])
    .describe(
      'Restarting: the pod stops, starts or catches up. HandingOver: another member becomes master. Waiting: nobody is on the way.',
    ),
  pod: podName().exactOptional().describe('Which member the step is about.'),
  waitingFor: z.string().max(512).exactOptional().describe('What has to be the case for the next step.'),
  startedAt: z.iso.datetime().describe('When the first of them was due.'),
});

export const rocketMQClusterStatus = z.object({
  observedGeneration: z.int().exactOptional().describe('Generation of the spec that this status is about.'),
  conditions: conditionList(),
  version: z
    .string()
    .max(32)
    .exactOptional()
    .describe('Version that every broker runs; in the middle of a step, the one before.'),
  endpoints: z
    .object({
      nameServers: setList(address(), 16).exactOptional().describe('host:port of each name server.'),
      controllers: setList(address(), 8).exactOptional().describe('host:port of each controller.'),
      grpc: address().exactOptional().describe('host:port for gRPC clients.'),
      remoting: address().exactOptional().describe('host:port for remoting clients.'),
    })
    .exactOptional()
    .describe('Where to connect from inside the Kubernetes cluster.'),
  groups: mapList(groupStatus, 'name', 64)
    .exactOptional()
    .describe('The broker groups, as brokers and controllers report them.'),
  masters: z
    .string()
    .max(16)
    .exactOptional()
    .describe('Groups that have a master, of all groups; with failover Static one that is up.'),
  rollout: rolloutStatus
    .exactOptional()
    .describe('The restarts that are under way or still to come; absent when there are none.'),
  pendingRestart: mapList(
    z.object({
      pod: podName().describe('Name of the pod.'),
      reason: z.string().max(64).describe('Why, in one word.'),
      message: z.string().max(1024).exactOptional().describe('Why, in a sentence.'),
    }),
    'pod',
    256,
  )
    .exactOptional()
    .describe('Pods that still run an older template or configuration.'),
});
export type RocketMQClusterStatus = Stored<z.output<typeof rocketMQClusterStatus>>;
