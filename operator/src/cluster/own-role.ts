/** What a broker of an elected group takes itself for: `brokerRole`, which it changes when an election tells it. Pure. */
import type { Answer, Settings } from './observe.ts';

/** @returns false also when it is not known, or was not told yet: one that starts is ASYNC_MASTER until then */
export function isReplica(settings: Answer<Settings> | undefined): boolean {
  return roleIn(settings) === 'SLAVE';
}

/** Elected, and not told of another election since (ReplicasManager.changeToMaster). @returns as {@link isReplica} */
export function isElectedMaster(settings: Answer<Settings> | undefined): boolean {
  return roleIn(settings) === 'SYNC_MASTER';
}

function roleIn(settings: Answer<Settings> | undefined): string | undefined {
  return settings?.known === true ? settings.value.get('brokerRole') : undefined;
}
