import { describe, expect, test } from 'vitest';
import { createEgress } from '../../adapters/http/egress.ts';
import { pathRevocation } from '../../adapters/http/path-revocation.ts';
import * as der from '../../core/certificate/der-writer.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { validatePath } from '../../core/certificate/path.ts';
import { Refusal, refusals } from '../../core/errors.ts';
import { admitEnrolment } from '../../functions/admit-enrolment/admit-enrolment.ts';
import { subjectPublicKeyBits } from '../../local/psc/extensions.ts';
import { type Issued, makeAuthority, pemOf, someHolder, spkiOf } from '../support/certificates.ts';
import {
  type EnrolOptions,
  enrolMessage,
  enrolmentNode,
  fintech,
  now,
  signedBy,
} from '../support/enrolment.ts';
import { serve } from '../support/http-server.ts';
import { listBy } from '../support/listed.ts';
import { someProfile } from '../support/manifest.ts';
import { ocspAnswer } from '../support/ocsp-answers.ts';
import { fullName, issuingDistributionPoint, uri } from '../support/revocation-lists.ts';

// What a participant, or whoever holds its API key, may send instead of a good enrolment. Each is told by a code of
// its own, with a sentence to act on; nothing but a refusal or a rejected enrolment comes of it.

const node = enrolmentNode();
const leaf = node.leaf();
const other = makeAuthority({ name: 'Otra raiz' });
const day = 24 * 3_600_000;
const privatePem = leaf.key.export({ type: 'pkcs8', format: 'pem' }) as string;

