import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * What rocketmq-client-nodejs needs to live in one bundled file: it reads its own package.json at import, loads a native
 * CRC-32 that Node has built in, and brings a file logger that our repairs replace.
 */
export const rocketmqClientPlugin = {
  name: 'rocketmq-client-nodejs',
  setup(build) {
    const { version } = require('rocketmq-client-nodejs/package.json');

    build.onLoad(
      { filter: /rocketmq-client-nodejs[\\/]dist[\\/]client[\\/]UserAgent\.js$/ },
      async ({ path }) => {
        const source = await readFile(path, 'utf8');
        const contents = source.replace(
          /JSON\.parse\([^;]*readFileSync[^;]*\)(?=\.version)/,
          JSON.stringify({ version }),
        );
        if (contents === source)
          throw new Error(`${path} no longer reads package.json as the plugin expects`);
        return { contents, loader: 'js' };
      },
    );

    const stubs = {
      '@node-rs/crc32': "const { crc32 } = require('node:zlib'); exports.crc32 = (bytes) => crc32(bytes);",
      'egg-logger': "exports.EggLogger = class { constructor() { throw new Error('pass a logger'); } };",
    };
    build.onResolve({ filter: /^(@node-rs\/crc32|egg-logger)$/ }, ({ path }) => ({
      path,
      namespace: 'rocketmq-client-stub',
    }));
    build.onLoad({ filter: /.*/, namespace: 'rocketmq-client-stub' }, ({ path }) => ({
      contents: stubs[path],
      loader: 'js',
    }));
  },
};
