import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acts } from '../../adapters/dynamodb/acts.ts';
import { decisions } from '../../adapters/dynamodb/decisions.ts';
import { factors, failures } from '../../adapters/dynamodb/factors.ts';
import { invitations } from '../../adapters/dynamodb/invitations.ts';
import { ledger } from '../../adapters/dynamodb/ledger.ts';
import { links } from '../../adapters/dynamodb/links.ts';
import { parties } from '../../adapters/dynamodb/parties.ts';
import { people } from '../../adapters/dynamodb/people.ts';
import { sessions, signInCodes } from '../../adapters/dynamodb/sessions.ts';
import type { Table } from '../../adapters/dynamodb/table.ts';
import { taskTokens } from '../../adapters/dynamodb/task-tokens.ts';
import { memoryCipher } from '../../adapters/memory/cipher.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { memorySealer } from '../../adapters/memory/sealer.ts';
import { memoryTable } from '../../adapters/memory/table.ts';
import { proposeAct } from '../../core/people/act.ts';
import { applyVote, endDecision, openDecision, taskIdOf } from '../../core/people/decision.ts';
import { pairLimits, sourceLimits } from '../../core/people/failures.ts';
import { openInvitation } from '../../core/people/invitation.ts';
import { newLinkId } from '../../core/people/link.ts';
import { startDynamoDb, type TestDynamoDb } from '../support/dynamodb.ts';
import { aContact, aPerson, aProof, aSubject, hours, minutes, nonce, noon } from '../support/people.ts';
import { aParty } from '../support/people-world.ts';

// What the people's flows may rely on, on the table's twin and on a real engine.
let engine: TestDynamoDb;
beforeAll(async () => {
  engine = await startDynamoDb();
});
afterAll(() => engine.stop());

const none = { evidence: [], outbox: [] };
const announce = async () => {};
const tables: [string, () => Promise<Table>][] = [
  ['memory', async () => memoryTable()],
  ['DynamoDB', () => engine.table()],
];

const aDecision = (enrolmentId = '01JENR') =>
  openDecision(
    {
      enrolmentId,
      office: 'apoderado',
      subject: { ...aSubject, enrolment_id: enrolmentId },
      messageId: 'm1',
      rule: 'any',
      asked: ['p1'],
    },
    noon,
    3600,
  );

function aVote(decision: ReturnType<typeof aDecision>) {
  const statement = {
    type: 'apodera/confirmation/v1' as const,
    action: 'enrolment.confirm' as const,
    ...decision.subject,
    task_id: taskIdOf(decision.decisionId, 'p1'),
    nonce: nonce(),
  };
  return { personId: 'p1', vote: 'confirm' as const, at: minutes(1), proof: aProof(statement, 'p1') };
}

