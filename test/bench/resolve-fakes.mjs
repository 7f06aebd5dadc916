/**
 * Preloaded into the operator's process by the benchmark: the DNS names of a cluster's pods under the domain
 * `bench.invalid` lead to the fake servers on loopback. Each role has an address block, each ordinal one address.
 */
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

const blocks = { nameserver: 1, controller: 2 };
const lookup = dns.lookup;

dns.lookup = function lookupFakes(hostname, options, callback) {
  const match = /-(nameserver|controller)-(\d+)\..*\.bench\.invalid$/.exec(hostname);
  if (match === null) return lookup.call(dns, hostname, options, callback);
  const address = `127.77.${blocks[match[1]]}.${Number(match[2]) + 1}`;
  const done = callback ?? options;
  const all = typeof options === 'object' && options.all === true;
  queueMicrotask(() => (all ? done(null, [{ address, family: 4 }]) : done(null, address, 4)));
  return undefined;
};
syncBuiltinESMExports();
