import { expect, test } from 'vitest';
import {
  type Act,
  actVoteStatement,
  applyActVote,
  proposeAct,
  requireSigned,
} from '../../core/people/act.ts';
import { parseActParameters } from '../../core/people/act-parameters.ts';
import { admitHolder } from '../../core/people/offices.ts';
import type { Person } from '../../core/people/person.ts';
import { aPerson, aProof, factorPublicKey, hours, minutes, nonce, noon } from '../support/people.ts';

const rosa = {
  office: 'securityOfficer',
  participant: 'AURORA',
  email: 'rosa@aurora.example',
  tax_id: '22333444-K',
  tax_id_type: 'CLID',
  locale: 'es',
  power_from: null,
  power_until: null,
} as const;
const officer = {
  office: 'securityOfficer',
  participant: 'AURORA',
  taxId: '11111111-1',
  email: 'o@example.com',
} as const;
const apoderado = {
  office: 'apoderado',
  participant: 'AURORA',
  taxId: '22222222-2',
  email: 'a@example.com',
} as const;
const operator = {
  office: 'nodeOperator',
  participant: null,
  taxId: '33333333-3',
  email: 'n@example.com',
} as const;

test.each([
  [
    'the officer’s tax id, written otherwise',
    { ...apoderado, taxId: '11.111.111-1' },
    officer,
    'OFFICE_SAME_PERSON',
  ],
  [
    'the officer’s address, written otherwise',
    { ...apoderado, email: ' O@Example.com' },
    officer,
    'OFFICE_SAME_PERSON',
  ],
  [
    'a node operator’s tax id',
    { ...apoderado, taxId: operator.taxId },
    operator,
    'OFFICE_NODE_OPERATOR_ONLY',
  ],
  ['a node operator’s address', { ...officer, email: operator.email }, operator, 'OFFICE_NODE_OPERATOR_ONLY'],
  [
    'an apoderado’s tax id as node operator',
    { ...operator, taxId: apoderado.taxId },
    apoderado,
    'OFFICE_NODE_OPERATOR_ONLY',
  ],
  [
    'the tax id of another node operator',
    { ...operator, email: 'x@example.com' },
    operator,
    'OFFICE_NODE_OPERATOR_ONLY',
  ],
])('S13 an insider cannot hold two keys to one door: %s', (_, candidate, other, code) => {
  expect(() => admitHolder(candidate, [other])).toThrow(expect.objectContaining({ code }));
});

test('S13 the same apoderado may serve two participants', () => {
  expect(() => admitHolder({ ...apoderado, participant: 'BOREAL' }, [apoderado])).not.toThrow();
});

const operators = (change: Partial<Person> = {}) => [
  aPerson({ personId: 'op1', office: 'nodeOperator', participant: null }),
  aPerson({ personId: 'op2', office: 'nodeOperator', participant: null, ...change }),
];

function signedBy(...signers: string[]): Act {
  const parameters = { participant: 'AURORA' };
  const act: Act = proposeAct(
    { actId: '01JACT', kind: 'apiKey.issue', parameters, reason: 'first key', proposedBy: 'op1' },
    noon,
  );
  return signers.reduce((open, personId) => {
    const statement = { ...actVoteStatement(open, personId, 'confirm'), nonce: nonce() };
    const vote = { personId, vote: 'confirm' as const, at: minutes(1), proof: aProof(statement, personId) };
    return applyActVote(open, vote);
  }, act);
}

test.each([
  ['turned round', 'Contrato \u202Eodamrif'],
  ['with letters that nobody sees', 'Contrato\u200B firmado'],
  ['of several lines', 'Contrato\nAprobado por Carla Núñez'],
])('S13 one insider’s act whose words read otherwise than they are, %s, is not proposed', (_, words) => {
  const proposal = { actId: 'a1', proposedBy: 'n1', kind: 'person.invite' as const };
  const person = { ...rosa, name: 'Rosa Pinto' };
  expect(() => proposeAct({ ...proposal, parameters: person, reason: words }, noon)).toThrow(
    expect.objectContaining({ code: 'REASON_UNREADABLE' }),
  );
  const email = `${words.replace(' ', '')}@aurora.example`;
  for (const lie of [{ name: words }, { name: 'Rosa Pinto', email }])
    expect(() => parseActParameters('person.invite', { ...rosa, ...lie })).toThrow(
      expect.objectContaining({ code: 'ACT_PARAMETERS_INVALID' }),
    );
  expect(parseActParameters('person.invite', person)).toEqual(person);
});

test('S13 one operator cannot be both signers', () => {
  expect(() => requireSigned(signedBy('op1', 'op1'), operators(), factorPublicKey, minutes(2))).toThrow(
    expect.objectContaining({ code: 'ACT_ALREADY_SIGNED' }),
  );
});

test('S13 who invited the other signer within 7 days cannot sign with them', () => {
  const fresh = operators({ invitedBy: ['op1', 'op3'], invitedAt: hours(-24 * 6) });
  expect(() => requireSigned(signedBy('op1', 'op2'), fresh, factorPublicKey, minutes(2))).toThrow(
    expect.objectContaining({ code: 'OFFICE_RECENTLY_INVITED' }),
  );
  const settled = operators({ invitedBy: ['op1', 'op3'], invitedAt: hours(-24 * 8) });
  expect(requireSigned(signedBy('op1', 'op2'), settled, factorPublicKey, minutes(2)).signers).toHaveLength(2);
});

test.each<[string, Partial<Person>, string]>([
  ['a security officer', { office: 'securityOfficer', participant: 'AURORA' }, 'PERSON_WRONG_OFFICE'],
  ['an auditor', { office: 'auditor' }, 'PERSON_WRONG_OFFICE'],
  ['an operator not yet released', { state: 'unreleased' }, 'PERSON_NOT_ACTIVE'],
  ['an operator who has ended', { state: 'ended' }, 'PERSON_NOT_ACTIVE'],
])('S13 the second signature is not that of %s', (_, change, code) => {
  expect(() => requireSigned(signedBy('op1', 'op2'), operators(change), factorPublicKey, minutes(2))).toThrow(
    expect.objectContaining({ code }),
  );
});
