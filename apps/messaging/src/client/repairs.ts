/**
 * Repairs of rocketmq-client-nodejs 1.0.8 that cannot be made by subclassing. The package is CommonJS and its modules
 * call each other through their `exports` objects, so replacing an export reaches every caller without a fork.
 * Each repair has a regression test against a scripted proxy (client.test.ts). Everything that a subclass can
 * override is repaired in `producer-client.ts` and `consumer-client.ts` instead.
 */
import type { ChannelCredentials, ClientOptions } from '@grpc/grpc-js';
import clientModule from 'rocketmq-client-nodejs/dist/client/index.js';
import loggerModule from 'rocketmq-client-nodejs/dist/client/Logger.js';
import messageModule from 'rocketmq-client-nodejs/dist/message/index.js';
import publishingMessageModule from 'rocketmq-client-nodejs/dist/message/PublishingMessage.js';
import endpointsModule from 'rocketmq-client-nodejs/dist/route/Endpoints.js';
import routeModule from 'rocketmq-client-nodejs/dist/route/index.js';
import serviceModule from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/service_grpc_pb.js';
import definitionModule from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/definition_pb.js';
import rocketmq from 'rocketmq-client-nodejs';
import { MessagingError } from '../errors.ts';
import type { ClientLogger } from './logger.ts';

const REPAIRED_VERSION = '1.0.8';

/** The stock client leaves gRPC's 4 MiB limit: a body of RocketMQ's own maximum then never arrives and blocks its queue. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

const CHANNEL_OPTIONS: ClientOptions = {
  // Without keepalive a proxy that vanished silently is noticed only by the kernel, after minutes.
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  // The default back-off grows to two minutes, longer than any restart of a proxy.
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 5_000,
};

let repaired = false;

/**
 * Installs the repairs once per process. Throws `IncompatibleClient` when the package is another release or a repaired
 * symbol is not where we expect it: running on an unrepaired client loses messages quietly.
 */
export function repairClient(logger: ClientLogger): void {
  if (repaired) return;
  assertRelease();
  shareEndpoints();
  setChannelOptions();
  allowOrderedTransactions();
  // The consume services ask for the default logger even when one was passed; the default one writes below $HOME,
  // which fails on a read-only root file system.
  replaceExport(loggerModule, 'getDefaultLogger', () => logger);
  assertRepaired(logger);
  repaired = true;
}

/** RpcClientManager keys its connections by Endpoints *identity*, and every route refresh makes new objects: a leak. */
function shareEndpoints(): void {
  const known = new Map<string, object>();
  const shared = new Proxy(endpointsModule.Endpoints, {
    construct(target, args, newTarget) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Reflect.construct is untyped
      const made = Reflect.construct(target, args, newTarget) as InstanceType<typeof target>;
      const key = `${made.scheme}|${made.facade}`;
      const existing = known.get(key);
      if (existing) return existing;
      known.set(key, made);
      return made;
    },
  });
  replaceExport(endpointsModule, 'Endpoints', shared);
}

function setChannelOptions(): void {
  const stock = serviceModule.MessagingServiceClient;
  class TunedServiceClient extends stock {
    constructor(address: string, credentials: ChannelCredentials, options?: object) {
      super(address, credentials, { ...CHANNEL_OPTIONS, ...options });
    }
  }
  replaceExport(serviceModule, 'MessagingServiceClient', TunedServiceClient);
}

/**
 * Every gRPC client refuses a message that is transactional *and* in a message group, yet RocketMQ keeps the group's
 * queue for the half message and its commit. The group is added after the constructor has accepted the transaction.
 */
function allowOrderedTransactions(): void {
  const stock = publishingMessageModule.PublishingMessage;
  class OrderedPublishingMessage extends stock {
    constructor(...[options, settings, transactional]: ConstructorParameters<typeof stock>) {
      const { messageGroup, ...rest } = options;
      const ordered = transactional && messageGroup !== undefined;
      super(ordered ? rest : options, settings, transactional);
      if (ordered) this.messageGroup = messageGroup;
    }
  }
  replaceExport(publishingMessageModule, 'PublishingMessage', OrderedPublishingMessage);
}

function replaceExport(module: object, name: string, replacement: unknown): void {
  const descriptor = Object.getOwnPropertyDescriptor(module, name);
  if (descriptor?.writable !== true) throw incompatible(`export ${name} cannot be replaced`);
  Reflect.set(module, name, replacement);
}

/** The members that our subclasses override, or reach: overriding a method that nobody calls repairs nothing. */
const EXPECTED_METHODS: readonly (readonly [owner: string, prototype: object, methods: readonly string[]])[] =
  [
    [
      'BaseClient',
      clientModule.BaseClient.prototype,
      [
        'startup',
        'shutdown',
        'sleep',
        'getRequestMetadata',
        'getRouteData',
        'createTelemetryStream',
        'onSettingsCommand',
      ],
    ],
    [
      'Producer',
      rocketmq.Producer.prototype,
      ['send', 'beginTransaction', 'endTransaction', 'onRecoverOrphanedTransactionCommand'],
    ],
    ['PublishingMessage', publishingMessageModule.PublishingMessage.prototype, ['toProtobuf']],
    ['SendReceipt', rocketmq.SendReceipt, ['processResponseInvocation']],
    [
      'PushConsumer',
      rocketmq.PushConsumer.prototype,
      [
        'startup',
        'shutdown',
        'getRetryPolicy',
        'getConsumeService',
        'wrapPushReceiveMessageRequest',
        'receiveMessage',
      ],
    ],
    [
      'Consumer',
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- getPrototypeOf is untyped
      Object.getPrototypeOf(rocketmq.PushConsumer.prototype) as object,
      ['ackMessageViaRpc', 'changeInvisibleDurationViaRpc', 'forwardMessageToDeadLetterQueueViaRpc'],
    ],
  ];

function assertRelease(): void {
  const version = clientModule.UserAgent.INSTANCE.version;
  if (version !== REPAIRED_VERSION)
    throw incompatible(`release ${version}, the repairs are for ${REPAIRED_VERSION}`);
  for (const [owner, prototype, methods] of EXPECTED_METHODS) {
    for (const method of methods) {
      const isMethod = typeof Object.getOwnPropertyDescriptor(prototype, method)?.value === 'function';
      if (!isMethod) throw incompatible(`${owner}.${method} is not there`);
    }
  }
}

/** Looks at the effects, through the same paths as the package's own modules. */
function assertRepaired(logger: ClientLogger): void {
  const { Endpoints } = routeModule;
  if (new Endpoints('127.0.0.1:1') !== new Endpoints('127.0.0.1:1'))
    throw incompatible('Endpoints are not shared');
  if (clientModule.getDefaultLogger() !== logger) throw incompatible('the default logger is not ours');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the constructor reads only this field
  const settings = { maxBodySizeBytes: 1 } as ConstructorParameters<
    typeof messageModule.PublishingMessage
  >[1];
  const message = new messageModule.PublishingMessage(
    { topic: 't', body: Buffer.alloc(1), messageGroup: 'g' },
    settings,
    true,
  );
  const ordered =
    message.messageGroup === 'g' && message.messageType === definitionModule.MessageType.TRANSACTION;
  if (!ordered) throw incompatible('a transactional message does not keep its message group');
}

function incompatible(what: string): MessagingError {
  return new MessagingError('IncompatibleClient', `rocketmq-client-nodejs: ${what}`, { retryable: false });
}
