/**
 * Preloaded into the operator's process by the benchmark: the DNS names of a cluster's pods under the domain
 * `bench.invalid` lead to the fake servers on loopback. Each role has an address block, each server one address; members of
 * broker groups count through, group by group.
 */
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

const blocks = { nameserver: 1, controller: 2 };
const membersOfGroup = 3;
const lookup = dns.lookup;

function addressOf(hostname) {
  const server = /-(nameserver|controller)-(\d+)\..*\.bench\.invalid$/.exec(hostname);
  if (server !== null) return `127.77.${blocks[server[1]]}.${Number(server[2]) + 1}`;
  const broker = /-broker-([a-z])-(\d+)-0\..*\.bench\.invalid$/.exec(hostname);
  if (broker === null) return undefined;
  const group = broker[1].charCodeAt(0) - 'a'.charCodeAt(0);
  return `127.77.3.${group * membersOfGroup + Number(broker[2]) + 1}`;
}

dns.lookup = function lookupFakes(hostname, options, callback) {
  const address = addressOf(hostname);
  if (address === undefined) return lookup.call(dns, hostname, options, callback);
  const done = callback ?? options;
  const all = typeof options === 'object' && options.all === true;
  queueMicrotask(() => (all ? done(null, [{ address, family: 4 }]) : done(null, address, 4)));
  return undefined;
};
syncBuiltinESMExports();
