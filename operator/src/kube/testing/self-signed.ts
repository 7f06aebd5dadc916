import { generateKeyPairSync, sign } from 'node:crypto';
import type { TlsIdentity } from './scripted-server.ts';

/**
 * A fresh self-signed certificate for 127.0.0.1 (it is its own authority), so that no private key lies in the
 * repository. Node can sign but not build certificates; the DER below is the minimum of X.509.
 */
export function selfSigned(commonName: string): TlsIdentity {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const ecdsaSha256 = sequence(Buffer.from('06082a8648ce3d040302', 'hex'));
  const name = sequence(
    tlv(0x31, sequence(Buffer.from('0603550403', 'hex'), tlv(0x0c, Buffer.from(commonName)))),
  );
  const validity = sequence(utcTime('200101000000Z'), utcTime('491231235959Z'));
  const extensions = tlv(
    0xa3,
    sequence(
      extension('551d13', Buffer.from('30030101ff', 'hex')), // basicConstraints: an authority
      extension('551d11', sequence(tlv(0x87, Buffer.from([127, 0, 0, 1])))), // subjectAltName
    ),
  );
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))), // version 3
    tlv(0x02, Buffer.from([1])), // serial number
    ecdsaSha256,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    extensions,
  );
  const signature = tlv(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]));
  const base64 = sequence(body, ecdsaSha256, signature).toString('base64');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function tlv(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

function utcTime(text: string): Buffer {
  return tlv(0x17, Buffer.from(text));
}

function extension(oidHex: string, value: Buffer): Buffer {
  return sequence(tlv(0x06, Buffer.from(oidHex, 'hex')), tlv(0x04, value));
}
