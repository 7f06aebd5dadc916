import { RocketmqError, type BatchFailures } from '../rocketmq/mod.ts';
import { forEachLimited } from './concurrency.ts';
import { isVerdictOfBroker } from './answer.ts';

/** A broker handles most admin requests one after the other: more in flight would only wait there. */
export const ADMIN_CALLS_IN_FLIGHT = 4;

/**
 * Does something with one name after the other, for brokers that have no request for many.
 *
 * @returns what the broker refused
 * @throws the first error that says nothing of the name: of a broker that is silent each call would take its full time
 */
export async function refusalsOf(
  names: readonly string[],
  work: (name: string) => Promise<void>,
): Promise<BatchFailures> {
  const refused = new Map<string, RocketmqError>();
  await forEachLimited(names, ADMIN_CALLS_IN_FLIGHT, async (name) => {
    try {
      await work(name);
    } catch (error) {
      if (!(error instanceof RocketmqError) || !isAboutName(error)) throw error;
      refused.set(name, error);
    }
  });
  return refused;
}

/** `NotFound`: it went meanwhile. */
function isAboutName(error: RocketmqError): boolean {
  return isVerdictOfBroker(error) || error.code === 'NotFound';
}
