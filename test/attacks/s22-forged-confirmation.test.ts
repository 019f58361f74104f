import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { confirmationOf } from '../../core/people/confirmation.ts';
import { applyVote, type Decision, openDecision, type Rule, taskIdOf } from '../../core/people/decision.ts';
import type { Person } from '../../core/people/person.ts';
import {
  aPerson,
  aProof,
  aSubject,
  factorPublicKey,
  hours,
  minutes,
  nonce,
  noon,
} from '../support/people.ts';

const people = ['p1', 'p2'].map((personId) => aPerson({ personId }));

function decided(
  rule: Rule = 'any',
  voters = ['p1'],
  asked = ['p1', 'p2'],
  signingKey?: Parameters<typeof aProof>[3],
) {
  const open = openDecision(
    {
      enrolmentId: aSubject.enrolment_id,
      office: 'apoderado',
      subject: aSubject,
      messageId: 'm1',
      rule,
      asked,
    },
    noon,
    3600,
  );
  return voters.reduce((decision, personId) => {
    const statement = {
      type: 'apodera/confirmation/v1' as const,
      action: 'enrolment.confirm' as const,
      ...aSubject,
      task_id: taskIdOf(decision.decisionId, personId),
      nonce: nonce(),
    };
    const proof = aProof(statement, personId, noon, signingKey);
    return applyVote(decision, { personId, vote: 'confirm', at: minutes(1), proof });
  }, open);
}

const judge = (decision: Decision, change: Partial<Parameters<typeof confirmationOf>[0]> = {}) =>
  confirmationOf({ decision, subject: aSubject, rule: 'any', people, factorPublicKey, ...change });
const refusal = (code: string) => expect.objectContaining({ code });

test('S22 a confirmation whose proofs hold is one', () => {
  expect(judge(decided()).proofs).toHaveLength(1);
});

test('S22 a state written as confirmed, without a vote, activates nothing', () => {
  expect(() => judge({ ...decided('any', []), state: 'confirmed' })).toThrow(refusal('DECISION_UNKNOWN'));
});

test('S22 a vote signed by a key that is not the factor key activates nothing', () => {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  expect(() => judge(decided('any', ['p1'], ['p1'], own))).toThrow(refusal('PROOF_SIGNATURE_WRONG'));
});

test('S22 a real vote copied to the enrolment of another certificate activates nothing', () => {
  const other = { ...aSubject, thumbprint: 'A'.repeat(43) };
  expect(() => judge({ ...decided(), subject: other }, { subject: other })).toThrow(
    refusal('PROOF_OTHER_STATEMENT'),
  );
});

test('S22 a rule or an asked list lowered in the table does not lower the bar', () => {
  expect(() => judge(decided('any', ['p1'], ['p1']), { rule: 'all' })).toThrow(refusal('DECISION_UNKNOWN'));
  expect(judge(decided('all', ['p1', 'p2']), { rule: 'all' }).proofs).toHaveLength(2);
});

test('S22 an earlier time of asking, written into the table, does not lower the bar', () => {
  const backdated = { ...decided('any', ['p1'], ['p1']), createdAt: hours(-24 * 365) };
  expect(() => judge(backdated, { rule: 'all' })).toThrow(refusal('DECISION_UNKNOWN'));
});

test('S22 the same vote twice in the table is one vote', () => {
  const once = decided('any', ['p1']);
  expect(() => judge({ ...once, votes: [...once.votes, ...once.votes] }, { rule: 'all' })).toThrow(
    refusal('DECISION_UNKNOWN'),
  );
});

test.each<[string, Partial<Person>, string]>([
  ['who has ended', { state: 'ended' }, 'PERSON_NOT_ACTIVE'],
  ['of another participant', { participant: 'BOREAL' }, 'PERSON_NOT_ACTIVE'],
  ['of another office', { office: 'securityOfficer' }, 'PERSON_NOT_ACTIVE'],
  [
    'whose power had ended (S16)',
    { power: { from: hours(-48), until: hours(-24) } },
    'PERSON_POWER_NOT_IN_FORCE',
  ],
  [
    'whose power had not begun (S16)',
    { power: { from: hours(1), until: null } },
    'PERSON_POWER_NOT_IN_FORCE',
  ],
])('S22 the vote of a person %s activates nothing', (_, change, code) => {
  const [first, second] = people;
  expect(() => judge(decided(), { people: [{ ...first!, ...change }, second!] })).toThrow(refusal(code));
});

test('S22 a vote recorded later than 5 minutes after its proof activates nothing', () => {
  const decision = decided();
  const late = { ...decision, votes: decision.votes.map((vote) => ({ ...vote, at: minutes(6) })) };
  expect(() => judge(late)).toThrow(refusal('PROOF_TOO_OLD'));
});
