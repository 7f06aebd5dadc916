import { randomBytes } from 'node:crypto';
import { describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import { plainEnvelopes } from '../envelope.ts';
import { orderBody, orderHeader } from '../testing/messages.ts';
import { MountedSecret } from '../testing/mounted-secret.ts';
import { silentLog } from '../testing/silent-log.ts';
import { testMetrics } from '../testing/test-metrics.ts';
import { configuredEnvelopes } from './configured-envelopes.ts';

jest.setTimeout(60_000);

const [one, two, three] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const metrics = testMetrics();
/** The longest that a kubelet takes to bring a changed Secret. */
const MOUNT_MS = 90_000;
const STEP_MS = 15_000;

/** As long as a reader waits for the key of a message. */
const WAIT_MS = 300_000;
/** Two rotations, each in its two steps. */
const VERSIONS = [
  { atMs: 0, data: { 'key-1': one } },
  { atMs: 600_000, data: { 'key-1': one, 'key-2': two } },
  { atMs: 1_200_000, data: { 'key-2': two } },
  { atMs: 1_800_000, data: { 'key-2': two, 'key-3': three } },
];
const END_MS = 2_400_000;

const lags = fc.array(fc.integer({ min: 0, max: MOUNT_MS }), {
  minLength: VERSIONS.length,
  maxLength: VERSIONS.length,
});

/** A pod whose kubelet brings each version of the Secret so much later, and that restarts at these times. */
function pod(lagsMs: readonly number[], restartsMs: ReadonlySet<number>) {
  const secret = new MountedSecret();
  let nowMs = 0;
  const clock = { now: () => nowMs };
  const start = () =>
    configuredEnvelopes({
      keysDirectory: secret.directory,
      plaintext: 'Refuse',
      clock,
      log: silentLog,
      metrics,
    });
  let mounted = -1;
  let codec = start();
  return {
    secret,
    at(timeMs: number) {
      nowMs = timeMs;
      const due = VERSIONS.findLastIndex(
        ({ atMs }, index) => atMs + (index === 0 ? 0 : (lagsMs[index] ?? 0)) <= timeMs,
      );
      if (due > mounted) secret.mount(VERSIONS[due]?.data ?? {});
      mounted = Math.max(mounted, due);
      if (restartsMs.has(timeMs)) codec = start();
      return codec;
    },
  };
}

describe('a rotation', () => {
  it('leaves nothing unreadable, however late each pod has its keys, and whenever it restarts', () => {
    const restarts = fc.array(fc.integer({ min: 1, max: END_MS / STEP_MS }), { maxLength: 4 });
    fc.assert(
      fc.property(
        lags,
        lags,
        restarts,
        restarts,
        (senderLags, readerLags, senderRestarts, readerRestarts) => {
          const toTimes = (steps: readonly number[]) => new Set(steps.map((step) => step * STEP_MS));
          const sender = pod(senderLags, toTimes(senderRestarts));
          const reader = pod(readerLags, toTimes(readerRestarts));
          let waiting: { readonly sentMs: number; readonly bytes: Buffer }[] = [];
          for (let nowMs = 0; nowMs <= END_MS; nowMs += STEP_MS) {
            waiting.push({ sentMs: nowMs, bytes: sender.at(nowMs).encode(orderHeader(), orderBody, '456') });
            const codec = reader.at(nowMs);
            waiting = waiting.filter(({ sentMs, bytes }) => {
              const decoded = codec.decode(bytes, '456');
              expect(decoded.kind === 'Unreadable' ? decoded.reason : 'UnknownKey').toBe('UnknownKey');
              expect(nowMs - sentMs).toBeLessThan(WAIT_MS);
              return decoded.kind === 'Unreadable';
            });
          }
          expect(waiting).toEqual([]);
          sender.secret.remove();
          reader.secret.remove();
        },
      ),
      { numRuns: 10 },
    );
  });
});

describe('a service without a directory of keys', () => {
  it('sends and reads in clear', () => {
    const clock = { now: () => 0 };
    const options = {
      keysDirectory: undefined,
      plaintext: 'Refuse',
      clock,
      log: silentLog,
      metrics,
    } as const;
    expect(configuredEnvelopes(options)).toBe(plainEnvelopes);
  });
});
