import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Decision } from '../../core/people/decision.ts';
import { taskIdOf } from '../../core/people/decision.ts';
import { verifyProof } from '../../core/people/proof.ts';
import type { ConfirmationStatement } from '../../core/people/statement.ts';
import { askConfirmation } from '../../functions/ask-confirmation/ask-confirmation.ts';
import { aWaitingConfirmation, rightCode } from '../support/confirmation.ts';
import { aSubject } from '../support/people.ts';
import { anEnrolment, password } from '../support/people-world.ts';

// A5: who confirmed says years later that they did not, or that it was about something else.

type Stand = Awaited<ReturnType<typeof aWaitingConfirmation>>;

async function confirmedBy(office: 'securityOfficer' | 'apoderado', personId: string) {
  const stand = await aWaitingConfirmation();
  const decisionId = `${aSubject.enrolment_id}.${office}`;
  if (office === 'securityOfficer') await askOfficer(stand);
  const link = await stand.world.linkTo({ kind: 'task', decisionId, personId });
  stand.world.clock.advance(30);
  const form = { vote: 'confirm', code: rightCode, password, totp: stand.world.totp(personId) };
  await stand.send({ method: 'POST', link, form });
  const decision = (await stand.world.decisions.find(decisionId))!;
  return { world: stand.world, decision };
}

async function askOfficer({ world }: Stand) {
  world.enrolments.set(aSubject.enrolment_id, anEnrolment({ role: 'network', holder: 'p1' }));
  const ports = {
    ...world,
    enrolments: world.enrolmentStore,
    announceWake: (entry: Parameters<typeof world.announce>[0][number]) => world.announce([entry]),
  };
  await askConfirmation(ports, {
    taskToken: 'token-2',
    enrolmentId: aSubject.enrolment_id,
    office: 'securityOfficer',
    timeoutSeconds: 72 * 3600,
  });
}

/** As an auditor does it: the vote as it was kept, the public key, and what it is said to be about. */
function judged(decision: Decision, personId: string, factorPublicKey: KeyObject, about = {}) {
  const [vote] = decision.votes;
  const statement = {
    type: 'apodera/confirmation/v1' as const,
    action: 'enrolment.confirm' as const,
    ...aSubject,
    task_id: taskIdOf(decision.decisionId, personId),
    ...about,
  };
  return verifyProof<ConfirmationStatement>(vote!.proof, {
    factorPublicKey,
    personId,
    passkeys: undefined,
    votedAt: vote!.at,
    statement,
  });
}

describe.each([
  ['M14/A5', 'securityOfficer', 'officer'],
  ['M15/A5', 'apoderado', 'p1'],
] as const)('%s the %s who confirmed', (cell, office, personId) => {
  test(`${cell} is named by a proof that the public key alone verifies, and by evidence`, async () => {
    const { world, decision } = await confirmedBy(office, personId);
    expect(decision.state).toBe('confirmed');
    const key = world.factorSigner.publicKey;
    expect(judged(decision, personId, key).personId).toBe(personId);
    expect(JSON.stringify(world.evidence())).toContain(personId);
  });

  test(`${cell} is held to nothing else, and to nobody else's key`, async () => {
    const { world, decision } = await confirmedBy(office, personId);
    const key = world.factorSigner.publicKey;
    const others = [{ thumbprint: 'x'.repeat(43) }, { reason: 'otro' }, { participant: 'BOREAL' }];
    for (const about of others) expect(() => judged(decision, personId, key, about)).toThrow();
    expect(() => judged(decision, 'somebody', key)).toThrow();
    const forger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    expect(() => judged(decision, personId, forger)).toThrow();
  });
});
