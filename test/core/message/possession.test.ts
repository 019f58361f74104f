import { constants, sign } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { confirmationCode, normalisedCode } from '../../../core/message/code.ts';
import {
  type PossessionClaim,
  parametersDigest,
  possessionStatement,
  verifyPossession,
} from '../../../core/message/possession.ts';
import { refusalCode } from '../../support/refusal-code.ts';
import { type SigningParty, signingParty } from '../../support/signer.ts';

let rsa: SigningParty;
let p256: SigningParty;
let p384: SigningParty;
let p521: SigningParty;

beforeAll(async () => {
  [rsa, p256, p384, p521] = await Promise.all([
    signingParty(),
    signingParty('P-256'),
    signingParty('P-384'),
    signingParty('P-521'),
  ]);
});

const code = (run: () => unknown) => refusalCode(run, 'PROVED');

const asked = { chain: ['MIIDVzCC'], use: 'signing', reason: 'primer certificado' };

const claimOf = (party: SigningParty): PossessionClaim => ({
  thumbprint: party.thumbprint,
  sender: 'FINTECH_CL',
  receiver: 'SHINKANSEN',
  messageId: 'm-1',
  creationDate: '2026-06-01T12:00:00Z',
  parametersSha256: parametersDigest(asked),
});

function prove(party: SigningParty, claim = claimOf(party), hash = 'sha256'): string {
  const statement = possessionStatement(claim);
  const rsaKey = { key: party.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const key =
    party.privateKey.asymmetricKeyType === 'rsa'
      ? rsaKey
      : { key: party.privateKey, dsaEncoding: 'ieee-p1363' as const };
  return sign(hash, statement, key).toString('base64');
}

describe('verifyPossession', () => {
  test('the statement is RFC 8785 JSON, so that any language can make it', () => {
    expect(Buffer.from(possessionStatement({ ...claimOf(rsa), thumbprint: 'T' as never })).toString()).toBe(
      '{"creation_date":"2026-06-01T12:00:00Z","message_id":"m-1","parameters_sha256":"0OSQ_uAnWhRQ8AvPFd3r1OrIBx2_zNf-Oh2apPTvjbQ","receiver":"SHINKANSEN",' +
        '"sender":"FINTECH_CL","thumbprint":"T","type":"apodera/possession/v2"}',
    );
  });

  test('proves RSA and the three curves, each with its own algorithm', () => {
    const cases = [
      [rsa, 'PS256', 'sha256'],
      [p256, 'ES256', 'sha256'],
      [p384, 'ES384', 'sha384'],
      [p521, 'ES512', 'sha512'],
    ] as const;
    for (const [party, alg, hash] of cases) {
      const proof = { alg, signature: prove(party, claimOf(party), hash) };
      expect(verifyPossession(claimOf(party), proof, party.publicKey).thumbprint).toBe(party.thumbprint);
    }
  });

  test('refuses an algorithm that is unknown or not of the key, and text that is no signature', () => {
    const claim = claimOf(rsa);
    const signature = prove(rsa);
    const outcome = (alg: string, text = signature) =>
      code(() => verifyPossession(claim, { alg, signature: text }, rsa.publicKey));
    for (const alg of ['RS256', 'none', '', 'toString']) expect(outcome(alg)).toBe('POSSESSION_MALFORMED');
    expect(outcome('ES256')).toBe('POSSESSION_NOT_PROVED');
    for (const text of ['', '*', `${signature}\n`])
      expect(outcome('PS256', text)).toBe('POSSESSION_MALFORMED');
    const p384Claim = claimOf(p384);
    const short = { alg: 'ES256', signature: prove(p384, p384Claim) };
    expect(code(() => verifyPossession(p384Claim, short, p384.publicKey))).toBe('POSSESSION_NOT_PROVED');
  });
});

describe('confirmationCode', () => {
  test('is six characters that nobody misreads, and the same at both ends', () => {
    const coded = { thumbprint: 'T' as never, messageId: 'm-1', enrolmentId: 'e-1' };
    // printf 'apodera/code/v2\nT\nm-1\ne-1' | sha256sum, first 30 bits in Crockford base32.
    expect(confirmationCode(coded)).toBe('Y76Z6Y');
    const others = [{ thumbprint: 'U' as never }, { messageId: 'm-2' }, { enrolmentId: 'e-2' }];
    for (const other of others)
      expect(confirmationCode({ ...coded, ...other })).not.toBe(confirmationCode(coded));
  });

  test('a typed code counts in any case, with a space or a hyphen, and with O, I and L as meant', () => {
    expect(normalisedCode(' ab1-0zk')).toBe('AB10ZK');
    expect(normalisedCode('oil 234')).toBe('011234');
  });
});
