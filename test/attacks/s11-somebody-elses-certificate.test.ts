import { constants, sign } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import {
  type PossessionClaim,
  parametersDigest,
  possessionStatement,
  verifyPossession,
} from '../../core/message/possession.ts';
import { type SigningParty, signingParty } from '../support/signer.ts';

// P: another participant saw a certificate, and its whole enrolment message, on the wire, and sends it as its own.
let owner: SigningParty;
let thief: SigningParty;
beforeAll(async () => {
  [owner, thief] = await Promise.all([signingParty(), signingParty()]);
});

const asked = { chain: ['MIIDVzCC'], use: 'transport', reason: 'canal nuevo' };

const claimOf = (over: Partial<PossessionClaim> = {}): PossessionClaim => ({
  thumbprint: owner.thumbprint,
  sender: 'FINTECH_CL',
  receiver: 'SHINKANSEN',
  messageId: 'm-1',
  creationDate: '2026-06-01T12:00:00Z',
  parametersSha256: parametersDigest(asked),
  ...over,
});

function proofBy(party: SigningParty, claim: PossessionClaim) {
  const key = { key: party.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  return { alg: 'PS256', signature: sign('sha256', possessionStatement(claim), key).toString('base64') };
}

test("S11 the owner's proof holds for the owner's enrolment, so that what follows shows something", () => {
  expect(verifyPossession(claimOf(), proofBy(owner, claimOf()), owner.publicKey).thumbprint).toBe(
    owner.thumbprint,
  );
});

test.each<[string, () => Partial<PossessionClaim>]>([
  ['under the name of another sender', () => ({ sender: 'THIEF_CL' })],
  ['at another node', () => ({ receiver: 'BANCO_CL' })],
  ['in another message', () => ({ messageId: 'm-2' })],
  ['at another time', () => ({ creationDate: '2026-06-01T12:00:01Z' })],
  ['for another use', () => ({ parametersSha256: parametersDigest({ ...asked, use: 'signing' }) })],
  ['for another reason', () => ({ parametersSha256: parametersDigest({ ...asked, reason: 'otra cosa' }) })],
  [
    'as one that replaces another certificate',
    () => ({ parametersSha256: parametersDigest({ ...asked, replaces: owner.thumbprint }) }),
  ],
  ['for another certificate', () => ({ thumbprint: thief.thumbprint })],
])('S11 a captured proof is refused %s', (_, over) => {
  const captured = proofBy(owner, claimOf());
  expect(() => verifyPossession(claimOf(over()), captured, owner.publicKey)).toThrow(
    'not a signature by the new key',
  );
});

test("S11 a signature by the thief's own key does not prove the owner's certificate", () => {
  const claim = claimOf({ sender: 'THIEF_CL' });
  expect(() => verifyPossession(claim, proofBy(thief, claim), owner.publicKey)).toThrow(
    'not a signature by the new key',
  );
});
