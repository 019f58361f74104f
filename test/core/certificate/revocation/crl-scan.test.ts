import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as der from '../../../../core/certificate/der-writer.ts';
import { encodeName } from '../../../../core/certificate/name-writer.ts';
import { CrlScanner, scanCrl, scanCrlStream } from '../../../../core/certificate/revocation/crl-scan.ts';
import { serialHex, WantedSerials } from '../../../../core/certificate/revocation/wanted-serials.ts';
import {
  crlNumber,
  extension,
  issuingDistributionPoint,
  type ListedEntry,
  type ListFields,
  pss,
  revocationList,
  tbsOf,
} from '../../../support/revocation-lists.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const issuer = encodeName([{ type: 'CN', value: 'PSC de prueba' }]);
const thisUpdate = new Date('2026-01-01T00:00:00Z');
const nextUpdate = new Date('2026-01-02T00:00:00Z');
const fields: ListFields = {
  issuer,
  thisUpdate,
  nextUpdate,
  key: rsa.privateKey,
  extensions: [crlNumber(7)],
};
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const wanting = (...hex: string[]) => new WantedSerials(hex);

/** As from a file: the one buffer is written over as soon as the next chunk is asked for. */
async function* inChunks(whole: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.alloc(Math.max(...sizes));
  for (let at = 0, i = 0; at < whole.length; i++) {
    const chunk = whole.subarray(at, at + sizes[i % sizes.length]!);
    buffer.fill(0xff).set(chunk);
    yield buffer.subarray(0, chunk.length);
    at += chunk.length;
  }
}

/** Minimal two's complement, as DER wants serials. */
const serial = fc
  .uint8Array({ minLength: 1, maxLength: 40 })
  .filter((b) => b.length === 1 || !((b[0] === 0 && b[1]! < 0x80) || (b[0] === 0xff && b[1]! >= 0x80)));

const entry: fc.Arbitrary<ListedEntry> = fc.record(
  {
    serial,
    revoked: fc.constantFrom(new Date('2025-06-01T10:00:00Z'), new Date('2051-01-01T00:00:00Z')),
    reason: fc.constantFrom(0, 1, 4, 6, 9),
    invalidity: fc.constant(new Date('2025-05-31T00:00:00Z')),
    certificateIssuer: fc.constant(encodeName([{ type: 'CN', value: 'x'.repeat(200) }])),
    extensions: fc.constant([extension('1.2.3.4', der.utf8String('y'.repeat(300)))]),
  },
  { requiredKeys: ['serial'] },
);

