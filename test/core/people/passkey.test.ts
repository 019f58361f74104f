import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCbor } from '../../../core/people/cbor.ts';
import {
  challengeIn,
  isAssertion,
  type Passkey,
  passkeysAt,
  readAttestation,
  verifyAssertion,
  withoutPasskeys,
} from '../../../core/people/passkey.ts';
import { Authenticator, type Kind, type Lies } from '../../support/authenticator.ts';
import { minutes, noon } from '../../support/people.ts';

const [rpId, origin] = ['pages.test', 'https://pages.test'];
const question = () => randomBytes(32).toString('base64url');

function made(kind: Kind = 'ES256') {
  const authenticator = new Authenticator(origin, kind);
  const challenge = question();
  const found = readAttestation(authenticator.create(challenge), challenge, rpId);
  const passkey: Passkey = { ...found, addedAt: noon, endedAt: null };
  return { authenticator, passkey };
}

test.each<Kind>(['ES256', 'EdDSA', 'RS256'])('a passkey of %s is read and its answer verified', (kind) => {
  const { authenticator, passkey } = made(kind);
  const challenge = question();
  expect(verifyAssertion(authenticator.get(challenge, { counter: 7 }), passkey, challenge)).toEqual({
    counter: 7,
  });
  expect(passkey.credentialId).toBe(authenticator.credentialId);
});

const refused: readonly (readonly [string, Lies, string])[] = [
  ['another site’s hash', { rpId: 'evil.test' }, 'PASSKEY_OTHER_SITE'],
  ['another site’s origin', { origin: 'https://evil.test' }, 'PASSKEY_OTHER_SITE'],
  ['an origin that begins like ours', { origin: 'https://pages.test.evil' }, 'PASSKEY_OTHER_SITE'],
  ['plain http', { origin: 'http://pages.test' }, 'PASSKEY_OTHER_SITE'],
  ['a frame of another site', { crossOrigin: true }, 'PASSKEY_OTHER_SITE'],
  ['a touch without verification', { flags: 1 }, 'PASSKEY_NOT_VERIFIED'],
  ['nobody present', { flags: 4 }, 'PASSKEY_NOT_VERIFIED'],
  ['a backup of what cannot be backed up', { flags: 5 | 16 }, 'PASSKEY_WRONG'],
  ['another ceremony', { type: 'payment.get' }, 'PASSKEY_WRONG'],
  ['another key', { key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }, 'PASSKEY_WRONG'],
  ['another credential', { credentialId: question() }, 'PASSKEY_UNKNOWN'],
];
test.each(refused)('refuses an answer with %s', (_, lies, code) => {
  const { authenticator, passkey } = made();
  const challenge = question();
  expect(() => verifyAssertion(authenticator.get(challenge, lies), passkey, challenge)).toThrow(
    expect.objectContaining({ code }),
  );
});

// JSON may hold an object that cannot be made a text: asked for one, it would be a fault of ours.
const textless = { toString: 1 };

test('what stands where a text should is no answer and no fault', () => {
  const { authenticator, passkey } = made();
  const challenge = question();
  const answer = authenticator.get(challenge);
  const saying = (more: object) => {
    const data = JSON.parse(Buffer.from(answer.clientDataJson, 'base64url').toString()) as object;
    const clientDataJson = Buffer.from(JSON.stringify({ ...data, ...more })).toString('base64url');
    return { ...answer, clientDataJson };
  };
  for (const member of ['credentialId', 'clientDataJson', 'authenticatorData', 'signature'])
    for (const value of [textless, ['abc'], null, 7])
      expect(isAssertion({ ...answer, [member]: value })).toBe(false);
  expect(isAssertion(answer)).toBe(true);
  expect(challengeIn(saying({ challenge: textless }).clientDataJson)).toBe('');
  expect(() => verifyAssertion(saying({ origin: textless }), passkey, challenge)).toThrow(
    expect.objectContaining({ code: 'PASSKEY_OTHER_SITE' }),
  );
});

