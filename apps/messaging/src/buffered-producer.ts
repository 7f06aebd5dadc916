import type { Clock } from './clock.ts';
import { MessagingError } from './errors.ts';
import type { SendResult } from './message-producer.ts';
import type { MessagingMetrics } from './metrics.ts';
import type { OutgoingMessage } from './outgoing.ts';
import { Places } from './places.ts';
import { MAX_REQUEST_MESSAGES } from './requests.ts';

/** What sends a batch: a `MessageProducer`. */
export interface BatchSender {
  sendBatch(messages: readonly OutgoingMessage[], signal: AbortSignal): Promise<readonly SendResult[]>;
}

export interface BufferedProducerOptions {
  readonly sender: BatchSender;
  readonly topic: string;
  /** Messages that wait or are being sent; past it `enqueue` waits. */
  readonly maxBuffered: number;
  /** Requests at once. */
  readonly maxRequests: number;
  /** How long a message waits for others to share its request. */
  readonly lingerMs: number;
  /** Hears once of each message that `enqueue` took. It may not throw. */
  readonly onSettled: (message: OutgoingMessage, result: SendResult) => void;
  readonly clock: Clock;
  readonly metrics: MessagingMetrics;
}

/**
 * Sends messages of one topic in the background, as many as possible in one request. Who sends more than RocketMQ takes is made
 * to wait. What waits here is lost with the process: for messages that the next one makes good, such as market data.
 */
export class BufferedProducer {
  readonly #options: BufferedProducerOptions;
  readonly #places: Places;
  readonly #waiting: OutgoingMessage[] = [];
  /** Whoever waits for everything to be settled. */
  readonly #idle: (() => void)[] = [];
  readonly #stopping = new AbortController();
  readonly #givingUp = new AbortController();
  #requests = 0;
  #cancelLinger: (() => void) | undefined;

  constructor(options: BufferedProducerOptions) {
    this.#options = options;
    this.#places = new Places(options.maxBuffered);
  }

  /**
   * Resolves once the buffer has the message, which `onSettled` then hears of.
   *
   * @throws MessagingError `Closed` when it is stopped, or `signal` aborts, before there is room
   */
  async enqueue(message: OutgoingMessage, signal: AbortSignal): Promise<void> {
    const { topic } = this.#options;
    if (message.topic !== topic)
      throw new RangeError(`a message of ${message.topic} in the buffer of ${topic}`);
    const gone = signal.aborted || this.#stopping.signal.aborted;
    if (gone || !(this.#places.takeNow() || (await this.#waitForPlace(signal))))
      throw new MessagingError('Closed', 'the buffer takes no more messages', { retryable: false });
    this.#waiting.push(message);
    this.#observe();
    this.#schedule();
  }

  /** Resolves once every message that was taken is settled. */
  async flush(): Promise<void> {
    this.#send();
    if (this.#places.held > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Takes no more, and sends what there is; what is not stored within `graceMs`, and the attempt that runs then, fails. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    const cancel = this.#options.clock.after(graceMs, () => this.#givingUp.abort());
    await this.flush();
    cancel();
  }

  #waitForPlace(signal: AbortSignal): Promise<boolean> {
    this.#options.metrics.bufferWaits.inc({ topic: this.#options.topic });
    return this.#places.take(AbortSignal.any([signal, this.#stopping.signal]));
  }

  #schedule(): void {
    if (this.#waiting.length >= MAX_REQUEST_MESSAGES) return this.#send();
    const { clock, lingerMs } = this.#options;
    this.#cancelLinger ??= clock.after(lingerMs, () => this.#send());
  }

  #send(): void {
    this.#cancelLinger?.();
    this.#cancelLinger = undefined;
    while (this.#waiting.length > 0 && this.#requests < this.#options.maxRequests) {
      this.#requests += 1;
      void this.#sendOne(this.#waiting.splice(0, MAX_REQUEST_MESSAGES));
    }
  }

  async #sendOne(messages: readonly OutgoingMessage[]): Promise<void> {
    const { sender, onSettled } = this.#options;
    const results = await sender.sendBatch(messages, this.#givingUp.signal);
    this.#requests -= 1;
    for (const [index, message] of messages.entries()) {
      const result = results[index];
      if (result !== undefined) onSettled(message, result);
    }
    this.#places.release(messages.length);
    this.#observe();
    if (this.#places.held === 0) for (const resolve of this.#idle.splice(0)) resolve();
    // What waited for a request to end has no timer any more.
    if (this.#cancelLinger === undefined) this.#send();
  }

  #observe(): void {
    this.#options.metrics.buffered.set({ topic: this.#options.topic }, this.#places.held);
  }
}
