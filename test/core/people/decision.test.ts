import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  applyVote,
  countWrongCode,
  type Decision,
  endDecision,
  endingOf,
  openDecision,
  outcome,
  type Rule,
  taskIdOf,
  type Vote,
} from '../../../core/people/decision.ts';
import { aProof, aSubject, hours, minutes, nonce, noon } from '../../support/people.ts';

const people = ['p1', 'p2', 'p3'];

function decisionOf(rule: Rule, asked = people): Decision {
  return openDecision(
    { enrolmentId: '01JENR', office: 'apoderado', subject: aSubject, messageId: 'm1', rule, asked },
    noon,
    72 * 3600,
  );
}

function vote(personId: string, word: Vote['vote'], at = minutes(1)): Vote {
  const statement = {
    type: 'apodera/confirmation/v1' as const,
    action: `enrolment.${word}` as const,
    ...aSubject,
    task_id: taskIdOf('01JENR.apoderado', personId),
    nonce: nonce(),
  };
  return { personId, vote: word, at, proof: aProof(statement, personId) };
}

test.each<[Rule, string, Decision['state']]>([
  ['any', '', 'waiting'],
  ['any', 'c', 'confirmed'],
  ['any', 'r', 'rejected'],
  ['all', 'c', 'waiting'],
  ['all', 'cc', 'waiting'],
  ['all', 'ccc', 'confirmed'],
  ['all', 'r', 'rejected'],
  ['all', 'ccr', 'rejected'],
  ['twoOfThree', 'c', 'waiting'],
  ['twoOfThree', 'cc', 'confirmed'],
  ['twoOfThree', 'cr', 'waiting'],
  ['twoOfThree', 'crc', 'confirmed'],
  ['twoOfThree', 'crr', 'rejected'],
  ['twoOfThree', 'rr', 'rejected'],
])('rule %s after the votes "%s" is %s', (rule, votes, state) => {
  const end = [...votes].reduce(
    (decision, word, index) => applyVote(decision, vote(people[index]!, word === 'c' ? 'confirm' : 'reject')),
    decisionOf(rule),
  );
  expect(end.state).toBe(state);
});

test('a decided decision takes no vote, whatever the rule and the order', () => {
  const words = fc.array(fc.constantFrom<Vote['vote']>('confirm', 'reject'), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(fc.constantFrom<Rule>('any', 'all', 'twoOfThree'), words, (rule, given) => {
      let decision = decisionOf(rule);
      for (const [index, word] of given.entries()) {
        const before = decision;
        if (before.state === 'waiting') decision = applyVote(decision, vote(people[index]!, word));
        else
          expect(() => applyVote(before, vote(people[index]!, word))).toThrow(
            expect.objectContaining({ code: 'DECISION_ALREADY_DECIDED' }),
          );
      }
      expect(decision.state).not.toBe('waiting');
    }),
  );
});

test('a person votes once', () => {
  const once = applyVote(decisionOf('all'), vote('p1', 'confirm'));
  expect(() => applyVote(once, vote('p1', 'confirm'))).toThrow(
    expect.objectContaining({ code: 'TASK_ALREADY_VOTED' }),
  );
});

test('a person who was not asked has no vote', () => {
  expect(() => applyVote(decisionOf('any'), vote('p9', 'confirm'))).toThrow(
    expect.objectContaining({ code: 'DECISION_NOT_YOURS' }),
  );
});

test('a vote at the deadline is too late, also before the workflow has noticed', () => {
  expect(() => applyVote(decisionOf('any'), vote('p1', 'confirm', hours(72)))).toThrow(
    expect.objectContaining({ code: 'DECISION_EXPIRED' }),
  );
});

test('the third wrong code rejects with WRONG_CODE', () => {
  const twice = countWrongCode(countWrongCode(decisionOf('any'), noon), noon);
  expect(twice.state).toBe('waiting');
  const thrice = countWrongCode(twice, noon);
  expect([thrice.state, endingOf(thrice), outcome(thrice)]).toEqual(['rejected', 'WRONG_CODE', 'REJECTED']);
});

test('silence ends as NO_ANSWER, another confirmed one as SUPERSEDED, a rejection by its office', () => {
  expect(endingOf(endDecision(decisionOf('any'), undefined, hours(73)))).toBe('NO_ANSWER');
  expect(endingOf(endDecision(decisionOf('any'), 'SUPERSEDED', noon))).toBe('SUPERSEDED');
  expect(endingOf(applyVote(decisionOf('any'), vote('p1', 'reject')))).toBe('APODERADO_REJECTED');
});

test.each<[Rule, string[]]>([
  ['any', []],
  ['all', []],
  ['twoOfThree', ['p1']],
])('asks nobody under rule %s when too few people are there: %j', (rule, asked) => {
  expect(() => decisionOf(rule, asked)).toThrow(expect.objectContaining({ code: 'OFFICE_MISSING' }));
});
