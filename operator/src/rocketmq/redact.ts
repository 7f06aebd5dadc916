export const redacted = '<redacted>';

/** `initAuthenticationUser`, `innerClientAuthenticationCredentials`, `…Password`, `…SecretKey` and their like. */
const secretKey = /password|secret|credential|accesskey|token|authenticationuser/i;

/** A JSON value that carries a password or key under a harmless name. */
const secretValue = /"(?:password|secretKey|accessKey|securityToken)"/i;

/** What may be shown of a configuration value; RocketMQ hands out all of them in clear. */
export function redactConfigValue(key: string, value: string): string {
  if (value === '') return value;
  return secretKey.test(key) || secretValue.test(value) ? redacted : value;
}

/** Takes known secrets out of a text of the server's. */
export function redactText(text: string, secrets: readonly (string | undefined)[]): string {
  return secrets.reduce<string>(
    (shown, secret) => (secret === undefined || secret === '' ? shown : shown.replaceAll(secret, redacted)),
    text,
  );
}
