// Which certificates stand in this file or field? PEM or DER, one or many, any order. A private key among
// them is refused before anything else is looked at: it has no place here. Order and trust: path.ts.

import { Refusal } from '../errors.ts';
import { certificateLimits } from '../policy.ts';
import { DerReader, TAG } from './der.ts';

/**
 * DER of each certificate, in the order of the input, duplicates dropped; not yet parsed.
 * Throws PRIVATE_KEY_PRESENT, CHAIN_UNREADABLE, CHAIN_TOO_LONG.
 */
export function readChain(input: string | Uint8Array): Uint8Array[] {
  const found =
    typeof input !== 'string' && input[0] === TAG.SEQUENCE
      ? derSequence(input)
      : pemBlocks(typeof input === 'string' ? input : Buffer.from(input).toString('latin1'));
  const distinct = new Map<string, Uint8Array>();
  for (const der of found) distinct.set(Buffer.from(der).toString('latin1'), der);
  const chain = [...distinct.values()];
  if (chain.length === 0) throw new Refusal('CHAIN_UNREADABLE', { expected: 'PEM or DER certificates' });
  if (chain.length > certificateLimits.chainCertificates) {
    throw new Refusal('CHAIN_TOO_LONG', {
      expected: `at most ${certificateLimits.chainCertificates} certificates`,
      found: `${chain.length}`,
    });
  }
  return chain;
}

function pemBlocks(text: string): Uint8Array[] {
  // Any armour that says so (PKCS#1, PKCS#8, SEC1, OpenSSH, encrypted or not), PuTTY's file, a private JWK.
  if (/BEGIN [^\r\n]*PRIVATE KEY|PuTTY-User-Key-File|"d"\s*:\s*"/i.test(text))
    throw new Refusal('PRIVATE_KEY_PRESENT');
  const blocks: Uint8Array[] = [];
  const armour = /-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----/g;
  for (const [, label, body] of text.matchAll(armour)) {
    if (label !== 'CERTIFICATE' && label !== 'X509 CERTIFICATE') {
      throw new Refusal('CHAIN_UNREADABLE', { expected: 'CERTIFICATE', found: label! });
    }
    blocks.push(...derSequence(fromBase64(body!)));
  }
  if (blocks.length !== (text.match(/-----BEGIN /g) ?? []).length) {
    throw new Refusal('CHAIN_UNREADABLE', { expected: 'one certificate in each PEM block' });
  }
  return blocks;
}

function fromBase64(body: string): Uint8Array {
  const compact = body.replace(/\s+/g, '');
  const bytes = Buffer.from(compact, 'base64');
  // Buffer skips what it does not know; a changed character must not pass unseen.
  if (bytes.toString('base64') !== compact) throw new Refusal('CHAIN_UNREADABLE', { expected: 'base64' });
  return bytes;
}

function derSequence(bytes: Uint8Array): Uint8Array[] {
  const reader = new DerReader(bytes);
  const found: Uint8Array[] = [];
  while (!reader.done) {
    const element = reader.element(TAG.SEQUENCE);
    const first = element.inside();
    const second = element.inside();
    if (!second.done) second.element();
    // Private keys and PKCS#12 begin with a version INTEGER (RFC 5958 §2, RFC 8017 A.1.2, RFC 5915 §3,
    // RFC 7292 §4); EncryptedPrivateKeyInfo is an algorithm and an OCTET STRING (RFC 5958 §3).
    if (first.tag === TAG.INTEGER || second.tag === TAG.OCTET_STRING)
      throw new Refusal('PRIVATE_KEY_PRESENT');
    found.push(element.der);
  }
  return found;
}
