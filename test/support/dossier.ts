// A network node that has seen a whole story: an enrolment with its revocation check, its confirmation and its payout
// operator's answer, then a payout and the operator's word on it. What a test of dossiers exports from.

import { createHash, sign } from 'node:crypto';
import { certificateItem } from '../../adapters/dynamodb/certificate-items.ts';
import { decisions } from '../../adapters/dynamodb/decisions.ts';
import { dossierPorts } from '../../adapters/dynamodb/dossier.ts';
import { chainItem } from '../../adapters/dynamodb/enrolment-items.ts';
import { payoutMoves } from '../../adapters/dynamodb/payout-moves.ts';
import { personWrite } from '../../adapters/dynamodb/people.ts';
import type { Table } from '../../adapters/dynamodb/table.ts';
import { memoryIds } from '../../adapters/memory/clock.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { answerParameters } from '../../core/enrolment/answer.ts';
import { type Dossier, dossierBytes } from '../../core/evidence/dossier.ts';
import type { DossierTrust } from '../../core/evidence/dossier-check.ts';
import { enrolmentDossier, payoutDossier } from '../../core/evidence/dossier-export.ts';
import { type JsonObject, writeEnvelope } from '../../core/message/envelope.ts';
import { payoutAnswerParameters, readPayoutAnswer } from '../../core/payout/forward.ts';
import { decisionIdOf, openDecision, taskIdOf } from '../../core/people/decision.ts';
import { readAttestation } from '../../core/people/passkey.ts';
import { type Proof, proofBytes, proofDigest } from '../../core/people/proof.ts';
import { type ConfirmationStatement, statementHash, subjectOf } from '../../core/people/statement.ts';
import type { Sealer } from '../../core/ports.ts';
import { admitEnrolment } from '../../functions/admit-enrolment/admit-enrolment.ts';
import { checkRevocation } from '../../functions/check-revocation/check-revocation.ts';
import { receiveAnswer } from '../../functions/receive-node-message/receive-answer.ts';
import { receivePayoutAnswer } from '../../functions/receive-node-message/receive-payout-answer.ts';
import { Authenticator } from './authenticator.ts';
import { now as enrolledAt, enrolMessage, enrolmentNode, signedBy } from './enrolment.ts';
import { evidenceNode } from './evidence.ts';
import { listBy } from './listed.ts';
import { bank, debtor, network, now, payoutWorld } from './payouts.ts';
import { aPerson, aProof, factorPrivateKey, factorPublicKey } from './people.ts';

const unheard = async () => {};
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64url');