describe.each(tables)('people on %s', (_, make) => {
  test('a decision comes back as it was written, votes and proofs included', async () => {
    const store = decisions(await make(), announce);
    const decision = aDecision();
    expect(await store.open(decision, none)).toBe('OPENED');
    expect(await store.open({ ...decision, asked: ['p9'] }, none)).toBe('KEPT');
    expect(await store.find(decision.decisionId)).toEqual(decision);
    const voted = applyVote(decision, aVote(decision));
    expect(await store.record([voted], none)).toBe('RECORDED');
    expect(await store.find(decision.decisionId)).toEqual(voted);
  });

  test('of vote and silence at the same moment one decides', async () => {
    const store = decisions(await make(), announce);
    const decision = aDecision();
    await store.open(decision, none);
    const done = await Promise.all([
      store.record([applyVote(decision, aVote(decision))], none),
      store.record([endDecision(decision, undefined, minutes(1))], none),
    ]);
    expect(done.sort()).toEqual(['MOVED', 'RECORDED']);
  });

  test('what one confirmation supersedes is written with it or not at all', async () => {
    const store = decisions(await make(), announce);
    const [first, second] = [aDecision('01JA'), aDecision('01JB')];
    await store.open(first, none);
    await store.open(second, none);
    expect((await store.waitingBeside(first)).map(({ enrolmentId }) => enrolmentId)).toEqual(['01JB']);
    await store.record([endDecision(second, 'WITHDRAWN', noon)], none);
    const both = [applyVote(first, aVote(first)), endDecision(second, 'SUPERSEDED', noon)] as const;
    expect(await store.record([...both], none)).toBe('MOVED');
    expect((await store.find(first.decisionId))?.state).toBe('waiting');
    expect(await store.waitingBeside(first)).toEqual([]);
  });

  test('people, contacts, parties, invitations and factors open under their seals', async () => {
    const table = await make();
    const sealer = memorySealer(memoryLog());
    const [person, contact] = [aPerson({ personId: 'p1' }), aContact('p1')];
    const to = { invitationId: 'i1', personId: 'p1', kind: 'first' as const, bootstrap: false };
    const invitation = openInvitation(to, '7KQ4-ZD2M-P9XT', noon);
    const factor = { personId: 'p1', passwordHash: 'h', totpSecretEncrypted: 'c', setAt: noon, version: 1 };
    const grants = [
      { noun: 'person' as const, person },
      { noun: 'contact' as const, contact },
      { noun: 'party' as const, party: aParty },
      { noun: 'invitation' as const, invitation },
      { noun: 'factor' as const, factor },
    ];
    const book = ledger(table, sealer, announce);
    expect(await book.commit(grants, [], none)).toBe('RECORDED');
    expect(await book.commit(grants, [], none)).toBe('MOVED');
    const store = people(table, sealer);
    expect(await store.person('p1')).toEqual(person);
    expect(await store.contact(person)).toEqual(contact);
    expect(await store.holders('AURORA')).toEqual([person]);
    expect(await store.byAddress(' P1@Example.com ')).toEqual([person]);
    expect(await parties(table, sealer).parties()).toEqual([aParty]);
    const invited = invitations(table, sealer);
    await invited.countWrongCode('i1');
    expect(await invited.invitation('i1')).toEqual({ ...invitation, wrongCodes: 1 });
    expect(await factors(table, sealer).factor('p1')).toEqual({ ...factor, lastStep: 0 });
  });

  test('a step of the authenticator is used by exactly one of many', async () => {
    const table = await make();
    const sealer = memorySealer(memoryLog());
    const factor = { personId: 'p1', passwordHash: 'h', totpSecretEncrypted: 'c', setAt: noon, version: 1 };
    await ledger(table, sealer, announce).commit([{ noun: 'factor', factor }], [], none);
    const store = factors(table, sealer);
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => store.useStep('p1', 7)));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(store.useStep('p1', 6)).rejects.toMatchObject({ code: 'FACTOR_STEP_USED' });
    await store.useStep('p1', 8);
  });

  test('failures of the same moment are all counted, and a new window starts at one', async () => {
    const store = failures(await make());
    const [pair, source] = [pairLimits('p1', '192.0.2.1'), sourceLimits('192.0.2.1')];
    const limits = [...pair, ...source];
    await Promise.all(Array.from({ length: 6 }, () => store.begin(limits, noon)));
    expect((await store.begin(limits, minutes(1))).map(({ failures: count }) => count)).toEqual([7, 7]);
    await store.forget(pair, source);
    expect((await store.begin(limits, minutes(2))).map(({ failures: count }) => count)).toEqual([1, 7]);
    expect((await store.begin(limits, hours(2)))[0]!.failures).toBe(1);
  });

  test('links, sessions, codes and tokens are found by their secret alone, and lie there otherwise', async () => {
    const table = await make();
    const linkId = newLinkId(Buffer.alloc(20, 7));
    const link = {
      target: { kind: 'task' as const, decisionId: 'd', personId: 'p1' },
      createdAt: noon,
      expiresAt: hours(1),
    };
    await links(table).put(linkId, link);
    expect(await links(table).find(linkId)).toEqual(link);
    const session = { personId: 'p1', createdAt: noon, lastSeenAt: noon, expiresAt: hours(8) };
    await sessions(table).start('a-session-secret', session, none);
    expect(await sessions(table).find('a-session-secret')).toEqual(session);
    const code = {
      personId: 'p1',
      method: 'passkey' as const,
      codeChallenge: 'c',
      redirectUri: 'http://127.0.0.1:1/',
      expiresAt: hours(1),
    };
    await signInCodes(table).put('a-sign-in-code', code);
    const taken = await Promise.all([1, 2, 3].map(() => signInCodes(table).take('a-sign-in-code')));
    expect(taken.filter(Boolean)).toEqual([code]);
    const tokens = taskTokens(table, memoryCipher());
    await tokens.put('d', 'a-task-token');
    expect(await tokens.read('d')).toBe('a-task-token');
    for await (const items of table.scan())
      expect(JSON.stringify(items)).not.toMatch(/a-session-secret|a-sign-in-code|a-task-token|BwcHBwcH/);
  });

  test('an act comes back with the very parameters that were signed', async () => {
    const table = await make();
    const store = acts(table, announce);
    const parameters = { person_ids: ['b', 'a'] };
    const act = proposeAct(
      { actId: '01J', kind: 'person.release', parameters, reason: 'ready', proposedBy: 'op' },
      noon,
    );
    await store.propose(act, none);
    expect(await store.act('01J')).toEqual(act);
    expect(await store.open()).toEqual([act]);
  });
});
