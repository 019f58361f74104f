import { createPublicKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import * as der from '../../../../core/certificate/der-writer.ts';
import { encodeName } from '../../../../core/certificate/name-writer.ts';
import { parseCertificate } from '../../../../core/certificate/parse.ts';
import { requireUnrevoked } from '../../../../core/certificate/revocation/answer.ts';
import { checkRevocationByCrls } from '../../../../core/certificate/revocation/check-by-crls.ts';
import { type OfferedCrl, verifyCrl } from '../../../../core/certificate/revocation/crl-signer.ts';
import { publicKeyBits } from '../../../../core/certificate/revocation/ocsp-request.ts';
import { revocationSourcesOf } from '../../../../core/certificate/revocation/source.ts';
import { type Issued, issueLeaf, makeAuthority, testKey } from '../../../support/certificates.ts';
import { type ListOptions, listBy, offered } from '../../../support/listed.ts';
import {
  deltaIndicator,
  directoryName,
  extension,
  fullName,
  issuingDistributionPoint,
  pss,
  revocationList,
  tbsOf,
  uri,
} from '../../../support/revocation-lists.ts';

// PKITS (pkits-crls.test.ts) holds the standard's own cases; here stand those that it does not have.
const now = new Date('2026-06-01T12:00:00Z');
const hours = (n: number) => new Date(now.getTime() + n * 3_600_000);
const day = { thisUpdate: hours(-12), nextUpdate: hours(12) };
const root = makeAuthority({ name: 'lists root' });
const psc = root.issueCa({ name: 'lists psc' });
const stranger = root.issueCa({ name: 'lists psc', keyLabel: 'lists stranger' });
const leaf = issueLeaf(psc);
const serial = parseCertificate(leaf.der).serialNumber;
const pscName = parseCertificate(psc.der).subject.der;

const list = (options: ListOptions = {}, by: Issued = psc, source = 'list') =>
  offered(source, listBy(by, day, options), leaf);
const check = (crls: readonly OfferedCrl[], certificate: Issued = leaf) =>
  checkRevocationByCrls({
    certificate: parseCertificate(certificate.der),
    issuer: parseCertificate(psc.der),
    crls,
    now,
  });
const codes = (crls: readonly OfferedCrl[], certificate?: Issued) => {
  const answer = check(crls, certificate);
  return answer.status === 'unknown'
    ? [answer.trouble, ...answer.refusals.map(({ code }) => code)]
    : answer.status;
};
const withPoints = (...points: Uint8Array[]) =>
  issueLeaf(psc, {
    serialNumber: 4711,
    extensions: [{ oid: '2.5.29.31', value: der.sequence(...points) }],
  });
const flag = (n: number) => der.contextPrimitive(n, Uint8Array.of(0xff));

describe('one list', () => {
  test('says good with its times, or revoked with date and reason', () => {
    expect(check([list()])).toEqual({ status: 'good', sources: ['list'], ...day });
    expect(check([list({ entries: [{ serial, reason: 1, revoked: hours(-20) }] })])).toMatchObject({
      status: 'revoked',
      revocationReason: 'keyCompromise',
      revocationDate: hours(-20),
      ...day,
    });
  });

  test('counts at the very instant of nextUpdate and is stale after it', () => {
    expect(codes([list({ nextUpdate: now })])).toBe('good');
    expect(codes([list({ nextUpdate: new Date(now.getTime() - 1000) })])).toEqual(['stale', 'CRL_STALE']);
  });

  test('that is stale still tells of revocations, but for a hold that may be lifted by now', () => {
    const stale = (reason: number) => list({ nextUpdate: hours(-1), entries: [{ serial, reason }] });
    expect(codes([stale(1)])).toBe('revoked');
    expect(codes([stale(6)])).toEqual(['stale', 'CRL_STALE']);
  });

  test('of tomorrow, of a namesake, or with an unknown critical extension does not count', () => {
    const critical = extension('1.2.3.4', der.nullValue(), true);
    expect(codes([list({ thisUpdate: hours(1) })])).toEqual(['unavailable', 'CRL_NOT_YET_VALID']);
    expect(codes([list({}, stranger)])).toEqual(['unavailable', 'CRL_SIGNATURE_INVALID']);
    expect(codes([list({ extensions: [critical] })])).toEqual([
      'unavailable',
      'CRL_CRITICAL_EXTENSION_UNKNOWN',
    ]);
    expect(codes([list({ entries: [{ serial: Uint8Array.of(1), extensions: [critical] }] })])).toEqual([
      'unavailable',
      'CRL_CRITICAL_EXTENSION_UNKNOWN',
    ]);
  });

  test('that speaks of other issuers without being indirect does not count', () => {
    const entries = [{ serial: Uint8Array.of(1), certificateIssuer: pscName }];
    expect(codes([list({ entries })])).toEqual(['unavailable', 'CRL_MALFORMED']);
  });

  test('that is indirect speaks of each entry’s own issuer', () => {
    const extensions = [issuingDistributionPoint(flag(4))];
    const other = parseCertificate(root.der).subject.der;
    expect(codes([list({ extensions, entries: [{ serial, certificateIssuer: other }] })])).toBe('good');
    expect(codes([list({ extensions, entries: [{ serial, certificateIssuer: pscName }] })])).toBe('revoked');
    // The issuer named last holds on.
    const first = { serial: Uint8Array.of(9), certificateIssuer: other };
    expect(codes([list({ extensions, entries: [first, { serial }] })])).toBe('good');
  });

  test('that was not scanned for the certificate is a fault of ours, never a good word', () => {
    const elsewhere = offered('list', listBy(psc, day), issueLeaf(psc));
    expect(() => check([elsewhere])).toThrow('was not scanned');
  });
});

describe('several lists', () => {
  test('of one scope: the newest counts, wherever it came from', () => {
    const old = list({ thisUpdate: hours(-13), number: 1 }, psc, 'old');
    const next = list({ number: 2, entries: [{ serial }] }, psc, 'new');
    expect(check([old, next])).toMatchObject({ status: 'revoked', sources: ['new'] });
    const lifted = list({ number: 2 }, psc, 'new');
    const hold = list({ thisUpdate: hours(-13), entries: [{ serial, reason: 6 }] }, psc, 'old');
    expect(check([hold, lifted])).toMatchObject({ status: 'good', sources: ['new'] });
  });

  test('a forged newer one does not displace the true one', () => {
    const forged = list({ thisUpdate: hours(-1) }, stranger, 'forged');
    const real = list({ entries: [{ serial }] }, psc, 'real');
    expect(check([forged, real])).toMatchObject({ status: 'revoked', sources: ['real'] });
  });

  test('of shards: only the shard that the certificate points to counts', () => {
    const sharded = withPoints(der.sequence(fullName(uri('http://crl.psc.example/7.crl'))));
    const shard = (n: number, options: ListOptions = {}) => {
      const scope = issuingDistributionPoint(fullName(uri(`http://crl.psc.example/${n}.crl`)), flag(1));
      return offered(`${n}`, listBy(psc, day, { extensions: [scope], ...options }), sharded);
    };
    expect(codes([shard(7)], sharded)).toBe('good');
    expect(codes([shard(8)], sharded)).toEqual(['unavailable', 'CRL_SCOPE_WRONG', 'CRL_SCOPE_WRONG']);
  });

  test('that share the reasons out: good only when all reasons are covered', () => {
    const bits = (n: number[]) => {
      const named = der.namedBits(n);
      return der.contextPrimitive(3, named.subarray(2));
    };
    const some = (n: number[], source: string) =>
      list({ extensions: [issuingDistributionPoint(bits(n))] }, psc, source);
    const compromise = some([1, 2], 'compromise');
    const rest = some([3, 4, 5, 6, 7, 8], 'rest');
    expect(codes([compromise])).toEqual(['unavailable', 'CRL_SCOPE_WRONG']);
    expect(check([compromise, rest])).toMatchObject({ status: 'good', sources: ['compromise', 'rest'] });
  });
});

describe('a delta', () => {
  const base = (entries: ListOptions['entries'] = []) =>
    list({ number: 5, thisUpdate: hours(-13), entries }, psc, 'base');
  const delta = (options: ListOptions, on = 5, by = psc) => {
    const fields = { number: 6, extensions: [deltaIndicator(on)], ...options };
    return offered('delta', listBy(by, day, fields), leaf);
  };

  test('adds to its base, and removeFromCRL lifts', () => {
    expect(check([base(), delta({ entries: [{ serial, reason: 4 }] })])).toMatchObject({
      status: 'revoked',
      revocationReason: 'superseded',
    });
    const held = [{ serial, reason: 6 }];
    expect(check([base(held), delta({ entries: [{ serial, reason: 8 }] })])).toMatchObject({
      status: 'good',
      sources: ['base', 'delta'],
    });
  });

  test('that names a certificate twice: what revokes outweighs what lifts', () => {
    const twice = [
      { serial, reason: 8 },
      { serial, reason: 1 },
    ];
    expect(check([base(), delta({ entries: twice })])).toMatchObject({ revocationReason: 'keyCompromise' });
  });

  test('of another scope, of another key identifier, or not newer than its base is as good as none', () => {
    const lifting = { entries: [{ serial, reason: 8 }] };
    const held = base([{ serial, reason: 6 }]);
    const scope = issuingDistributionPoint(flag(1));
    const keyId = extension('2.5.29.35', der.sequence(der.contextPrimitive(0, Uint8Array.of(7))));
    for (const more of [scope, keyId]) {
      expect(codes([held, delta({ ...lifting, extensions: [deltaIndicator(5), more] })])).toBe('revoked');
    }
    expect(codes([held, delta({ ...lifting, number: 5 })])).toBe('revoked');
    expect(codes([held, delta(lifting)])).toBe('good');
  });

  test('of a later base, of another key, stale, or alone is as good as none', () => {
    const lifting = { entries: [{ serial, reason: 8 }] };
    const held = base([{ serial, reason: 6 }]);
    expect(codes([held, delta(lifting, 6)])).toBe('revoked');
    expect(codes([held, delta(lifting, 5, stranger)])).toBe('revoked');
    expect(codes([held, delta({ ...lifting, nextUpdate: hours(-1) })])).toBe('revoked');
    expect(codes([delta({})])).toEqual(['no-pointer']);
  });
});

test("the CA's own name as cRLIssuer delegates nothing (a PSC of Chile writes it so)", () => {
  const chilean = withPoints(
    der.sequence(
      fullName(uri('http://psc.cl/crl?CN=PSC,O=Uno,E=a@b.cl')),
      der.context(2, directoryName(pscName)),
    ),
  );
  expect(codes([offered('list', listBy(psc, day), chilean)], chilean)).toBe('good');
  expect(revocationSourcesOf(parseCertificate(chilean.der))).toEqual({
    kind: 'crl',
    lists: [['http://psc.cl/crl?CN=PSC,O=Uno,E=a@b.cl']],
    deltas: [],
  });
});

test('a cRLIssuer that names nobody who signs (IDOK writes its own name, cut short) leaves the list of the issuer', () => {
  const cut = encodeName([{ type: 'CN', value: 'lists psc' }]);
  const point = der.sequence(
    fullName(uri('http://pki.idok.example/crl?issuer=CN=x')),
    der.context(2, directoryName(cut)),
  );
  const misled = withPoints(point);
  expect(codes([offered('list', listBy(psc, day), misled)], misled)).toBe('good');
  expect(
    codes(
      [offered('list', listBy(psc, day, { entries: [{ serial: der.integer(4711).subarray(2) }] }), misled)],
      misled,
    ),
  ).toBe('revoked');
  expect(codes([], misled)).toEqual(['unavailable']);
  const sources = revocationSourcesOf(parseCertificate(misled.der), ['http://profile/1.crl']);
  expect(sources).toMatchObject({
    lists: [['http://pki.idok.example/crl?issuer=CN=x'], ['http://profile/1.crl']],
  });
});

test('a key bound to RSASSA-PSS signs no list with PKCS#1 v1.5', () => {
  const key = testKey('rsa-2048', 'lists pss');
  const bits = publicKeyBits(createPublicKey(key).export({ type: 'spki', format: 'der' }));
  const spki = der.sequence(der.sequence(der.objectIdentifier('1.2.840.113549.1.1.10')), der.bitString(bits));
  const signer = issueLeaf(root, {
    spki,
    keyUsage: ['cRLSign'],
    subject: [{ type: 'CN', value: 'pss signer' }],
  });
  const certificate = parseCertificate(signer.der);
  const fields = { issuer: certificate.subject.der, key, ...day };
  const verified = (bytes: Uint8Array) => verifyCrl(offered('list', bytes, leaf), certificate, now).source;
  expect(() => verified(revocationList(fields))).toThrow(
    expect.objectContaining({ code: 'CRL_SIGNATURE_INVALID' }),
  );
  const tbs = tbsOf(fields, pss.algorithm);
  expect(verified(der.sequence(tbs, pss.algorithm, der.bitString(pss.sign(tbs, key))))).toBe('list');
});

describe('whom to ask', () => {
  const sources =
    (...profile: string[]) =>
    (certificate: Issued) =>
      revocationSourcesOf(parseCertificate(certificate.der), profile);

  test('is a list before a responder, by http only', () => {
    const points = [
      der.sequence(fullName(uri('ldap://psc/cn=x'), uri('http://a/1.crl'), uri('https://b/1.crl'))),
      der.sequence(fullName(uri('ldap://psc/cn=y'))),
    ];
    expect(sources()(withPoints(...points))).toMatchObject({
      kind: 'crl',
      lists: [['http://a/1.crl', 'https://b/1.crl']],
    });
    const both = issueLeaf(psc, { crlUrls: ['http://a/2.crl'], ocspUrl: 'http://ocsp.a/' });
    // The responder is asked neither beside the list nor in its place (A-153, docs/adr/0008).
    expect(sources()(both)).toEqual({ kind: 'crl', lists: [['http://a/2.crl']], deltas: [] });
  });

  test('is the responder where no list can be had, then the list of the profile', () => {
    const only = issueLeaf(psc, { ocspUrl: 'http://ocsp.a/' });
    expect(sources('http://profile/1.crl')(only)).toEqual({ kind: 'ocsp', responders: ['http://ocsp.a/'] });
    expect(sources('http://profile/1.crl')(leaf)).toEqual({
      kind: 'crl',
      lists: [['http://profile/1.crl']],
      deltas: [],
    });
  });

  test('is nobody: refused', () => {
    expect(() => sources()(leaf)).toThrow(expect.objectContaining({ code: 'NO_REVOCATION_SOURCE' }));
    expect(codes([])).toEqual(['no-pointer']);
    expect(() => requireUnrevoked([check([])])).toThrow(
      expect.objectContaining({ code: 'NO_REVOCATION_SOURCE' }),
    );
    const pointing = issueLeaf(psc, { crlUrls: ['http://a/2.crl'] });
    expect(() => requireUnrevoked([check([], pointing)])).toThrow(
      expect.objectContaining({ code: 'REVOCATION_UNAVAILABLE', detail: { retryable: true } }),
    );
  });
});
