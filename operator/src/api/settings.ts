import { withRules, boundedMap } from './schema/authoring.ts';
import * as z from 'zod';

const keyPattern = '^[A-Za-z][A-Za-z0-9]{0,127}$';

/**
 * Free settings of a RocketMQ process. Which keys exist and which are the operator's depends on the version, so
 * that is judged by the controller (condition ConfigValid); here only what would break the file is refused.
 */
export const settings = () =>
  withRules(
    boundedMap(
      z
        .string()
        .max(4096)
        .regex(/^[^\r\n]*$/),
      64,
    ),
    {
      id: 'config-keys',
      rule: `self.all(k, k.matches('${keyPattern}'))`,
      message: 'a key of config must be the name of a RocketMQ setting: a letter, then letters and digits',
      holds: (map) => Object.keys(map).every((key) => new RegExp(keyPattern).test(key)),
      accepts: { value: { fileReservedTime: '48' } },
      refuses: { value: { 'file.reserved time': '48' } },
    },
  );
