import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import * as der from '../../../../core/certificate/der-writer.ts';
import { parseCertificate } from '../../../../core/certificate/parse.ts';
import {
  checkRevocationByOcsp,
  type OcspCheckInput,
  verifyOcsp,
} from '../../../../core/certificate/revocation/ocsp.ts';
import { ocspGetUrl, ocspRequest } from '../../../../core/certificate/revocation/ocsp-request.ts';
import { issueLeaf, makeAuthority } from '../../../support/certificates.ts';
import {
  type Answer,
  type AnsweredStatus,
  ocspAnswer,
  refusedAnswer,
} from '../../../support/ocsp-answers.ts';
import { extension } from '../../../support/revocation-lists.ts';

const now = new Date('2026-06-01T12:00:00Z');
const minutes = (n: number) => new Date(now.getTime() + n * 60_000);
const root = makeAuthority({ name: 'OCSP root' });
const psc = root.issueCa({ name: 'OCSP psc' });
const stranger = root.issueCa({ name: 'OCSP stranger' });
const namesake = root.issueCa({ name: 'OCSP psc', keyLabel: 'OCSP namesake' });
const renamed = root.issueCa({ name: 'OCSP renamed', keyLabel: 'OCSP psc' });
const leaf = issueLeaf(psc);
const nocheck = { oid: '1.3.6.1.5.5.7.48.1.5', critical: false, value: der.nullValue() };
const delegateOptions = {
  subject: [{ type: 'CN', value: 'OCSP responder' }],
  keyLabel: 'ocsp responder',
  keyUsage: ['digitalSignature'],
  extendedKeyUsage: ['OCSPSigning'],
  extensions: [nocheck],
} as const;
const delegate = issueLeaf(psc, delegateOptions);

const good: AnsweredStatus = {
  certificate: leaf.der,
  issuer: psc.der,
  thisUpdate: minutes(-60),
  nextUpdate: minutes(60),
};
const byIssuer: Answer = { singles: [good], responder: psc.der, key: psc.key };
const byDelegate = { ...byIssuer, responder: delegate.der, key: delegate.key, certificates: [delegate.der] };
const input: Omit<OcspCheckInput, 'response'> = {
  certificate: parseCertificate(leaf.der),
  issuer: parseCertificate(psc.der),
  source: 'http://ocsp.psc.example',
  now,
};
const verify = (answer: Answer, more: Partial<OcspCheckInput> = {}) =>
  verifyOcsp({ ...input, response: ocspAnswer(answer), ...more });
const withSingle = (single: Partial<AnsweredStatus>): Answer => ({
  ...byIssuer,
  singles: [{ ...good, ...single }],
});

describe('an answer counts', () => {
  for (const hash of ['sha1', 'sha256'] as const) {
    for (const named of ['byName', 'byKey'] as const) {
      test(`from the issuer or its delegate, ${named}, CertID in ${hash}`, () => {
        for (const answer of [byIssuer, byDelegate]) {
          expect(verify({ ...answer, named, singles: [{ ...good, hash }] })).toEqual({
            status: 'good',
            sources: ['http://ocsp.psc.example'],
            thisUpdate: minutes(-60),
            nextUpdate: minutes(60),
          });
        }
      });
    }
  }

  test('and says when and why a certificate was revoked', () => {
    expect(verify(withSingle({ status: { revoked: minutes(-90), reason: 1 } }))).toMatchObject({
      status: 'revoked',
      revocationDate: minutes(-90),
      revocationReason: 'keyCompromise',
    });
    expect(verify(withSingle({ status: { revoked: minutes(-90) } }))).toMatchObject({
      revocationReason: 'unspecified',
    });
  });

  test('as unknown, when the responder says so', () => {
    expect(verify(withSingle({ status: 'unknown' }))).toEqual({
      status: 'unknown',
      trouble: undefined,
      refusals: [],
    });
  });

  test('with the worse word, when it says two', () => {
    const revoked = { ...good, status: { revoked: minutes(-90) } } as const;
    expect(verify({ ...byIssuer, singles: [good, revoked] }).status).toBe('revoked');
  });

  test('without nextUpdate for 24 hours', () => {
    expect(verify(withSingle({ nextUpdate: undefined, thisUpdate: minutes(-24 * 60) })).status).toBe('good');
    expect(() => verify(withSingle({ nextUpdate: undefined, thisUpdate: minutes(-24 * 60 - 1) }))).toThrow(
      expect.objectContaining({ code: 'OCSP_STALE' }),
    );
  });

  test('when it repeats the nonce that was sent', () => {
    const nonce = randomBytes(32);
    expect(verify({ ...byIssuer, nonce }, { nonce }).status).toBe('good');
  });
});

