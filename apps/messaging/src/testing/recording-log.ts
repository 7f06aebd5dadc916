import type { Logger } from '../client/logger.ts';

/** Keeps every line, of every level. */
export class RecordingLog implements Logger {
  readonly lines: string[] = [];
  readonly debug = this.#record.bind(this);
  readonly info = this.#record.bind(this);
  readonly warn = this.#record.bind(this);
  readonly error = this.#record.bind(this);

  #record(fields: object, message: string): void {
    this.lines.push(`${message} ${JSON.stringify(fields)}`);
  }
}