describe('a list is read in one pass', () => {
  test('finds exactly the wanted serials, in whatever chunks the list arrives', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 10 }),
        serial,
        async (entries, sizes, picks, absent) => {
          const list = revocationList({ ...fields, entries });
          const wanted = picks.flatMap((pick) =>
            entries.length ? [entries[pick % entries.length]!.serial] : [],
          );
          const scanned = await scanCrlStream(
            inChunks(list, sizes),
            WantedSerials.ofContents([...wanted, absent]),
          );
          const expected = entries.filter((e) =>
            [...wanted, absent].some((w) => serialHex(w) === serialHex(e.serial)),
          );
          const found = [...scanned.entries.values()].flat();
          expect(found.map((hit) => serialHex(hit.serialNumber)).sort()).toEqual(
            expected.map((e) => serialHex(e.serial)).sort(),
          );
          expect(scanned.entryCount).toBe(entries.length);
          expect(scanned.signedBy(rsa.publicKey)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('reads date, reason, invalidityDate and the sticky certificateIssuer of a hit', () => {
    const list = revocationList({
      ...fields,
      entries: [
        { serial: bytes('05'), certificateIssuer: encodeName([{ type: 'CN', value: 'A' }]) },
        {
          serial: bytes('ff7f'),
          reason: 1,
          revoked: thisUpdate,
          invalidity: new Date('2025-12-24T00:00:00Z'),
        },
      ],
    });
    const scanned = scanCrl(list, wanting('ff7f'));
    expect(scanned.entries.get('ff7f')).toEqual([
      {
        serialNumber: bytes('ff7f'),
        revocationDate: thisUpdate,
        revocationReason: 'keyCompromise',
        invalidityDate: new Date('2025-12-24T00:00:00Z'),
        certificateIssuer: der.sequence(der.context(4, encodeName([{ type: 'CN', value: 'A' }]))),
      },
    ]);
    expect(scanned.extensions.crlNumber).toBe(7n);
  });

  test('a serial is its bytes: 80, 0080 and 000080 are not the same', () => {
    const list = revocationList({ ...fields, entries: [{ serial: bytes('80') }] });
    expect(scanCrl(list, wanting('80')).entries.size).toBe(1);
    expect(scanCrl(list, wanting('0080')).entries.size).toBe(0);
  });

  test('a list without entries is read, with and without an empty revokedCertificates', () => {
    expect(scanCrl(revocationList(fields), wanting('01')).entryCount).toBe(0);
    const empty = der.sequence(der.integer(1), pss.algorithm, issuer, der.time(thisUpdate), der.sequence());
    const list = der.sequence(empty, pss.algorithm, der.bitString(pss.sign(empty, rsa.privateKey)));
    expect(scanCrl(list, wanting('01')).entryCount).toBe(0);
  });
});

describe('the signature covers the streamed bytes', () => {
  test('another key is not the signer', () => {
    const scanned = scanCrl(revocationList(fields), wanting('01'));
    expect(scanned.signedBy(other.publicKey)).toBe(false);
    expect(scanned.signedBy(rsa.publicKey)).toBe(true);
  });

  test('a streamed list can be tried with as many keys as were foreseen', async () => {
    const list = revocationList({ ...fields, entries: [{ serial: bytes('01') }] });
    const scanned = await scanCrlStream(inChunks(list, [100]), wanting('01'), { signatureTries: 2 });
    expect([scanned.signedBy(other.publicKey), scanned.signedBy(rsa.publicKey)]).toEqual([false, true]);
    expect(() => scanned.signedBy(rsa.publicKey)).toThrow('more keys');
  });

  test('a flipped bit anywhere is malformed or breaks the signature', () => {
    const list = revocationList({ ...fields, entries: [{ serial: bytes('0102'), reason: 1 }] });
    for (let at = 0; at < list.length * 8; at += 3) {
      const forged = list.slice();
      forged[at >> 3]! ^= 1 << (at & 7);
      let believed = true;
      try {
        believed = scanCrl(forged, wanting('0102')).signedBy(rsa.publicKey);
      } catch (error) {
        expect(error).toHaveProperty('code', expect.stringMatching(/^(CRL_|REVOCATION_ALGORITHM)/));
        believed = false;
      }
      expect(believed, `bit ${at}`).toBe(false);
    }
  });

  const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const ed = generateKeyPairSync('ed25519');
  test('ECDSA, Ed25519 and RSASSA-PSS are verified', () => {
    const ecList = revocationList({ ...fields, key: ec.privateKey });
    expect(scanCrl(ecList, wanting('01')).signedBy(ec.publicKey)).toBe(true);
    expect(scanCrl(ecList, wanting('01')).signedBy(rsa.publicKey)).toBe(false);
    const edAlgorithm = der.sequence(der.objectIdentifier('1.3.101.112'));
    const edList = revocationList({ ...fields, key: ed.privateKey, algorithm: edAlgorithm });
    expect(scanCrl(edList, wanting('01')).signedBy(ed.publicKey)).toBe(true);
    const tbs = tbsOf(fields, pss.algorithm);
    const pssList = der.sequence(tbs, pss.algorithm, der.bitString(pss.sign(tbs, rsa.privateKey)));
    expect(scanCrl(pssList, wanting('01')).signedBy(rsa.publicKey)).toBe(true);
    expect(scanCrl(pssList, wanting('01')).signedBy(other.publicKey)).toBe(false);
  });

  test('a key of another type than the algorithm names is not the signer', () => {
    const key = ec.privateKey;
    const rsaName = der.sequence(der.objectIdentifier('1.2.840.113549.1.1.11'), der.nullValue());
    expect(
      scanCrl(revocationList({ ...fields, key, algorithm: rsaName }), wanting('01')).signedBy(ec.publicKey),
    ).toBe(false);
  });

  const oid = der.objectIdentifier;
  const sha = (n: number) => der.sequence(oid(`2.16.840.1.101.3.4.2.${n}`), der.nullValue());
  const pssOf = (hash: number, mask: number) =>
    der.sequence(
      oid('1.2.840.113549.1.1.10'),
      der.sequence(
        der.context(0, sha(hash)),
        der.context(1, der.sequence(oid('1.2.840.113549.1.1.8'), sha(mask))),
        der.context(2, der.integer(32)),
      ),
    );
  test.each([
    ['RSASSA-PSS with two hashes', pssOf(1, 3)],
    [
      'RSASSA-PSS with its defaults, which are SHA-1',
      der.sequence(oid('1.2.840.113549.1.1.10'), der.sequence()),
    ],
    ['ECDSA with parameters', der.sequence(oid('1.2.840.10045.4.3.2'), der.nullValue())],
    ['RSA with parameters that are not NULL', der.sequence(oid('1.2.840.113549.1.1.11'), der.integer(1))],
  ])('refuses %s', (_, algorithm) => {
    expect(() => scanCrl(revocationList({ ...fields, algorithm }), wanting('01'))).toThrow(
      expect.objectContaining({ code: 'REVOCATION_ALGORITHM_REFUSED' }),
    );
  });

  test('refuses SHA-1', () => {
    const sha1 = der.sequence(der.objectIdentifier('1.2.840.113549.1.1.5'), der.nullValue());
    const list = revocationList({ ...fields, algorithm: sha1 });
    expect(() => scanCrl(list, wanting('01'))).toThrow(
      expect.objectContaining({ code: 'REVOCATION_ALGORITHM_REFUSED' }),
    );
  });
});

describe('what is no list is refused', () => {
  const list = revocationList({ ...fields, entries: [{ serial: bytes('01') }, { serial: bytes('02') }] });
  const rebuilt = (...tbs: Uint8Array[]) => {
    const algorithm = der.sequence(der.objectIdentifier('1.2.840.113549.1.1.11'), der.nullValue());
    const head = [der.integer(1), algorithm, issuer, der.time(thisUpdate)];
    return der.sequence(der.sequence(...head, ...tbs), algorithm, der.bitString(new Uint8Array(256)));
  };
  const time = der.time(thisUpdate);
  const yes = (n: number) => der.contextPrimitive(n, bytes('ff'));
  const nothing = issuingDistributionPoint(yes(1), yes(2));
  const versioned = (...head: Uint8Array[]) => {
    const algorithm = der.sequence(der.objectIdentifier('1.2.840.113549.1.1.11'), der.nullValue());
    const extensions = der.context(0, der.sequence(crlNumber(1)));
    const tbs = der.sequence(...head, algorithm, issuer, time, extensions);
    return der.sequence(tbs, algorithm, der.bitString(new Uint8Array(256)));
  };
  const entries = (...list: Uint8Array[]) => rebuilt(der.sequence(...list));
  const entryWith = (...parts: Uint8Array[]) => entries(der.sequence(...parts));
  const cases: [string, Uint8Array][] = [
    ['an HTML page', new TextEncoder().encode('<!DOCTYPE html><html>404</html>')],
    ['nothing', new Uint8Array()],
    ['a list that is cut off', list.subarray(0, list.length - 1)],
    ['bytes after the list', Buffer.concat([list, Buffer.from([0])])],
    ['a list cut within its entries', list.subarray(0, 100)],
    ['a serial that is not minimal', entryWith(der.tlv(2, bytes('0001')), time)],
    ['extensions in a list of version 1', versioned()],
    ['a list of version 3', versioned(der.integer(2))],
    ['a date of no known type', entryWith(der.tlv(2, bytes('7001')), der.tlv(4, time.subarray(2)))],
    ['a padded length', Buffer.concat([bytes('308300'), list.subarray(2)])],
    ['an issuingDistributionPoint that excludes everything', rebuilt(der.context(0, der.sequence(nothing)))],
    ['an empty serial', entryWith(der.tlv(2), time)],
    ['an entry without a date', entryWith(der.integer(1))],
    ['bytes after an entry', entryWith(der.integer(1), time, der.sequence(), der.nullValue())],
    [
      'an extension twice in one entry',
      entryWith(
        der.integer(1),
        time,
        der.sequence(extension('1.2.3', bytes('00')), extension('1.2.3', bytes('00'))),
      ),
    ],
    ['entries cut by the end of revokedCertificates', entries(bytes('3013020101'))],
    ['an element that a list does not have', rebuilt(der.octetString(bytes('00')))],
    ['an extension twice', rebuilt(der.context(0, der.sequence(crlNumber(1), crlNumber(1))))],
    [
      'a negative CRLNumber',
      rebuilt(der.context(0, der.sequence(extension('2.5.29.20', der.tlv(2, bytes('ff')))))),
    ],
    ['an indefinite length', bytes('3080300002010100')],
  ];
  for (const [what, input] of cases) {
    test(`refuses ${what}, whole or byte by byte`, async () => {
      const refusal = expect.objectContaining({ code: 'CRL_MALFORMED' });
      expect(() => scanCrl(input, wanting('01'))).toThrow(refusal);
      await expect(scanCrlStream(inChunks(input, [1]), wanting('01'))).rejects.toThrow(refusal);
    });
  }

  test('refuses a list above the limit as soon as its length is read', () => {
    const scanner = new CrlScanner(wanting('01'), { maxBytes: 1000 });
    expect(() => scanner.push(bytes('308203e9'))).toThrow(expect.objectContaining({ code: 'CRL_TOO_LARGE' }));
  });

  test('remembers a critical entry extension that nobody understands, also of an entry not wanted', () => {
    const strange = (extensions: Uint8Array[]) => ({ serial: bytes('090a'), extensions });
    const many = Array.from({ length: 300 }, (_, i) => ({ serial: der.integer(i + 1000).subarray(2) }));
    const scan = (...extensions: Uint8Array[]) =>
      scanCrl(revocationList({ ...fields, entries: [...many, strange(extensions), ...many] }), wanting('01'));
    const scanned = scan(extension('1.2.3.4', bytes('0500'), true));
    const reason = extension('2.5.29.21', bytes('0a0101'), true);
    const date = extension('2.5.29.24', der.generalizedTime(thisUpdate));
    expect(scan(reason, date).unknownCriticalEntryExtension).toBeUndefined();
    expect(
      scan(reason, date, extension('2.5.29.99', bytes('0500'), true)).unknownCriticalEntryExtension,
    ).toBe('2.5.29.99');
    expect(scanned.unknownCriticalEntryExtension).toBe('1.2.3.4');
  });
});
