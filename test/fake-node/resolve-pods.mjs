/** Preloaded into the operator's process: the DNS names of pods stand in the file that POD_ADDRESSES names. */
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const lookup = dns.lookup;

dns.lookup = function lookupPod(hostname, options, callback) {
  if (!hostname.endsWith('.fake.invalid')) return lookup.call(dns, hostname, options, callback);
  const address = JSON.parse(readFileSync(process.env.POD_ADDRESSES, 'utf8'))[hostname];
  const done = callback ?? options;
  const all = typeof options === 'object' && options.all === true;
  queueMicrotask(() => {
    if (address === undefined) {
      done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND', hostname }));
    } else if (all) done(null, [{ address, family: 4 }]);
    else done(null, address, 4);
  });
  return undefined;
};
syncBuiltinESMExports();
