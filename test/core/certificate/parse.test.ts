import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ParsedCertificate } from '../../../core/certificate/certificate.ts';
import { DerReader } from '../../../core/certificate/der.ts';
import {
  bitString,
  context,
  contextPrimitive,
  integer,
  nullValue,
  objectIdentifier,
  octetString,
  sequence,
  time,
} from '../../../core/certificate/der-writer.ts';
import { encodeName } from '../../../core/certificate/name-writer.ts';
import { readName } from '../../../core/certificate/names.ts';
import { parseCertificate, parseGeneralNames, readChain } from '../../../core/certificate/parse.ts';
import { signatureAlgorithm } from '../../../local/psc/certificate.ts';
import { defaultNotAfter, defaultNotBefore, spkiOf, testKey } from '../../support/certificates.ts';

const vectors = join(import.meta.dirname, '../../vectors');
const pscFiles = globSync(join(vectors, 'psc/**/*.pem')).sort();
const somePem = readFileSync(pscFiles[0]!, 'utf8');
const otherPem = readFileSync(pscFiles[1]!, 'utf8');

// ICP-Brasil v6/v7 uses the Edwards curve E-521, which OpenSSL does not know.
const keyIsE521 = (certificate: ParsedCertificate) =>
  certificate.publicKeyAlgorithm.oid === '1.3.6.1.4.1.44588.2.1';