test('refuses an answer to another question', () => {
  const { authenticator, passkey } = made();
  const answer = authenticator.get(question());
  expect(() => verifyAssertion(answer, passkey, question())).toThrow(
    expect.objectContaining({ code: 'PASSKEY_OTHER_CHALLENGE' }),
  );
  expect(challengeIn(answer.clientDataJson)).toMatch(/^[\w-]{43}$/);
});

test('agrees with SimpleWebAuthn on registrations and answers, also where a bit was turned', async () => {
  const registered = await fc.check(
    fc.asyncProperty(
      fc.constantFrom<Kind>('ES256', 'EdDSA'),
      fc.constantFrom('', 'clientDataJson', 'authenticatorData', 'signature'),
      fc.nat(),
      async (kind, member, position) => {
        const { authenticator, passkey } = made(kind);
        const challenge = question();
        const answer = turned(authenticator.get(challenge), member, position);
        expect(accepts(() => verifyAssertion(answer, passkey, challenge))).toBe(
          await oracleAccepts(authenticator, answer, challenge),
        );
      },
    ),
    { numRuns: 60 },
  );
  expect(registered.failed, JSON.stringify(registered.counterexample)).toBe(false);
});

function turned<T extends object>(answer: T, member: string, position: number): T {
  if (!member) return answer;
  const bytes = Buffer.from((answer as Record<string, string>)[member]!, 'base64url');
  bytes[position % bytes.length]! ^= 1 << (position % 8);
  return { ...answer, [member]: bytes.toString('base64url') };
}

function accepts(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

async function oracleAccepts(
  authenticator: Authenticator,
  answer: ReturnType<Authenticator['get']>,
  challenge: string,
) {
  const about = { expectedOrigin: origin, expectedRPID: rpId, requireUserVerification: true };
  const first = question();
  const { clientDataJson, attestationObject } = authenticator.create(first);
  const shown = { id: authenticator.credentialId, rawId: authenticator.credentialId };
  const registration = await verifyRegistrationResponse({
    ...about,
    response: {
      ...shown,
      type: 'public-key',
      clientExtensionResults: {},
      response: { clientDataJSON: clientDataJson, attestationObject },
    },
    expectedChallenge: first,
  });
  const { authenticatorData, signature } = answer;
  return verifyAuthenticationResponse({
    ...about,
    response: {
      ...shown,
      type: 'public-key',
      clientExtensionResults: {},
      response: { clientDataJSON: answer.clientDataJson, authenticatorData, signature },
    },
    expectedChallenge: challenge,
    credential: registration.registrationInfo!.credential,
  }).then(
    ({ verified }) => verified,
    () => false,
  );
}

test('whatever bytes an attestation holds, it is read or refused, never a fault', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const challenge = question();
      const attestation = {
        ...new Authenticator(origin).create(challenge),
        attestationObject: Buffer.from(bytes).toString('base64url'),
      };
      expect(() => readAttestation(attestation, challenge, rpId)).toThrow(
        expect.objectContaining({ name: 'Refusal' }),
      );
    }),
  );
});

test('refuses CBOR that authenticators do not write: indefinite lengths, doubled names, deep nests, tags', () => {
  for (const hex of [
    '5f42010243030405ff',
    'a201010102',
    '818181818181818100',
    'c000',
    'f90000',
    '1bffffffffffffffff',
  ])
    expect(() => readCbor(Buffer.from(hex, 'hex')), hex).toThrow(RangeError);
  expect(readCbor(Buffer.from('a301022161610342f5f4', 'hex')).value).toEqual(
    new Map<number, unknown>([
      [1, 2],
      [-2, 'a'],
      [3, Buffer.from('f5f4', 'hex')],
    ]),
  );
});

test('a passkey counts from when it was added until it was ended, and a reset ends them all', () => {
  const { passkey } = made();
  const person = { passkeys: [passkey, { ...passkey, endedAt: minutes(1) }] };
  expect(passkeysAt(person.passkeys, minutes(-1))).toEqual([]);
  expect(passkeysAt(person.passkeys, minutes(2))).toEqual([passkey]);
  const reset = withoutPasskeys(person, minutes(5));
  expect(passkeysAt(reset.passkeys, minutes(5))).toEqual([]);
  expect(reset.passkeys!.map(({ endedAt }) => endedAt)).toEqual([minutes(5), minutes(1)]);
});