describe('an answer is refused', () => {
  const other = issueLeaf(psc);
  const delegated = (options: Parameters<typeof issueLeaf>[1], issuer = psc): Answer => {
    const responder = issueLeaf(issuer, { ...delegateOptions, ...options });
    return { ...byIssuer, responder: responder.der, key: responder.key, certificates: [responder.der] };
  };
  const cases: [what: string, code: string, answer: Answer, more?: Partial<OcspCheckInput>][] = [
    ['that speaks of another serial', 'OCSP_CERTIFICATE_NOT_NAMED', withSingle({ certificate: other.der })],
    ['that speaks of another issuer', 'OCSP_CERTIFICATE_NOT_NAMED', withSingle({ issuer: stranger.der })],
    ["that speaks of a namesake's key", 'OCSP_CERTIFICATE_NOT_NAMED', withSingle({ issuer: namesake.der })],
    [
      'that speaks of the same key and serial under another name',
      'OCSP_CERTIFICATE_NOT_NAMED',
      withSingle({ certificate: issueLeaf(renamed, { serialNumber: input.certificate.serialNumber }).der }),
    ],
    ['without any word', 'OCSP_CERTIFICATE_NOT_NAMED', { ...byIssuer, singles: [], producedAt: now }],
    ['signed by another key', 'OCSP_SIGNATURE_INVALID', { ...byIssuer, key: stranger.key }],
    ['that is stale', 'OCSP_STALE', withSingle({ nextUpdate: minutes(-1) })],
    ['of tomorrow', 'OCSP_NOT_YET_VALID', withSingle({ thisUpdate: minutes(24 * 60) })],
    ['produced tomorrow', 'OCSP_NOT_YET_VALID', { ...byIssuer, producedAt: minutes(24 * 60) }],
    [
      'with another nonce',
      'OCSP_NONCE_WRONG',
      { ...byIssuer, nonce: randomBytes(32) },
      { nonce: randomBytes(32) },
    ],
    ['without the nonce that was sent', 'OCSP_NONCE_WRONG', byIssuer, { nonce: randomBytes(32) }],
    [
      'from another CA under the same anchor',
      'OCSP_RESPONDER_NOT_AUTHORISED',
      { ...byIssuer, responder: stranger.der, key: stranger.key, certificates: [stranger.der] },
    ],
    [
      'from a delegate that the answer does not bring',
      'OCSP_RESPONDER_NOT_AUTHORISED',
      { ...byDelegate, certificates: [] },
    ],
    [
      'from a leaf without the purpose',
      'OCSP_RESPONDER_NOT_AUTHORISED',
      delegated({ extendedKeyUsage: ['clientAuth'] }),
    ],
    ['from a leaf without any purpose', 'OCSP_RESPONDER_NOT_AUTHORISED', delegated({ extendedKeyUsage: [] })],
    [
      'from a delegate without digitalSignature',
      'OCSP_RESPONDER_NOT_AUTHORISED',
      delegated({ keyUsage: ['keyEncipherment'] }),
    ],
    ['from a delegate of a stranger', 'OCSP_RESPONDER_NOT_AUTHORISED', delegated({}, stranger)],
    ['from a delegate of a namesake', 'OCSP_RESPONDER_NOT_AUTHORISED', delegated({}, namesake)],
    [
      'from a delegate of the same key under another name',
      'OCSP_RESPONDER_NOT_AUTHORISED',
      delegated({}, renamed),
    ],
    ['from a delegate without ocsp-nocheck', 'OCSP_RESPONDER_NOT_AUTHORISED', delegated({ extensions: [] })],
    ['from a delegate that has expired', 'CERTIFICATE_EXPIRED', delegated({ notAfter: minutes(-1) })],
    [
      'from a delegate that is not valid yet',
      'CERTIFICATE_NOT_YET_VALID',
      delegated({ notBefore: minutes(1) }),
    ],
    [
      'from a delegate with an unknown critical extension',
      'CRITICAL_EXTENSION_UNKNOWN',
      delegated({ extensions: [nocheck, { oid: '1.2.3.4', critical: true, value: der.nullValue() }] }),
    ],
    [
      'with an unknown critical extension',
      'OCSP_CRITICAL_EXTENSION_UNKNOWN',
      { ...byIssuer, extensions: [extension('1.2.3.4', der.nullValue(), true)] },
    ],
    [
      'with an unknown critical extension in its word',
      'OCSP_CRITICAL_EXTENSION_UNKNOWN',
      withSingle({ extensions: [extension('1.2.3.4', der.nullValue(), true)] }),
    ],
    [
      'signed with SHA-1',
      'SIGNATURE_ALGORITHM_WEAK',
      { ...byIssuer, algorithm: der.sequence(der.objectIdentifier('1.2.840.113549.1.1.5'), der.nullValue()) },
    ],
  ];
  for (const [what, code, answer, more] of cases) {
    test(what, () => {
      expect(() => verify(answer, more)).toThrow(expect.objectContaining({ code }));
    });
  }

  test('with any bit flipped', () => {
    const response = ocspAnswer({ ...byDelegate, nonce: randomBytes(32) });
    for (let at = 0; at < response.length * 8; at += 7) {
      const forged = response.slice();
      forged[at >> 3]! ^= 1 << (at & 7);
      const answer = checkRevocationByOcsp({ ...input, response: forged });
      // The certificates beside the signature may change where they decide nothing; the word may not.
      if (answer.status !== 'unknown') expect(verify(byDelegate)).toEqual(answer);
    }
  });

  test('that is cut off, padded, or no OCSP at all', () => {
    const response = ocspAnswer(byIssuer);
    const html = new TextEncoder().encode('<html>');
    for (const bytes of [
      response.subarray(0, 200),
      Buffer.concat([response, Buffer.of(0)]),
      html,
      new Uint8Array(),
    ]) {
      expect(() => verifyOcsp({ ...input, response: bytes })).toThrow(
        expect.objectContaining({ code: 'OCSP_MALFORMED' }),
      );
    }
  });

  test('when the responder does not answer; tryLater may be tried later', () => {
    const caught = (status: number) => checkRevocationByOcsp({ ...input, response: refusedAnswer(status) });
    for (const [status, code, retryable] of [
      [3, 'OCSP_TRY_LATER', true],
      [6, 'OCSP_NOT_ANSWERED', undefined],
      [2, 'OCSP_NOT_ANSWERED', undefined],
    ] as const) {
      expect(caught(status)).toMatchObject({ status: 'unknown', trouble: 'unavailable' });
      expect(() => verifyOcsp({ ...input, response: refusedAnswer(status) })).toThrow(
        expect.objectContaining({ code, detail: retryable ? { retryable } : expect.anything() }),
      );
    }
  });
});

test('a stale answer is trouble of its own', () => {
  const response = ocspAnswer(withSingle({ nextUpdate: minutes(-1) }));
  expect(checkRevocationByOcsp({ ...input, response })).toMatchObject({
    status: 'unknown',
    trouble: 'stale',
  });
});

test('the GET form escapes what base64 has and URLs have not', () => {
  const request = ocspRequest(input);
  const url = ocspGetUrl('http://ocsp.example/x', request);
  expect(url).toMatch(/^http:\/\/ocsp\.example\/x\/[A-Za-z0-9%]+$/);
  expect(Buffer.from(decodeURIComponent(url.slice(22)), 'base64').equals(Buffer.from(request))).toBe(true);
});