function readKeyOrUndefined(certificate: X509Certificate): Buffer | undefined {
  try {
    return certificate.publicKey.export({ format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}

describe('real PSC certificates', () => {
  test('every one of the 329 is read, and reads as node:crypto reads it', () => {
    expect(pscFiles).toHaveLength(329);
    for (const file of pscFiles) {
      const pem = readFileSync(file, 'utf8');
      const [der] = readChain(pem);
      const certificate = parseCertificate(der!);
      const peer = new X509Certificate(pem);
      expect(BigInt(`0x${Buffer.from(certificate.serialNumber).toString('hex')}`)).toBe(
        BigInt(`0x${peer.serialNumber}`),
      );
      expect(certificate.notBefore).toEqual(new Date(peer.validFrom));
      expect(certificate.notAfter).toEqual(new Date(peer.validTo));
      expect(peer.raw.includes(Buffer.from(certificate.spki)), file).toBe(true);
      expect(readKeyOrUndefined(peer)?.toString('hex') ?? 'E-521').toBe(
        keyIsE521(certificate) ? 'E-521' : Buffer.from(certificate.spki).toString('hex'),
      );
    }
  });
});

describe('a file of certificates', () => {
  test('holds each certificate once, in its own order, whatever stands between', () => {
    const chain = readChain(`Bag Attributes\r\n${somePem.replace(/\n/g, '\r\n')}text\n${otherPem}${somePem}`);
    expect(chain).toHaveLength(2);
    expect(readChain(Buffer.concat(chain))).toEqual(chain.map((der) => Buffer.from(der)));
    expect(readChain(new Uint8Array(chain[0]!))[0]).toEqual(new Uint8Array(chain[0]!));
  });

  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keys: [string, string | Uint8Array][] = [
    ['PKCS#8 PEM', privateKey.export({ type: 'pkcs8', format: 'pem' }) as string],
    ['SEC1 PEM', privateKey.export({ type: 'sec1', format: 'pem' }) as string],
    [
      'encrypted PKCS#8 PEM',
      privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }) as string,
    ],
    ['PKCS#8 DER', privateKey.export({ type: 'pkcs8', format: 'der' })],
    ['SEC1 DER', privateKey.export({ type: 'sec1', format: 'der' })],
    [
      'encrypted PKCS#8 DER',
      privateKey.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: 'x' }),
    ],
    ['a private JWK', JSON.stringify(privateKey.export({ format: 'jwk' }))],
    [
      'DER under a certificate label',
      `-----BEGIN CERTIFICATE-----\n${privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')}\n-----END CERTIFICATE-----`,
    ],
  ];
  for (const [what, key] of keys) {
    test(`refuses a private key by its own code: ${what}`, () => {
      const refused = expect.objectContaining({ code: 'PRIVATE_KEY_PRESENT' });
      expect(() => readChain(key)).toThrow(refused);
      if (typeof key === 'string') expect(() => readChain(somePem + key)).toThrow(refused);
      else expect(() => readChain(Buffer.concat([readChain(somePem)[0]!, key]))).toThrow(refused);
    });
  }

  test('refuses what is no certificate list', () => {
    const refused = expect.objectContaining({ code: 'CHAIN_UNREADABLE' });
    expect(() => readChain('')).toThrow(refused);
    expect(() => readChain('hello')).toThrow(refused);
    expect(() => readChain(somePem.replace('-----END CERTIFICATE-----', ''))).toThrow(refused);
    expect(() => readChain(somePem.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST'))).toThrow(refused);
    expect(() => readChain(somePem.replace('MII', 'MI='))).toThrow(refused);
  });
});

describe('the frame of a certificate', () => {
  const key = testKey('ec-p256');
  const name = encodeName([{ type: 'CN', value: 'x' }]);
  const validity = sequence(time(defaultNotBefore), time(defaultNotAfter));
  const extension = sequence(sequence(objectIdentifier('1.2.3'), octetString(nullValue())));
  interface Frame {
    readonly version?: number;
    readonly algorithm?: Uint8Array;
    readonly validity?: Uint8Array;
    readonly more?: readonly Uint8Array[];
    readonly after?: readonly Uint8Array[];
  }
  const certificate = ({ version, algorithm, more = [], after = [], ...frame }: Frame) => {
    const tbs = sequence(
      ...(version === undefined ? [] : [context(0, integer(version))]),
      integer(1),
      algorithm ?? signatureAlgorithm(key),
      name,
      frame.validity ?? validity,
      name,
      spkiOf(key),
      ...more,
    );
    return sequence(tbs, signatureAlgorithm(key), bitString(sign('sha256', tbs, key)), ...after);
  };
  const refused: [string, Frame, string][] = [
    ['version 4', { version: 3 }, 'CERTIFICATE_VERSION_WRONG'],
    ['extensions in version 1', { more: [context(3, extension)] }, 'CERTIFICATE_VERSION_WRONG'],
    ['extensions in version 2', { version: 1, more: [context(3, extension)] }, 'CERTIFICATE_VERSION_WRONG'],
    [
      'a unique identifier in version 1',
      { more: [contextPrimitive(1, Uint8Array.of(0, 1))] },
      'CERTIFICATE_VERSION_WRONG',
    ],
    ['two algorithms', { algorithm: signatureAlgorithm(key, 'sha512') }, 'CERTIFICATE_ALGORITHMS_DIFFER'],
    ['something after the signature', { after: [nullValue()] }, 'DER_MALFORMED'],
    [
      'something after the extensions',
      { version: 2, more: [context(3, extension), nullValue()] },
      'DER_MALFORMED',
    ],
    ['an empty list of extensions', { version: 2, more: [context(3, sequence())] }, 'DER_MALFORMED'],
    [
      'a third time',
      { validity: sequence(time(defaultNotBefore), time(defaultNotAfter), time(defaultNotAfter)) },
      'DER_MALFORMED',
    ],
  ];
  for (const [what, frame, code] of refused) {
    test(`refuses ${what}`, () => {
      expect(() => parseCertificate(certificate(frame))).toThrow(expect.objectContaining({ code }));
    });
  }

  test('reads versions 1, 2 and 3', () => {
    expect(parseCertificate(certificate({})).version).toBe(1);
    expect(
      parseCertificate(certificate({ version: 1, more: [contextPrimitive(1, Uint8Array.of(0, 1))] })).version,
    ).toBe(2);
    expect(
      parseCertificate(certificate({ version: 2, more: [context(3, extension)] })).extensions,
    ).toHaveLength(1);
  });

  test('refuses bytes after the certificate', () => {
    const longer = Buffer.concat([certificate({}), Buffer.of(0)]);
    expect(() => parseCertificate(longer)).toThrow(expect.objectContaining({ code: 'DER_MALFORMED' }));
  });
});

test('GeneralNames are read in every form', () => {
  const names = parseGeneralNames(
    Buffer.from('3023a00a06032a0304a0030c016181016182016286016387040102030488022903a4023000', 'hex'),
  );
  expect(names.map((name) => name.form)).toEqual([
    'otherName',
    'rfc822Name',
    'dNSName',
    'uniformResourceIdentifier',
    'iPAddress',
    'registeredID',
    'directoryName',
  ]);
});

test.each(['4c', '8c', 'd2'])('refuses a name whose value has the tag %s, of no universal type', (tag) => {
  const name = (value: string) => Buffer.from(`300c310a30080603550403${value}0178`, 'hex');
  expect(readName(new DerReader(name('0c'))).rdns).toHaveLength(1);
  expect(() => readName(new DerReader(name(tag)))).toThrow(
    expect.objectContaining({ code: 'DER_MALFORMED' }),
  );
});
