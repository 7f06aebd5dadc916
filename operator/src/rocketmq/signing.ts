import { createHmac } from 'node:crypto';

/** Signs requests. Never logged, never part of an error. */
export interface Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly securityToken?: string;
}

/**
 * Adds RocketMQ's request signature (ACL 1.0 and 2.0 alike): HMAC-SHA1 over the values of all extension
 * fields in the order of their keys, then the body. Call it last: a field added afterwards breaks it.
 * It holds no time and no request code, so only TLS protects it from being replayed.
 */
export function sign(
  extFields: Readonly<Record<string, string>>,
  body: Buffer,
  credentials: Credentials,
): Readonly<Record<string, string>> {
  const { accessKey, secretKey, securityToken } = credentials;
  const signed: Record<string, string> = {
    ...extFields,
    AccessKey: accessKey,
    ...(securityToken === undefined ? {} : { SecurityToken: securityToken }),
  };
  const mac = createHmac('sha1', secretKey);
  // toSorted compares UTF-16 code units, as Java's String does.
  for (const key of Object.keys(signed).toSorted()) mac.update(signed[key] ?? '', 'utf8');
  return { ...signed, Signature: mac.update(body).digest('base64') };
}
