import { describe, expect, test } from 'vitest';
import { contextPrimitive } from '../../core/certificate/der-writer.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { type CertificationPath, validatePath } from '../../core/certificate/path.ts';
import { requireUnrevoked } from '../../core/certificate/revocation/answer.ts';
import { checkPathByCrls } from '../../core/certificate/revocation/check-path.ts';
import type { OfferedCrl } from '../../core/certificate/revocation/crl-signer.ts';
import { verifyCrl } from '../../core/certificate/revocation/crl-signer.ts';
import { requireThawed, type SourceTimes } from '../../core/certificate/revocation/freshness.ts';
import { revocationSourcesOf } from '../../core/certificate/revocation/source.ts';
import { checkSuccession, knownListOf } from '../../core/certificate/revocation/succession.ts';
import { type Issued, issueLeaf, makeAuthority } from '../support/certificates.ts';
import { type ListOptions, listBy, offered } from '../support/listed.ts';
import { issuingDistributionPoint } from '../support/revocation-lists.ts';

// S25: a participant whose certificate, or whose PSC's, has been revoked tries to go on using it.
const now = new Date('2026-06-01T12:00:00Z');
const hours = (n: number) => new Date(now.getTime() + n * 3_600_000);
const root = makeAuthority({ name: 's25 root' });
const psc = root.issueCa({ name: 's25 psc' });
const leaf = issueLeaf(psc);
const serialOf = (issued: Issued) => parseCertificate(issued.der).serialNumber;
const everybody = [leaf, psc];

const list = (by: Issued, options: ListOptions = {}, ...more: Issued[]): OfferedCrl =>
  offered(
    `list of ${by.serialNumber}`,
    listBy(by, { thisUpdate: hours(-1), nextUpdate: hours(23) }, options),
    ...everybody,
    ...more,
  );
const path = (certificate: Issued = leaf, chain: readonly Uint8Array[] = leaf.chain): CertificationPath =>
  validatePath({
    chain,
    leaf: certificate.der,
    anchors: [{ certificate: parseCertificate(root.der) }],
    now,
    policy: {},
  });
const check = (crls: readonly OfferedCrl[], certificates: readonly Uint8Array[] = []) =>
  requireUnrevoked(checkPathByCrls({ path: path(), crls, certificates, now }));
const refusal = (code: string) => expect.objectContaining({ code });

describe('S25 every certificate of the path but the anchor is checked', () => {
  test('S25 all good is good', () => {
    expect(check([list(psc), list(root)]).map(({ status }) => status)).toEqual(['good', 'good']);
  });

  test('S25 a revoked issuer refuses its leaf, though the leaf stands on no list', () => {
    expect(() => check([list(psc), list(root, { entries: [{ serial: serialOf(psc), reason: 2 }] })])).toThrow(
      refusal('ISSUER_REVOKED'),
    );
  });

  test('S25 a list of the issuer alone is not enough', () => {
    expect(() => check([list(psc)])).toThrow(refusal('NO_REVOCATION_SOURCE'));
  });

  test('S25 a revocation is told though another list of the path is missing', () => {
    expect(() => check([list(psc, { entries: [{ serial: serialOf(leaf) }] })])).toThrow(
      refusal('CERTIFICATE_REVOKED'),
    );
  });
});

test('S25 a certificate that names nobody to ask, under a profile without a source, is refused', () => {
  expect(() => revocationSourcesOf(parseCertificate(leaf.der))).toThrow(refusal('NO_REVOCATION_SOURCE'));
});

