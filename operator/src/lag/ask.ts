/** Asking a server about many things, of which each answer may be missing. */
import { ADMIN_CALLS_IN_FLIGHT, forEachLimited, isSilence } from '../objects/mod.ts';
import { RocketmqError } from '../rocketmq/mod.ts';

/** Once a server says nothing it is not asked for the rest: each question would take its full time. @param ask false: nothing */
export async function untilSilent<T>(items: readonly T[], ask: (item: T) => Promise<boolean>): Promise<void> {
  let speaks = true;
  await forEachLimited(items, ADMIN_CALLS_IN_FLIGHT, async (item) => {
    if (speaks) speaks = await ask(item);
  });
}

/** `Absent`: the server knows no such thing. `Unclear`: it said something else, of this question alone. */
export async function answerOf<T>(call: Promise<T>): Promise<T | 'Absent' | 'Silent' | 'Unclear'> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof RocketmqError)) throw error;
    if (isSilence(error)) return 'Silent';
    return error.code === 'NotFound' ? 'Absent' : 'Unclear';
  }
}
