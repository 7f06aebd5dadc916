// Jest's transformer: Node's own type stripping blanks the types in place, so lines and columns stay exact
// and no source map is needed. ts-jest cannot be used: TypeScript 7 exports no compiler API.
import { createHash } from 'node:crypto';
import { stripTypeScriptTypes } from 'node:module';

const transform = (source) => ({ code: stripTypeScriptTypes(source, { mode: 'strip' }) });

export default {
  canInstrument: false,
  process: transform,
  processAsync: async (source) => transform(source),
  getCacheKey: (source, path, options) =>
    createHash('sha256')
      .update([source, path, process.version, options.configString].join('\0'))
      .digest('hex'),
};