describe('S25 the newest list of an issuer and scope counts', () => {
  const verified = (options: ListOptions) => verifyCrl(list(psc, options), parseCertificate(psc.der), now);
  const revoking = verified({ number: 8, entries: [{ serial: serialOf(leaf) }] });

  test('S25 an older list, genuine and still in force, is not taken after it', () => {
    for (const options of [
      { number: 7 },
      { number: 8, thisUpdate: hours(-2) },
      { number: 9, thisUpdate: hours(-2) },
    ]) {
      expect(() => checkSuccession(knownListOf(revoking), verified(options))).toThrow(
        refusal('CRL_NUMBER_REGRESSED'),
      );
    }
  });

  test('S25 the same list again, and newer ones, are', () => {
    expect(checkSuccession(knownListOf(revoking), revoking)).toEqual(knownListOf(revoking));
    expect(checkSuccession(undefined, revoking).crlNumber).toBe('8');
    expect(checkSuccession(knownListOf(revoking), verified({ number: 9 })).crlNumber).toBe('9');
  });

  test('S25 lists of another scope are counted apart', () => {
    const scope = issuingDistributionPoint(contextPrimitive(1, Uint8Array.of(0xff)));
    expect(
      checkSuccession(knownListOf(revoking), verified({ number: 1, extensions: [scope] })).crlNumber,
    ).toBe('1');
  });

  test('S25 offered beside it, the older one does not win', () => {
    const old = list(psc, { number: 7, thisUpdate: hours(-2) });
    const entries = [{ serial: serialOf(leaf) }];
    for (const crls of [
      [old, list(psc, { number: 8, entries }), list(root)],
      [list(psc, { number: 8, entries }), old, list(root)],
    ]) {
      expect(() => check(crls)).toThrow(refusal('CERTIFICATE_REVOKED'));
    }
  });
});

describe('S25 a list counts only from who may sign it', () => {
  const clean = (by: Issued, ...more: Issued[]) => [list(by, {}, ...more), list(root, {}, ...more)];

  test('S25 not from a namesake of the PSC under a sister CA of the same anchor', () => {
    const sister = root.issueCa({ name: 's25 sister' });
    const namesake = sister.issueCa({ name: 's25 psc', keyLabel: 's25 namesake' });
    const all = [namesake, sister];
    expect(() =>
      check([...clean(namesake, ...all), list(sister, {}, ...all)], [namesake.der, sister.der]),
    ).toThrow(refusal('REVOCATION_UNAVAILABLE'));
  });

  test('S25 from a second key of the PSC, certified by who certified the first', () => {
    const second = root.issueCa({ name: 's25 psc', keyLabel: 's25 second key', keyUsage: ['cRLSign'] });
    expect(check(clean(second, second), [second.der])).toHaveLength(2);
  });

  test('S25 not from that second key once its certificate is revoked, nor without cRLSign', () => {
    const second = root.issueCa({ name: 's25 psc', keyLabel: 's25 second key', keyUsage: ['cRLSign'] });
    const revoked = list(root, { entries: [{ serial: serialOf(second), reason: 1 }] }, second);
    expect(() => check([list(second, {}, second), revoked], [second.der])).toThrow(
      refusal('REVOCATION_UNAVAILABLE'),
    );
    const unable = root.issueCa({ name: 's25 psc', keyLabel: 's25 third key', keyUsage: ['keyCertSign'] });
    expect(() => check(clean(unable, unable), [unable.der])).toThrow(refusal('REVOCATION_UNAVAILABLE'));
  });

  test('S25 not from the leaf itself', () => {
    expect(() => check([list({ ...psc, key: leaf.key }), list(root)])).toThrow(
      refusal('REVOCATION_UNAVAILABLE'),
    );
  });
});

test('S25 who cuts the PSC off gains 24 h past nextUpdate, and 72 h past the last good fetch at most', () => {
  const source: SourceTimes = {
    kind: 'crl',
    since: hours(-1000),
    thisUpdate: hours(-90),
    nextUpdate: hours(-24),
    lastGoodFetch: hours(-72),
    lastAttempt: now,
  };
  expect(requireThawed([source], now).frozenAt).toEqual(now);
  const late = (change: Partial<SourceTimes>) => () => requireThawed([{ ...source, ...change }], now);
  expect(late({ nextUpdate: hours(-24.01) })).toThrow(refusal('REVOCATION_SOURCE_FROZEN'));
  expect(late({ nextUpdate: hours(1000), lastGoodFetch: hours(-72.01) })).toThrow(
    refusal('REVOCATION_SOURCE_FROZEN'),
  );
});
