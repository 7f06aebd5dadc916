/** What a broker lets clients do: `brokerPermission`, live. Pure. */
import type { Answer, Settings } from './observe.ts';

const key = 'brokerPermission';
/** PermName.PERM_READ and PERM_WRITE. */
const [readBit, writeBit] = [4, 2];

/** Every broker of ours starts with `ReadWrite`. */
export function permissionOf(access: 'Read' | 'ReadWrite'): ReadonlyMap<string, string> {
  return new Map([[key, String(access === 'Read' ? readBit : readBit | writeBit)]]);
}

/** Whether it takes no sends; undefined: unknown. */
export function isClosed(settings: Answer<Settings> | undefined): boolean | undefined {
  const value = settings?.known === true ? settings.value.get(key) : undefined;
  return value === undefined ? undefined : (Number(value) & writeBit) === 0;
}
