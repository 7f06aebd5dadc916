import {
  type Metadata,
  Server,
  ServerCredentials,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import def, {
  type Message,
  type RetryPolicy,
  type Status,
} from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/definition_pb.js';
import grpcModule from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/service_grpc_pb.js';
import svc, {
  type AckMessageRequest,
  type AckMessageResponse,
  type ChangeInvisibleDurationRequest,
  type ChangeInvisibleDurationResponse,
  type EndTransactionRequest,
  type EndTransactionResponse,
  type ForwardMessageToDeadLetterQueueRequest,
  type ForwardMessageToDeadLetterQueueResponse,
  type HeartbeatResponse,
  type NotifyClientTerminationResponse,
  type QueryAssignmentRequest,
  type QueryAssignmentResponse,
  type QueryRouteRequest,
  type QueryRouteResponse,
  type ReceiveMessageRequest,
  type ReceiveMessageResponse,
  type SendMessageRequest,
  type SendMessageResponse,
  type TelemetryCommand,
} from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/service_pb.js';
import { toDuration, toMs, toWire, withDigest, type ScriptedMessage } from './scripted-wire.ts';

export interface Script {
  readonly role: 'Producer' | 'Consumer';
  readonly fifo?: boolean;
  readonly retry?: { readonly kind: 'Customized' | 'Exponential'; readonly maxAttempts: number };
  readonly pollMs?: number;
  /** Withholds the settings that a client's start waits for. */
  readonly silent?: boolean;
  readonly noTopic?: boolean;
  /** The status of a request to store messages; absent: OK. */
  readonly answer?: (messages: readonly Message[]) => StatusCode;
  /** The largest body; absent: 4 MiB. */
  readonly maxBytes?: number;
}

type StatusCode = (typeof def.Code)[keyof typeof def.Code];
type MessageTypeCode = (typeof def.MessageType)[keyof typeof def.MessageType];
type Telemetry = ServerDuplexStream<TelemetryCommand, TelemetryCommand>;

/** A RocketMQ 5 proxy that does what a test says and records what a client does, on a loopback port of its own. */
export class ScriptedProxy {
  readonly sends: Message[] = [];
  /** How many messages each request to store some had, refused ones included. */
  readonly requests: number[] = [];
  /** Header of each send. */
  readonly authorizations: string[] = [];
  readonly acks: string[] = [];
  readonly nacks: { readonly id: string; readonly delayMs: number }[] = [];
  readonly deadLetters: { readonly id: string; readonly attempt: number; readonly max: number }[] = [];
  readonly ended: { readonly messageId: string; readonly resolution: number }[] = [];
  readonly receives: { readonly pollMs: number; readonly filter: string }[] = [];
  readonly streams = new Set<Telemetry>();
  readonly queue: ScriptedMessage[] = [];
  terminations = 0;
  routeQueries = 0;
  #port = 0;
  readonly #script: Script;
  readonly #server: Server;

  private constructor(script: Script, server: Server) {
    this.#script = script;
    this.#server = server;
  }

  static async start(script: Script): Promise<ScriptedProxy> {
    const server = new Server({ 'grpc.max_send_message_length': -1, 'grpc.max_receive_message_length': -1 });
    const proxy = new ScriptedProxy(script, server);
    server.addService(grpcModule.MessagingServiceService, {
      queryRoute: unary((request: QueryRouteRequest) => proxy.#route(request)),
      heartbeat: unary((): HeartbeatResponse => new svc.HeartbeatResponse().setStatus(ok())),
      sendMessage: unary((request: SendMessageRequest, metadata) => {
        proxy.authorizations.push(String(metadata.get('authorization')[0] ?? ''));
        return proxy.#send(request);
      }),
      queryAssignment: unary((request: QueryAssignmentRequest) => proxy.#assign(request)),
      receiveMessage: (call: ServerWritableStream<ReceiveMessageRequest, ReceiveMessageResponse>) =>
        proxy.#receive(call),
      ackMessage: unary((request: AckMessageRequest): AckMessageResponse => {
        for (const entry of request.getEntriesList()) proxy.acks.push(entry.getMessageId());
        return new svc.AckMessageResponse().setStatus(ok());
      }),
      changeInvisibleDuration: unary(
        (request: ChangeInvisibleDurationRequest): ChangeInvisibleDurationResponse => {
          proxy.nacks.push({ id: request.getMessageId(), delayMs: toMs(request.getInvisibleDuration()) });
          return new svc.ChangeInvisibleDurationResponse().setStatus(ok());
        },
      ),
      forwardMessageToDeadLetterQueue: unary(
        (request: ForwardMessageToDeadLetterQueueRequest): ForwardMessageToDeadLetterQueueResponse => {
          const attempt = request.getDeliveryAttempt();
          proxy.deadLetters.push({
            id: request.getMessageId(),
            attempt,
            max: request.getMaxDeliveryAttempts(),
          });
          return new svc.ForwardMessageToDeadLetterQueueResponse().setStatus(ok());
        },
      ),
      endTransaction: unary((request: EndTransactionRequest): EndTransactionResponse => {
        proxy.ended.push({ messageId: request.getMessageId(), resolution: request.getResolution() });
        return new svc.EndTransactionResponse().setStatus(ok());
      }),
      notifyClientTermination: unary((): NotifyClientTerminationResponse => {
        proxy.terminations += 1;
        return new svc.NotifyClientTerminationResponse().setStatus(ok());
      }),
      telemetry: (call: Telemetry) => proxy.#telemetry(call),
    });
    proxy.#port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
    return proxy;
  }

  get endpoints(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Asks the connected producer how a transaction of this message ended. */
  askAbout(message: Message): void {
    const question = new svc.RecoverOrphanedTransactionCommand()
      .setTransactionId('orphan')
      .setMessage(withDigest(message));
    for (const stream of this.streams)
      stream.write(new svc.TelemetryCommand().setRecoverOrphanedTransactionCommand(question));
  }

  /** Cuts every connection at once, as a killed proxy does. */
  stop(): void {
    this.#server.forceShutdown();
  }

  #route(request: QueryRouteRequest): QueryRouteResponse {
    this.routeQueries += 1;
    const response = new svc.QueryRouteResponse();
    if (this.#script.noTopic)
      return response.setStatus(new def.Status().setCode(def.Code.TOPIC_NOT_FOUND).setMessage('no topic'));
    return response
      .setStatus(ok())
      .setMessageQueuesList([this.#messageQueue(request.getTopic()?.getName() ?? '')]);
  }

  #assign(request: QueryAssignmentRequest): QueryAssignmentResponse {
    const assignment = new def.Assignment().setMessageQueue(
      this.#messageQueue(request.getTopic()?.getName() ?? ''),
    );
    return new svc.QueryAssignmentResponse().setStatus(ok()).setAssignmentsList([assignment]);
  }

  #send(request: SendMessageRequest): SendMessageResponse {
    const messages = request.getMessagesList();
    this.requests.push(messages.length);
    const code = this.#script.answer?.(messages) ?? def.Code.OK;
    const status = new def.Status().setCode(code).setMessage('scripted');
    const response = new svc.SendMessageResponse().setStatus(status);
    if (code !== def.Code.OK) return response;
    this.sends.push(...messages);
    // One entry for a request of several, as a proxy of RocketMQ 5.5.0 answers.
    const id = messages.map((message) => message.getSystemProperties()?.getMessageId() ?? '').join(',');
    response.addEntries(
      new svc.SendResultEntry().setStatus(ok()).setMessageId(id).setTransactionId(`tx-${id}`),
    );
    return response;
  }

  #receive(call: ServerWritableStream<ReceiveMessageRequest, ReceiveMessageResponse>): void {
    const pollMs = toMs(call.request.getLongPollingTimeout());
    this.receives.push({ pollMs, filter: call.request.getFilterExpression()?.getExpression() ?? '' });
    const topic = call.request.getMessageQueue()?.getTopic()?.getName() ?? '';
    const until = Date.now() + Math.min(pollMs, this.#script.pollMs ?? 1_000);
    const answer = () => {
      const taken = this.queue.splice(0, call.request.getBatchSize());
      if (taken.length === 0 && Date.now() < until && !call.cancelled) {
        setTimeout(answer, 10);
        return;
      }
      const code = taken.length === 0 ? def.Code.MESSAGE_NOT_FOUND : def.Code.OK;
      call.write(new svc.ReceiveMessageResponse().setStatus(new def.Status().setCode(code)));
      for (const message of taken)
        call.write(new svc.ReceiveMessageResponse().setMessage(toWire(message, topic)));
      call.end();
    };
    answer();
  }

  #telemetry(call: Telemetry): void {
    this.streams.add(call);
    call.on('data', (command: TelemetryCommand) => {
      if (!this.#script.silent && command.getSettings()) call.write(this.#settings());
    });
    call.on('end', () => {
      this.streams.delete(call);
      call.end();
    });
    call.on('error', () => this.streams.delete(call));
  }

  #settings(): TelemetryCommand {
    const settings = new def.Settings().setBackoffPolicy(this.#retryPolicy());
    if (this.#script.role === 'Producer') {
      settings.setPublishing(
        new def.Publishing()
          .setMaxBodySize(this.#script.maxBytes ?? 4 * 1024 * 1024)
          .setValidateMessageType(true),
      );
    } else {
      const poll = toDuration(this.#script.pollMs ?? 1_000);
      const subscription = new def.Subscription().setFifo(this.#script.fifo === true).setReceiveBatchSize(32);
      settings.setSubscription(subscription.setLongPollingTimeout(poll));
    }
    return new svc.TelemetryCommand().setStatus(ok()).setSettings(settings);
  }

  #retryPolicy(): RetryPolicy {
    const { kind, maxAttempts } = this.#script.retry ?? { kind: 'Exponential', maxAttempts: 3 };
    const policy = new def.RetryPolicy().setMaxAttempts(maxAttempts);
    if (kind === 'Customized') {
      return policy.setCustomizedBackoff(new def.CustomizedBackoff().setNextList([50, 100].map(toDuration)));
    }
    const backoff = new def.ExponentialBackoff()
      .setInitial(toDuration(10_000))
      .setMax(toDuration(60_000))
      .setMultiplier(2);
    return policy.setExponentialBackoff(backoff);
  }

  #messageQueue(topic: string): InstanceType<typeof def.MessageQueue> {
    const address = new def.Address().setHost('127.0.0.1').setPort(this.#port);
    const endpoints = new def.Endpoints().setScheme(def.AddressScheme.IPV4).setAddressesList([address]);
    return new def.MessageQueue()
      .setTopic(new def.Resource().setName(topic))
      .setId(0)
      .setPermission(def.Permission.READ_WRITE)
      .setBroker(new def.Broker().setName('broker-a').setId(0).setEndpoints(endpoints))
      .setAcceptMessageTypesList(acceptedBy(topic));
  }
}

function unary<Request, Response>(answer: (request: Request, metadata: Metadata) => Response) {
  return (call: ServerUnaryCall<Request, Response>, done: sendUnaryData<Response>) =>
    done(null, answer(call.request, call.metadata));
}

function ok(): Status {
  return new def.Status().setCode(def.Code.OK).setMessage('OK');
}

/** As RocketMQ 5 has it: one type a topic, here by its name, but for the topic of the tests that need several. */
function acceptedBy(topic: string): MessageTypeCode[] {
  const { DELAY, FIFO, NORMAL, TRANSACTION } = def.MessageType;
  return topic.includes('timeout') ? [DELAY] : [NORMAL, FIFO, TRANSACTION];
}
