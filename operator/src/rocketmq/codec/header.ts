import { MalformedFrame, type Command } from './command.ts';
import { readJson } from './json-reader.ts';
import { isJsonObject, type JsonValue } from './json-value.ts';
import { writeJson } from './json-writer.ts';

type Header = Omit<Command, 'body'>;

/** Order of org.apache.rocketmq.remoting.protocol.LanguageCode. */
const languages: readonly string[] = [
  'JAVA',
  'CPP',
  'DOTNET',
  'PYTHON',
  'DELPHI',
  'ERLANG',
  'RUBY',
  'OTHER',
  'HTTP',
  'GO',
  'PHP',
  'OMS',
  'RUST',
  'NODE_JS',
];

export function encodeJsonHeader(header: Header): Buffer {
  const { code, language, version, opaque, flag, remark, extFields } = header;
  return Buffer.from(
    writeJson({
      code,
      language,
      version,
      opaque,
      flag,
      ...(remark === undefined ? {} : { remark }),
      extFields,
      serializeTypeCurrentRPC: 'JSON',
    }),
  );
}

export function decodeJsonHeader(bytes: Buffer): Header {
  let value: JsonValue;
  try {
    value = readJson(bytes.toString('utf8'));
  } catch (cause) {
    throw new MalformedFrame('the header is not JSON', { cause });
  }
  if (!isJsonObject(value)) throw new MalformedFrame('the header is not an object');
  const { remark, language } = value;
  return {
    code: int32(value['code'], 'code'),
    opaque: int32(value['opaque'], 'opaque'),
    flag: int32(value['flag'] ?? 0, 'flag'),
    version: int32(value['version'] ?? 0, 'version'),
    language: typeof language === 'string' ? language : 'OTHER',
    ...(typeof remark === 'string' ? { remark } : {}),
    extFields: stringFields(value['extFields']),
  };
}

function int32(value: JsonValue | undefined, name: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value === (value | 0)) return value;
  throw new MalformedFrame(`the header's ${name} is not an int32`);
}

function stringFields(value: JsonValue | undefined): Readonly<Record<string, string>> {
  const fields: Record<string, string> = Object.create(null);
  if (value === undefined || value === null) return fields;
  if (!isJsonObject(value)) throw new MalformedFrame('extFields is not an object');
  for (const [key, item] of Object.entries(value)) {
    if (typeof item === 'string') fields[key] = item;
    else if (item !== null) throw new MalformedFrame('an extension field is not a string');
  }
  return fields;
}

/**
 * RocketMQ's own header encoding. Servers choose it by their `rocketmq.serialize.type`, whatever the
 * request used.
 *
 * @throws RangeError for a code above 32767, which this encoding cannot hold.
 */
export function encodeBinaryHeader(header: Header): Buffer {
  const remark = Buffer.from(header.remark ?? '');
  const fields: Buffer[] = [];
  for (const [key, value] of Object.entries(header.extFields)) {
    const keyBytes = Buffer.from(key);
    const valueBytes = Buffer.from(value);
    const lengths = Buffer.alloc(6);
    lengths.writeInt16BE(keyBytes.length, 0);
    lengths.writeInt32BE(valueBytes.length, 2);
    fields.push(lengths.subarray(0, 2), keyBytes, lengths.subarray(2), valueBytes);
  }
  const extension = Buffer.concat(fields);
  const fixed = Buffer.alloc(13);
  fixed.writeInt16BE(header.code, 0);
  fixed.writeInt8(languages.indexOf(languages.includes(header.language) ? header.language : 'OTHER'), 2);
  fixed.writeInt16BE(header.version, 3);
  fixed.writeInt32BE(header.opaque, 5);
  fixed.writeInt32BE(header.flag, 9);
  return Buffer.concat([fixed, lengthOf(remark), remark, lengthOf(extension), extension]);
}

function lengthOf(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return length;
}

export function decodeBinaryHeader(bytes: Buffer): Header {
  const reader = new Reader(bytes);
  const code = reader.int(2);
  const language = languages[reader.int(1)] ?? 'OTHER';
  const version = reader.int(2);
  const opaque = reader.int(4);
  const flag = reader.int(4);
  const remark = reader.text(reader.int(4));
  const extension = reader.int(4);
  if (extension !== reader.left) throw new MalformedFrame('extension fields and header differ in length');
  const extFields: Record<string, string> = Object.create(null);
  while (reader.left > 0) {
    const key = reader.text(reader.int(2));
    extFields[key] = reader.text(reader.int(4));
  }
  return { code, language, version, opaque, flag, ...(remark === '' ? {} : { remark }), extFields };
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  int(size: 1 | 2 | 4): number {
    return this.#take(size).readIntBE(0, size);
  }

  text(length: number): string {
    return this.#take(length).toString('utf8');
  }

  #take(length: number): Buffer {
    if (length < 0 || length > this.left) throw new MalformedFrame('the header ends early');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
