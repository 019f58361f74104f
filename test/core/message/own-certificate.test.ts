import { beforeAll, expect, test } from 'vitest';
import { ownSigningCertificate } from '../../../core/message/own-certificate.ts';
import { type SigningParty, signingParty } from '../../support/signer.ts';

let party: SigningParty;
let other: SigningParty;
beforeAll(async () => {
  [party, other] = await Promise.all([signingParty(), signingParty()]);
});

const active = ({ thumbprint, certificateDer }: SigningParty, day: number) => ({
  thumbprint,
  der: certificateDer,
  activatedAt: new Date(Date.UTC(2026, 0, day)),
});

test('messages carry the certificate whose key signs them, whatever else is active', () => {
  const candidates = [active(other, 1), active(party, 2)];
  expect(ownSigningCertificate(candidates, party.publicKey, null)?.thumbprint).toBe(party.thumbprint);
  expect(ownSigningCertificate([active(other, 1)], party.publicKey, null)).toBeUndefined();
});

test('of two on one key the older one signs until people pin the new one', () => {
  const renewed = { ...active(party, 9), thumbprint: other.thumbprint };
  const candidates = [renewed, active(party, 2)];
  expect(ownSigningCertificate(candidates, party.publicKey, null)?.thumbprint).toBe(party.thumbprint);
  expect(ownSigningCertificate(candidates, party.publicKey, renewed.thumbprint)).toBe(renewed);
});
