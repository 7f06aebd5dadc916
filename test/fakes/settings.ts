import type { Command } from '../../operator/src/rocketmq/codec/command.ts';
import { refusal, responseCodes, success, type Reply } from './remoting-server.ts';

/** Settings that no request may change (Configuration's black list in each server). */
const locked: ReadonlySet<string> = new Set(['brokerConfigPath', 'configBlackList', 'rocketmqHome']);

/** The configuration of one server, as java.util.Properties and typed fields hold it. */
export class FakeSettings {
  readonly #values: Map<string, string>;

  constructor(values: Readonly<Record<string, string>>) {
    this.#values = new Map(Object.entries(values));
  }

  /** Sorted, and not escaped. */
  read(): Reply {
    const lines = [...this.#values].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return { ...success, body: lines.map(([key, value]) => `${key}=${value}\n`).join('') };
  }

  /** What it does not know, and what it cannot parse, is left as it is, with success. */
  update(request: Command): Reply {
    const asked = request.body
      .toString('utf8')
      .split('\n')
      .flatMap((line): readonly (readonly [string, string])[] => {
        const end = line.indexOf('=');
        return end < 0
          ? []
          : [
              [
                line.slice(0, end),
                line
                  .slice(end + 1)
                  .replaceAll(/\\(.)/g, '$1')
                  .trim(),
              ],
            ];
      });
    if (asked.some(([key]) => locked.has(key))) {
      return refusal(responseCodes.noPermission, 'Can not update config in black list.');
    }
    for (const [key, value] of asked) {
      const before = this.#values.get(key);
      if (before !== undefined) this.#values.set(key, typed(before, value));
    }
    return success;
  }
}

/** Integer.parseInt throws, and the setter is not called; Boolean.parseBoolean takes everything else for false. */
function typed(before: string, value: string): string {
  if (/^-?\d+$/.test(before)) return /^-?\d{1,9}$/.test(value) ? String(Number(value)) : before;
  return before === 'true' || before === 'false' ? String(value.toLowerCase() === 'true') : value;
}
