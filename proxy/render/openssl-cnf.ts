// How does OpenSSL inside HAProxy reach the key? A provider section, and a PEM file that holds the key's address in
// place of the key. The PIN is in a file of its own; nothing secret stands in what is rendered here.

import { sequence, tlv, utf8String } from '../../core/certificate/der-writer.ts';
import type { EdgeConfig } from '../config.ts';
import type { KeyName } from '../hsm/key.ts';

export function opensslCnf({ hsm }: Pick<EdgeConfig, 'hsm'>, pinFile: string): string {
  // Without no-deinit HAProxy crashes at its end; SoftHSM and CloudHSM save no operation state.
  const quirks = ['no-deinit', 'no-operation-state'];
  if (hsm.kind === 'cloudhsm') quirks.push('no-session-callbacks');
  return `openssl_conf = openssl_init

[openssl_init]
providers = providers

[providers]
default = default_provider
pkcs11 = pkcs11_provider

[default_provider]
activate = 1

[pkcs11_provider]
${hsm.providerFolder ? `module = ${hsm.providerFolder}/pkcs11.so\n` : ''}pkcs11-module-path = ${hsm.module}
pkcs11-module-token-pin = file:${pinFile}
pkcs11-module-login-behavior = auto
pkcs11-module-quirks = ${quirks.join(' ')}
pkcs11-module-block-operations = digest cipher
activate = 1
`;
}

/** RFC 7512 address of the private key. */
export function keyUri(token: string, { label, id }: KeyName): string {
  const parts = [`token=${percent(token)}`];
  if (id !== undefined) parts.push(`id=${id.replace(/../g, '%$&')}`);
  if (label !== undefined) parts.push(`object=${percent(label)}`);
  return `pkcs11:${[...parts, 'type=private'].join(';')}`;
}

/** The form that pkcs11-provider's decoder reads. */
export function keyUriPem(uri: string): string {
  const visibleString = tlv(0x1a, Buffer.from('PKCS#11 Provider URI v1.0'));
  const body = Buffer.from(sequence(visibleString, utf8String(uri))).toString('base64');
  const lines = body.match(/.{1,64}/g)!.join('\n');
  return `-----BEGIN PKCS#11 PROVIDER URI-----\n${lines}\n-----END PKCS#11 PROVIDER URI-----\n`;
}

const percent = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