/** The code of the refusal, or of the enrolment that was recorded as rejected. */
async function codeOf(body: Uint8Array, signature?: string): Promise<string> {
  const caller = { participant: fintech.finId, keyId: 'K1' };
  try {
    // What counts unsigned ones is another matter.
    const ports = { ...enrolmentNode(node.root).ports, countUnsigned: async () => true };
    const { enrolment } = await admitEnrolment(ports, { body, signature, caller });
    return `${enrolment.networkStatus} ${enrolment.code}`;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

let count = 0;
const message = (options: EnrolOptions = {}) =>
  enrolMessage({ leaf, messageId: `bad-${++count}`, ...options });
const chainOf = (...chain: readonly Uint8Array[]): EnrolOptions => ({ chain });
const issued = (over: Parameters<typeof node.leaf>[0]): EnrolOptions => ({ leaf: node.leaf(over) });

function spki(algorithm: string, bits: Uint8Array, ...parameters: readonly Uint8Array[]): Uint8Array {
  return der.sequence(der.sequence(der.objectIdentifier(algorithm), ...parameters), der.bitString(bits));
}
const RSA = '1.2.840.113549.1.1.1';
const rsaBits = subjectPublicKeyBits(spkiOf(leaf.key));
const rsaOf = (modulusOctets: number, exponent: Uint8Array) =>
  spki(
    RSA,
    der.sequence(der.integer(Buffer.alloc(modulusOctets, 0xc1)), der.integer(exponent)),
    der.nullValue(),
  );
const ed25519 = node.leaf({ key: 'ed25519', keyLabel: 'ed' });
const manyLists = Array.from({ length: 400 }, (_, i) => `http://psc.example/${i}.crl`);

describe('bytes that are no enrolment', () => {
  const cut = message();
  test.each<[string, Uint8Array, string]>([
    ['empty', Buffer.alloc(0), 'BODY_EMPTY'],
    ['of 257 KiB', Buffer.alloc(257 * 1024, ' '), 'BODY_TOO_LARGE'],
    ['truncated', cut.subarray(0, cut.length / 2), 'BODY_NOT_JSON'],
    ['not UTF-8', Buffer.from([0x22, 0x80, 0x22]), 'BODY_NOT_JSON'],
    ['a key that stands twice', Buffer.from('{"document":{},"document":{}}'), 'BODY_DUPLICATE_KEY'],
    ['deep', Buffer.from(`${'['.repeat(99)}${']'.repeat(99)}`), 'BODY_TOO_DEEP'],
    ['JSON of something else', Buffer.from('{}'), 'ENVELOPE_MALFORMED'],
  ])('%s', async (_title, body, code) => expect(await codeOf(body)).toBe(code));
});

describe('a chain, or its certificate', () => {
  test.each<[string, EnrolOptions, string]>([
    ['empty', { parameters: { chain: [] } }, 'BODY_SCHEMA'],
    ['truncated', chainOf(leaf.der.slice(0, -3)), 'DER_MALFORMED'],
    ['not DER', chainOf(Buffer.from('certificado')), 'CHAIN_UNREADABLE'],
    ['of indefinite length', chainOf(Buffer.of(0x30, 0x80, ...leaf.der.subarray(4), 0, 0)), 'DER_MALFORMED'],
    ['not base64', { parameters: { chain: ['%%%'] } }, 'CHAIN_NOT_BASE64'],
    [
      'PEM with a private key in it',
      { parameters: { chain: [pemOf(leaf.der) + privatePem] } },
      'PRIVATE_KEY_PRESENT',
    ],
    ['with an intermediate missing', { leaf: withoutIntermediate() }, 'rejected ANCHOR_NOT_FOUND'],
    ['of two people', chainOf(leaf.der, node.leaf({ keyLabel: 'other' }).der, node.root.der), 'LEAF_UNCLEAR'],
    [
      'with 100 intermediates',
      chainOf(
        leaf.der,
        ...Array.from({ length: 100 }, (_, i) => makeAuthority({ name: `CA ${i}`, keyLabel: 'x' }).der),
      ),
      'CHAIN_TOO_LONG',
    ],
    ['on an EC key, for signing', issued({ key: 'ec-p256' }), 'rejected LEAF_KEY_KIND'],
    ['on RSA-1024', issued({ key: 'rsa-1024' }), 'KEY_TOO_WEAK'],
    ['on RSA-16384', issued({ spki: rsaOf(2048, Buffer.of(1, 0, 1)) }), 'KEY_TOO_LARGE'],
    ['on RSA with a huge exponent', issued({ spki: rsaOf(256, Buffer.alloc(255, 0xff)) }), 'KEY_TOO_LARGE'],
    ['on RSA with exponent 1', issued({ spki: rsaOf(256, Buffer.of(1)) }), 'KEY_TOO_WEAK'],
    [
      'on an RSASSA-PSS key',
      issued({ spki: spki('1.2.840.113549.1.1.10', rsaBits) }),
      'rejected LEAF_KEY_KIND',
    ],
    ['on a key that proves no possession', { leaf: ed25519, possessionBy: leaf }, 'LEAF_KEY_KIND'],
    [
      'with a link signed by SHA-1',
      { leaf: node.root.issueCa({ name: 'Intermedia' }).issue({ holder: someHolder, digest: 'sha1' }) },
      'rejected SIGNATURE_ALGORITHM_WEAK',
    ],
    [
      'with a serial number of 3 KB',
      issued({ serialNumber: Buffer.alloc(3000, 0x41) }),
      'CERTIFICATE_TOO_LARGE',
    ],
    ['with 400 revocation lists', issued({ crlUrls: manyLists }), 'CERTIFICATE_TOO_LARGE'],
    [
      'with an unknown critical extension',
      issued({ extensions: [{ oid: '1.2.3.4', critical: true, value: der.nullValue() }] }),
      'rejected CRITICAL_EXTENSION_UNKNOWN',
    ],
    [
      'expired',
      issued({ notBefore: new Date('2025-01-01'), notAfter: new Date('2026-01-01') }),
      'rejected CERTIFICATE_EXPIRED',
    ],
    ['not valid yet', issued({ notBefore: new Date('2027-01-01') }), 'rejected CERTIFICATE_NOT_YET_VALID'],
    ['of another PSC', { leaf: other.issue({ holder: someHolder }) }, 'rejected ANCHOR_NOT_FOUND'],
    ['without any subject', issued({ subject: [], holder: undefined }), 'rejected CERTIFICATE_NAME_EMPTY'],
    ['of a CA', { leaf: node.root.issueCa({ name: 'CA que firma' }) }, 'rejected LEAF_IS_CA'],
  ])('%s', async (_title, options, code) => expect(await codeOf(message(options))).toBe(code));

  test('in any order, with what it needs twice and what it needs not, is what it is', async () => {
    const intermediate = node.root.issueCa({ name: 'Intermedia de mas' });
    const good = intermediate.issue({ holder: someHolder, keyLabel: 'any order' });
    const chain = [other.der, node.root.der, intermediate.der, good.der, intermediate.der];
    expect(await codeOf(message({ leaf: good, chain }))).toBe('pending undefined');
  });
});

function withoutIntermediate(): Issued {
  const good = node.root.issueCa({ name: 'Que falta' }).issue({ holder: someHolder });
  return { ...good, chain: [good.der, node.root.der] };
}

describe('a holder', () => {
  const named = (name: string, rut = '12345678-5') => issued({ holder: { country: 'CL', name, rut } });
  test.each<[string, EnrolOptions, string]>([
    [
      'of another country',
      issued({ subject: [{ type: 'C', value: 'AR' }] }),
      'rejected HOLDER_COUNTRY_WRONG',
    ],
    ['with a wrong check digit', named('Mal Digito', '12345678-9'), 'rejected TAX_ID_CHECK_DIGIT_WRONG'],
    [
      'who is another participant’s apoderado',
      named('Otra Persona', '11111111-1'),
      'rejected HOLDER_NOT_APODERADO',
    ],
    ['whose name turns the text around', named('Camila\u202E Soto'), 'rejected HOLDER_FIELD_MALFORMED'],
    ['whose name is invisible', named('\u3164'), 'rejected HOLDER_FIELD_MALFORMED'],
    [
      'whose name covers the lines above it',
      named(`Ca${'\u0301'.repeat(99)}`),
      'rejected HOLDER_FIELD_MALFORMED',
    ],
    ['whose name has 40 KB', named('C'.repeat(40_000)), 'rejected HOLDER_FIELD_MALFORMED'],
  ])('%s', async (_title, options, code) => expect(await codeOf(message(options))).toBe(code));
});

describe('a signature', () => {
  test('of another certificate than the active one, or of none that is enrolled', async () => {
    const body = message();
    expect(await codeOf(body, await signedBy(leaf, body))).toBe('CERTIFICATE_UNKNOWN');
    expect(await codeOf(body, 'x..y')).toBe('SIGNATURE_MALFORMED');
  });

  test.each<[string, EnrolOptions, string]>([
    [
      'of possession by another key',
      { possessionBy: node.leaf({ keyLabel: 'thief' }) },
      'POSSESSION_NOT_PROVED',
    ],
    [
      'of possession for another certificate',
      { possessionOver: { thumbprint: other.thumbprint } },
      'POSSESSION_NOT_PROVED',
    ],
    ['of possession for another node', { possessionOver: { receiver: 'BANCO_CL' } }, 'POSSESSION_NOT_PROVED'],
    [
      'of possession for another day',
      { possessionOver: { creationDate: '2026-05-31T12:00:00Z' } },
      'POSSESSION_NOT_PROVED',
    ],
    ['of yesterday', { creationDate: new Date(now.getTime() - 25 * 3_600_000) }, 'MESSAGE_TOO_OLD'],
    ['of tomorrow', { creationDate: new Date(now.getTime() + day) }, 'MESSAGE_FROM_THE_FUTURE'],
  ])('%s', async (_title, options, code) => expect(await codeOf(message(options))).toBe(code));
});

describe('a word on revocation', () => {
  const fresh = { thisUpdate: now, nextUpdate: new Date(now.getTime() + day) };
  const past = {
    thisUpdate: new Date(now.getTime() - 3 * day),
    nextUpdate: new Date(now.getTime() - 2 * day),
  };
  const scope = issuingDistributionPoint(fullName(uri('http://psc.example/somebody-else.crl')));
  const sibling = node.leaf({ keyLabel: 'sibling' });
  const delegate = other.issue({ holder: someHolder, keyLabel: 'delegate' });

  /** What the enrolment ends with: a code, or for a source that is asked again the reasons it is. */
  async function wordOf(answer: (issued: Issued) => Uint8Array, by: 'crl' | 'ocsp', allowPrivate = true) {
    const server = await serve((_, response) => response.end(answer(issuedLeaf)));
    const url = `${server.at()}/pki`;
    const issuedLeaf: Issued = node.leaf(by === 'crl' ? { crlUrls: [url] } : { ocspUrl: url });
    const anchors = [{ certificate: parseCertificate(node.root.der) }];
    const path = validatePath({
      chain: issuedLeaf.chain,
      leaf: issuedLeaf.thumbprint,
      anchors,
      now,
      policy: {},
    });
    const { revocation, ...profile } = someProfile(node.root);
    const capped = { ...profile, revocation: { ...revocation, crlMaxBytes: 4096 } };
    const parts = {
      egress: createEgress({ allowPrivate }),
      known: async () => undefined,
      keep: async () => undefined,
    };
    try {
      await pathRevocation(parts, path, capped, now);
      return 'GOOD';
    } catch (error) {
      if (error instanceof Refusal) return error.code;
      return (error as Error).message;
    }
  }
  const ocspOf = (issued: Issued, over: object) =>
    ocspAnswer({
      singles: [{ certificate: issued.der, issuer: node.root.der, ...fresh, ...over }],
      responder: node.root.der,
      key: node.root.key,
    });

  test.each<[string, 'crl' | 'ocsp', (issued: Issued) => Uint8Array, RegExp]>([
    ['good, by a list', 'crl', () => listBy(node.root, fresh), /^GOOD$/],
    ['a list that has expired', 'crl', () => listBy(node.root, past), /CRL_STALE/],
    [
      'a list of the wrong scope',
      'crl',
      () => listBy(node.root, fresh, { extensions: [scope] }),
      /CRL_SCOPE_WRONG/,
    ],
    [
      'a list signed by another',
      'crl',
      () => listBy({ ...node.root, key: other.key }, fresh),
      /CRL_SIGNATURE_INVALID/,
    ],
    ['a list of another PSC', 'crl', () => listBy(other, fresh), /CRL_SCOPE_WRONG/],
    ['a list above the cap', 'crl', () => Buffer.alloc(5000), /^EGRESS_TOO_LARGE$/],
    ['a page with status 200', 'crl', () => Buffer.from('<!DOCTYPE html>'), /CRL_MALFORMED/],
    ['good, by OCSP', 'ocsp', (issued) => ocspOf(issued, {}), /^GOOD$/],
    ['a stale OCSP answer', 'ocsp', (issued) => ocspOf(issued, past), /OCSP_STALE/],
    [
      'an OCSP answer for another certificate',
      'ocsp',
      () => ocspOf(sibling, {}),
      /OCSP_CERTIFICATE_NOT_NAMED/,
    ],
    [
      'a forged OCSP answer',
      'ocsp',
      (issued) =>
        ocspAnswer({
          singles: [{ certificate: issued.der, issuer: node.root.der, ...fresh }],
          responder: node.root.der,
          key: other.key,
        }),
      /OCSP_SIGNATURE_INVALID/,
    ],
    [
      'an OCSP answer of somebody unauthorised',
      'ocsp',
      (issued) =>
        ocspAnswer({
          singles: [{ certificate: issued.der, issuer: node.root.der, ...fresh }],
          responder: delegate.der,
          key: delegate.key,
          certificates: [delegate.der],
        }),
      /OCSP_RESPONDER_NOT_AUTHORISED/,
    ],
  ])('%s', async (_title, by, answer, word) => expect(await wordOf(answer, by)).toMatch(word));

  test('a pointer to a private address', async () => {
    expect(await wordOf(() => listBy(node.root, fresh), 'crl', false)).toBe('EGRESS_ADDRESS_REFUSED');
  });
});

test('each code has a sentence of its own', () => {
  const sentences = Object.values(refusals);
  expect(sentences.filter((sentence) => !/^[A-Z].{12,}[.]$/.test(sentence))).toEqual([]);
  expect(new Set(sentences).size).toBe(sentences.length);
});
