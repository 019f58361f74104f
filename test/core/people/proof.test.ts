import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../../core/canonical-json.ts';
import { verifyProof } from '../../../core/people/proof.ts';
import { type ConfirmationStatement, parseStatement, statementHash } from '../../../core/people/statement.ts';
import { aProof, aSubject, factorPublicKey, minutes, nonce, noon } from '../../support/people.ts';

const agreed = {
  type: 'apodera/confirmation/v1' as const,
  action: 'enrolment.confirm' as const,
  ...aSubject,
  task_id: '01JENR.apoderado/person-1',
};
const statement: ConfirmationStatement = { ...agreed, nonce: nonce() };
const expected = {
  factorPublicKey,
  passkeys: undefined,
  personId: 'person-1',
  votedAt: minutes(1),
  statement: agreed,
};

test('admits a proof over exactly this statement by this person within five minutes', () => {
  expect(verifyProof(aProof(statement, 'person-1'), expected).personId).toBe('person-1');
});

test('a member of the statement that differs in any way makes it another statement', () => {
  const members = Object.keys(agreed) as (keyof typeof agreed)[];
  fc.assert(
    fc.property(fc.constantFrom(...members), fc.string(), (member, value) => {
      fc.pre(value !== agreed[member]);
      const other = { ...statement, [member]: value } as ConfirmationStatement;
      expect(() => verifyProof(aProof(other, 'person-1'), expected)).toThrow(/PROOF|statement|complete/);
    }),
  );
});

test('refuses a statement changed after it was signed', () => {
  const proof = aProof({ ...statement, action: 'enrolment.reject' as const }, 'person-1');
  const forged = { ...proof, statement };
  expect(() => verifyProof(forged, expected)).toThrow(
    expect.objectContaining({ code: 'PROOF_SIGNATURE_WRONG' }),
  );
});

test.each([
  ['another person', () => aProof(statement, 'person-2'), 'PROOF_OTHER_PERSON'],
  [
    'another key',
    () => aProof(statement, 'person-1', noon, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
    'PROOF_SIGNATURE_WRONG',
  ],
  [
    'a time 5 min 1 s before the vote',
    () => aProof(statement, 'person-1', minutes(-4 - 1 / 60)),
    'PROOF_TOO_OLD',
  ],
  ['a time after the vote', () => aProof(statement, 'person-1', minutes(2)), 'PROOF_TOO_OLD'],
  [
    'a time that is none',
    () => ({ ...aProof(statement, 'person-1'), at: 'yesterday' }),
    'PROOF_SIGNATURE_WRONG',
  ],
  ['a nonce under 128 bits', () => aProof({ ...statement, nonce: 'c2hvcnQ' }, 'person-1'), 'PROOF_MALFORMED'],
  [
    'an unknown method',
    () => ({ ...aProof(statement, 'person-1'), method: 'click' as 'password+totp' }),
    'PROOF_MALFORMED',
  ],
])('refuses a proof with %s', (_, proof, code) => {
  expect(() => verifyProof(proof(), expected)).toThrow(expect.objectContaining({ code }));
});

test('the statement hash covers every member, in RFC 8785 form', () => {
  expect(statementHash(statement)).not.toBe(statementHash({ ...statement, replaces: statement.thumbprint }));
  expect(canonicalJson(statement)).toMatch(/^\{"action":"enrolment.confirm","enrolment_id"/);
});

test.each([
  ['an extra member', { ...statement, extra: 'x' }],
  ['a missing member', agreed],
  ['another type', { ...statement, type: 'apodera/confirmation/v2' }],
  ['an action of another kind', { ...statement, action: 'payout.send' }],
  ['a number for text', { ...statement, reason: 5 }],
  ['null for text', { ...statement, psc: null }],
])('nothing is signed that has %s', (_, value) => {
  expect(parseStatement(value)).toBeUndefined();
});
