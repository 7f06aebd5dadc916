import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { parseLenient } from './lenient-json.ts';

describe('parseLenient', () => {
  it('reads all that JSON.parse reads, the same', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.stringify(parseLenient(text))).toEqual(JSON.stringify(JSON.parse(text)));
      }),
      { examples: [['{"__proto__":false}']] },
    );
  });

  it('reads integer keys without quotes', () => {
    expect(parseLenient('{"brokerAddrs":{0:"a:1",2:"b:1"}}')).toEqual({
      brokerAddrs: { '0': 'a:1', '2': 'b:1' },
    });
  });

  it('reads objects as keys', () => {
    const key = '{"brokerName":"b","queueId":1}';
    expect(parseLenient(`{"offsetTable":{${key}:{"brokerOffset":3}}}`)).toEqual({
      offsetTable: { [key]: { brokerOffset: 3 } },
    });
  });

  it.each(['{', '{"a"}', '[1,]', '"a', '{} x', ''])('refuses %j', (text) => {
    expect(() => parseLenient(text)).toThrow(SyntaxError);
  });
});
