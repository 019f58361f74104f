import { expect, test } from 'vitest';
import {
  type Act,
  actVoteStatement,
  applyActVote,
  enoughVotes,
  operatorsNeeded,
  proposeAct,
  requireSigned,
} from '../../../core/people/act.ts';
import { parseActParameters } from '../../../core/people/act-parameters.ts';
import { aPerson, aProof, factorPublicKey, hours, minutes, nonce, noon } from '../../support/people.ts';

const operators = ['op1', 'op2', 'op3'].map((personId) =>
  aPerson({ personId, office: 'nodeOperator', participant: null }),
);

function anAct(): Act {
  return proposeAct(
    {
      actId: '01JACT',
      kind: 'apiKey.issue',
      parameters: { participant: 'AURORA' },
      reason: 'first key',
      proposedBy: 'op1',
    },
    noon,
  );
}

function signed(act: Act, personId: string, over: Act = act): Act {
  const statement = { ...actVoteStatement(over, personId, 'confirm'), nonce: nonce() };
  return applyActVote(act, { personId, vote: 'confirm', at: minutes(1), proof: aProof(statement, personId) });
}

test('two different operators with a proof each over this act make it signed', () => {
  const act = signed(signed(anAct(), 'op1'), 'op2');
  expect(enoughVotes(act)).toBe(true);
  expect(requireSigned(act, operators, factorPublicKey, minutes(2)).signers).toEqual(['op1', 'op2']);
});

test('a proof over the same act with other parameters is a proof over another act', () => {
  const other = { ...anAct(), parameters: { participant: 'BOREAL' } } as Act;
  const act = signed(signed(anAct(), 'op1'), 'op2', other);
  expect(() => requireSigned(act, operators, factorPublicKey, minutes(2))).toThrow(
    expect.objectContaining({ code: 'PROOF_OTHER_STATEMENT' }),
  );
});

test('a changed reason breaks both signatures', () => {
  const act = { ...signed(signed(anAct(), 'op1'), 'op2'), reason: 'another reason' };
  expect(() => requireSigned(act, operators, factorPublicKey, minutes(2))).toThrow(
    expect.objectContaining({ code: 'PROOF_OTHER_STATEMENT' }),
  );
});

test('one rejection closes the act', () => {
  const statement = { ...actVoteStatement(anAct(), 'op2', 'reject'), nonce: nonce() };
  const act = applyActVote(anAct(), {
    personId: 'op2',
    vote: 'reject',
    at: noon,
    proof: aProof(statement, 'op2'),
  });
  expect(act.state).toBe('rejected');
  expect(() => requireSigned(act, operators, factorPublicKey, noon)).toThrow(
    expect.objectContaining({ code: 'ACT_CLOSED' }),
  );
});

test('an act not signed within 72 h is closed', () => {
  const act = signed(signed(anAct(), 'op1'), 'op2');
  expect(() => requireSigned(act, operators, factorPublicKey, hours(72))).toThrow(
    expect.objectContaining({ code: 'ACT_CLOSED' }),
  );
});

test('only acts that take rights away, or send again what was decided, need one operator', () => {
  const one = Object.entries(operatorsNeeded).filter(([, needed]) => needed === 1);
  expect(one.map(([kind]) => kind)).toEqual([
    'person.end',
    'apiKey.end',
    'peer.endCertificate',
    'outbox.revive',
    'limits.lower',
    'participant.suspend',
  ]);
});

const person = {
  office: 'apoderado',
  participant: 'AURORA',
  name: 'María Rojas',
  email: 'maria@example.com',
  tax_id: '12.345.678-5',
  tax_id_type: 'CLID',
  locale: 'es',
  power_from: '2026-01-01T00:00:00Z',
  power_until: null,
};

test.each([
  ['a member too many', { ...person, admin: true }],
  ['a member too few', { ...person, email: undefined }],
  ['markup in a name', { ...person, name: '<b>María</b>' }],
  ['a line break in a name', { ...person, name: 'María\nBcc: x@example.com' }],
  ['two addresses', { ...person, email: 'a@example.com,b@example.com' }],
  ['an unknown office', { ...person, office: 'root' }],
  ['an unknown language', { ...person, locale: 'de' }],
  ['a date without zone', { ...person, power_from: '2026-01-01' }],
])('refuses parameters with %s', (_, parameters) => {
  expect(() => parseActParameters('person.invite', parameters)).toThrow(
    expect.objectContaining({ code: 'ACT_PARAMETERS_INVALID' }),
  );
});

test('parameters are handed on exactly as they were read', () => {
  expect(parseActParameters('person.invite', person)).toBe(person);
});