export async function dossierNode() {
  const { root } = await payoutWorld();
  const enrolling = enrolmentNode(root);
  const { table, clock, sealer } = enrolling;
  const leaf = enrolling.leaf({ crlUrls: ['http://psc.example/crl'] });
  const evidence = evidenceNode(enrolling.items, table, { clock, sealer, finId: network.finId });
  const operator = root.issue({ subject: [{ type: 'CN', value: 'Banco' }] as never, keyLabel: 'bank' });
  const signed = async (header: object, content: JsonObject) => {
    const bytes = writeEnvelope(header as never, content);
    return { bytes, signature: await signedBy(operator, bytes) };
  };
  const headerOf = (messageId: string, at: Date) => ({
    sender: { finId: bank, finIdSchema: 'SHINKANSEN' },
    receiver: network,
    messageId,
    creationDate: at,
  });
  const settle = async () => {
    await evidence.chain();
    await evidence.sign();
  };

  await table.write({ put: chainItem(operator.thumbprint, [operator.der]) });
  const pinned = {
    thumbprint: operator.thumbprint,
    keyThumbprint: 'key of the bank',
    participant: bank,
    enrolmentId: 'pin.ACT-1',
    use: 'signing',
    networkStatus: 'active',
    validity: 'valid',
    notAfter: parseCertificate(operator.der).notAfter,
    acceptingOperators: [],
    sources: [],
    anchor: root.thumbprint,
    activatedAt: clock.now(),
  } as const;
  const { item } = await certificateItem(pinned, sealer, 1, []);
  await table.write({ put: item });
  await evidence.happen({
    scope: 'node',
    kind: 'act.applied',
    actor: { kind: 'person', personId: 'P-2', method: 'password+totp' },
    subjects: { actId: 'ACT-1', peer: bank, thumbprint: operator.thumbprint },
    facts: { actKind: 'peer.pin', signers: ['P-1', 'P-2'] },
  });
  await settle();

  const caller = { participant: debtor, keyId: 'K1' };
  const body = enrolMessage({ leaf, messageId: 'enrol-1', chain: leaf.chain });
  const { enrolment } = (await admitEnrolment(
    enrolling.ports as never,
    {
      body,
      signature: undefined,
      caller,
    } as never,
  )) as unknown as { enrolment: { id: string } };
  const { id } = enrolment;
  const list = listBy(root, { thisUpdate: new Date(enrolledAt.getTime() - 60_000) });
  await evidence.archive.putBytes(sha256(list), list, enrolledAt);
  await checkRevocation(
    {
      ...enrolling.ports,
      revocationOf: async () => ({ sources: [{ kind: 'crl', sha256: sha256(list) }] }),
    },
    { enrolmentId: id },
  );
  const { enrolments } = enrolling.ports;
  const pending = (await enrolments.find(id))!;
  const statementOf = (personId: string) => ({
    type: 'apodera/confirmation/v1' as const,
    action: 'enrolment.confirm' as const,
    ...subjectOf(pending),
    task_id: taskIdOf(decisionIdOf(id, 'securityOfficer'), personId),
    nonce: 'n'.repeat(27),
  });
  const proofs: readonly Proof<ConfirmationStatement>[] = [
    aProof(statementOf('P-OFFICER'), 'P-OFFICER', clock.now()),
    await pressed(table, sealer, statementOf('P-PRESSES'), clock.now()),
  ];
  const asked = {
    enrolmentId: id,
    office: 'securityOfficer',
    subject: subjectOf(pending),
    messageId: 'enrol-1',
    rule: 'all',
    asked: proofs.map(({ personId }) => personId),
  } as const;
  const decision = openDecision(asked, clock.now(), 3600);
  const votes = proofs.map((proof) => ({
    personId: proof.personId,
    vote: 'confirm' as const,
    at: clock.now(),
    proof,
  }));
  const about = { enrolmentId: id, thumbprint: leaf.thumbprint, decisionId: decision.decisionId };
  const voted = proofs.map((proof) =>
    evidence.record({
      scope: debtor,
      kind: 'confirmation.voted',
      actor: { kind: 'person', personId: proof.personId, method: proof.method },
      subjects: about,
      facts: { vote: 'confirm', method: proof.method, proof: proofDigest(proof) },
    }),
  );
  await decisions(table, unheard).open(
    { ...decision, state: 'confirmed', votes },
    { evidence: voted, outbox: [] },
  );
  const waiting = { enrolmentId: id, operator: bank, status: 'waiting', at: clock.now() } as const;
  await enrolments.putRow(waiting, { evidence: [], outbox: [] });
  const accepted = await signed(headerOf('answer-1', clock.now()), {
    action: 'enrolment.answer',
    parameters: answerParameters({
      enrolmentId: id,
      thumbprint: leaf.thumbprint,
      status: 'accepted',
      code: null,
      confirmation: { method: 'password+totp', person: 'P-APODERADO' },
    }),
  });
  await receiveAnswer(enrolling.ports, { operator: bank, messageId: 'answer-1', message: accepted });
  await evidence.happen({
    scope: debtor,
    kind: 'enrolment.activated',
    actor: { kind: 'node', function: 'settle-enrolment' },
    subjects: { enrolmentId: id, thumbprint: leaf.thumbprint },
    facts: { acceptedBy: [bank], confirmedBy: asked.asked.slice() },
  });
  const active = (await enrolments.find(id))!;
  await enrolments.note(active, [{ number: 16, outcome: 'ACTIVE', at: clock.now() }], {
    evidence: [],
    outbox: [],
  });
  await settle();

  clock.set(now);
  const paying = await payoutWorld({ table, leaf });
  await paying.send({ messageId: 'pay-1', payouts: [{ id: 't-1', amount: '1500' }, { id: 't-2' }] });
  const moves = payoutMoves({ table, large: paying.large, announce: unheard });
  const payout = (await moves.find(debtor, 't-1'))!;
  const words = await signed(headerOf('answer-2', clock.now()), {
    action: 'payout.answer',
    parameters: payoutAnswerParameters({
      participant: debtor,
      transactionId: 't-1',
      networkTransactionId: payout.networkTransactionId,
      status: 'ok',
      responseStatus: 'ok',
      responseMessage: '',
    }),
  });
  const parameters = JSON.parse(Buffer.from(words.bytes).toString()).document.parameters as JsonObject;
  await receivePayoutAnswer(
    { clock, ids: memoryIds('ANS'), moves, alarm: () => {} },
    { answer: readPayoutAnswer(parameters), payoutOperator: bank, message: words },
  );
  // Other things happen on the same day.
  for (let more = 0; more < 3; more++) await evidence.happen({ scope: debtor });

  const ports = dossierPorts({
    node: network.finId,
    table,
    archive: evidence.archive,
    large: paying.large,
    factorKey: async () => factorPublicKey,
  });
  const key = { node: network.finId, key: evidence.signer.publicKey };
  const trust: DossierTrust = { anchors: [root.der], evidenceKeys: [key] };
  return {
    evidence,
    items: enrolling.items,
    settle,
    trust,
    root,
    enrolmentId: id,
    exportPayout: (transaction = 't-1'): Promise<Dossier> =>
      payoutDossier(ports, { participant: debtor, id: transaction }),
    exportEnrolment: () => enrolmentDossier(ports, id),
  };
}

/** A second officer, who has a passkey. */
async function pressed(
  table: Table,
  sealer: Sealer,
  statement: ConfirmationStatement,
  at: Date,
): Promise<Proof<ConfirmationStatement>> {
  const personId = 'P-PRESSES';
  const device = new Authenticator();
  const made = readAttestation(device.create('new'), 'new', 'pages.test');
  const passkeys = [{ ...made, addedAt: at, endedAt: null }];
  const { write } = await personWrite(sealer, aPerson({ personId, passkeys }), []);
  await table.transact([write]);
  const unsigned = {
    method: 'passkey' as const,
    personId,
    at: at.toISOString(),
    statement,
    assertion: device.get(statementHash(statement)),
  };
  const signature = sign('sha256', proofBytes(unsigned), factorPrivateKey).toString('base64url');
  return { ...unsigned, signature };
}

/** The story costs half a second: once for a test file. */
export async function someDossier() {
  const node = await dossierNode();
  await node.settle();
  const dossier = await node.exportPayout();
  return { ...node, dossier, bytes: dossierBytes(dossier) };
}
