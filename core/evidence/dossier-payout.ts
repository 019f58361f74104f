// What does a dossier prove of its payout? That the participant signed these bytes, that the node took them, and what
// the payout operator answered under its own signature.

import { Refusal } from '../errors.ts';
import { parametersOf, readEnvelope } from '../message/envelope.ts';
import { type PayoutAnswer, readPayoutAnswer, readPayoutForward } from '../payout/forward.ts';
import type { Dossier, DossierPayout } from './dossier.ts';
import type { DossierCheck } from './dossier-check.ts';
import { differs, type ProvedRecord, requireTold, sha256 } from './dossier-records.ts';
import { headWords, signerWords, timeOf } from './dossier-words.ts';

interface WireTransaction {
  readonly transaction_id?: unknown;
  readonly amount?: unknown;
  readonly currency?: unknown;
  readonly creditor?: { readonly account?: unknown; readonly identification?: { readonly id?: unknown } };
}

/** @throws Refusal */
export function payoutProved(check: DossierCheck, dossier: Dossier, payout: DossierPayout): void {
  const { header, document } = readEnvelope(Buffer.from(payout.message, 'base64'));
  const { participant, transaction_id: id } = payout;
  if (header.sender.finId !== participant) throw differs('sender', participant, header.sender.finId);
  const admitted = admittedBy(check, participant, header.messageId);
  const hash = sha256(Buffer.from(payout.message, 'base64'));
  if (admitted.facts.sha256 !== hash) throw differs('message', String(admitted.facts.sha256), hash);
  const signed = check.signature(payout, admitted.at);
  const { actor, facts } = admitted;
  const signer = actor.kind === 'participant' ? actor.thumbprint : facts.signer;
  if (signer !== signed.thumbprint) throw differs('signature', String(signer), signed.thumbprint);
  const { transactions } = document as unknown as { readonly transactions?: readonly WireTransaction[] };
  const transaction = transactions?.find(({ transaction_id }) => transaction_id === id);
  if (!transaction) throw new Refusal('DOSSIER_INCOMPLETE', { parameter: `transaction ${id}` });
  const { amount, currency, creditor } = transaction;
  check.say(
    participant,
    `signed the payout "${id}" of ${amount} ${currency} to the account ${creditor?.account} of ` +
      `${creditor?.identification?.id}, in its message "${header.messageId}" dated ${timeOf(header.creationDate)}, ` +
      `with ${signerWords(signed.path)}.`,
  );
  check.say(
    dossier.node,
    `recorded at ${timeOf(admitted.at)} that it took this message, byte for byte${broughtBy(admitted)}, its signature ` +
      `verified${admitted.kind === 'payouts.admitted' ? ' and its certificate active' : ''}; ${headWords(admitted.head)}.`,
  );
  requireActiveThen(check, dossier, signed.thumbprint, admitted);
  envelopeProved(check, dossier.node, payout, header.messageId);
  answerProved(check, dossier, payout);
}

function broughtBy({ actor, facts }: ProvedRecord): string {
  if (actor.apiKeyId !== undefined) return `, with the API key ${actor.apiKeyId}`;
  if (actor.thumbprint === undefined) return '';
  return `, out of an envelope (SHA-256 ${facts.envelope}) that ${actor.finId} signed with its certificate ${actor.thumbprint}`;
}

/** At the network the participant brought it, at a payout operator the network did. */
function admittedBy(check: DossierCheck, scope: string, messageId: string): ProvedRecord {
  const [found] = ['payouts.admitted', 'payouts.received']
    .flatMap((kind) => check.recordsOf(kind, { messageId }))
    .filter((record) => record.scope === scope);
  if (!found) throw new Refusal('DOSSIER_INCOMPLETE', { parameter: 'records of payouts.admitted' });
  return found;
}

/** the certificate's own enrolment stands beside, and came first. */
function requireActiveThen(
  check: DossierCheck,
  { enrolments }: Dossier,
  thumbprint: string,
  { scope, at }: ProvedRecord,
): void {
  const shown = new Set(enrolments.map(({ enrolment_id }) => enrolment_id));
  const activated = check
    .recordsOf('enrolment.activated', { thumbprint })
    .some((one) => one.scope === scope && one.at <= at && shown.has(one.subjects.enrolmentId ?? ''));
  if (!activated) throw new Refusal('DOSSIER_INCOMPLETE', { parameter: `enrolment of ${thumbprint}` });
}

/** At a payout operator: the network signed that it was this payout, in this very message. */
function envelopeProved(
  check: DossierCheck,
  node: string,
  { participant, transaction_id: id, message, envelope }: DossierPayout,
  messageId: string,
): void {
  const received = check
    .recordsOf('payouts.received', { messageId })
    .filter((one) => one.scope === participant && envelopeOf(one) !== undefined);
  if (!envelope) {
    if (received.length > 0) throw new Refusal('DOSSIER_INCOMPLETE', { parameter: 'envelope' });
    return;
  }
  const hash = sha256(Buffer.from(envelope.message, 'base64'));
  const told = received.find((one) => envelopeOf(one) === hash);
  if (!told) throw differs('envelope', received.map(envelopeOf).join(', '), hash);
  const around = readEnvelope(Buffer.from(envelope.message, 'base64'));
  const { sender, receiver } = around.header;
  if (sender.finId !== told.actor.finId)
    throw differs('envelope: sender', String(told.actor.finId), sender.finId);
  if (receiver.finId !== node) throw differs('envelope: receiver', node, receiver.finId);
  const forward = readPayoutForward(parametersOf(around, 'payout.forward'));
  const inner = Buffer.from(forward.original.bytes).toString('base64');
  if (inner !== message) throw differs('envelope: message', message, inner);
  if (!forward.transactions.some(({ transactionId }) => transactionId === id))
    throw differs(
      'envelope: transactions',
      id,
      forward.transactions.map((one) => one.transactionId).join(', '),
    );
  const signed = check.signature(envelope, told.at);
  if (told.actor.thumbprint !== signed.thumbprint)
    throw differs('envelope: signature', String(told.actor.thumbprint), signed.thumbprint);
  check.say(
    sender.finId,
    `forwarded this very payout to ${node}, to be started until ${timeOf(forward.notAfter)}, signed with ` +
      `${signerWords(signed.path)}.`,
  );
}

const envelopeOf = ({ sources }: ProvedRecord) => sources.find(({ kind }) => kind === 'envelope')?.sha256;

function answerProved(check: DossierCheck, dossier: Dossier, payout: DossierPayout): void {
  const { participant, transaction_id: transactionId } = payout;
  const about = { transactionId };
  const told = ['payout.answered', 'payout.okAfterError']
    .flatMap((kind) => check.recordsOf(kind, about))
    .filter((record) => record.scope === participant);
  const last = told.at(-1);
  if (!payout.answer) {
    if (last) throw new Refusal('DOSSIER_INCOMPLETE', { parameter: 'answer' });
    return;
  }
  if (!last) throw new Refusal('DOSSIER_INCOMPLETE', { parameter: 'records of payout.answered' });
  const signed = check.signature(payout.answer, last.at);
  requireTold('answer', last, last.actor.thumbprint, signed);
  const answer = requireAnswer(signed.body, dossier.node, last);
  if (answer.participant !== participant) throw differs('answer', participant, answer.participant);
  const operator = String(last.facts.payoutOperator);
  check.say(
    operator,
    `answered "${answer.status}" (${answer.responseStatus}) for this payout, signed with ${signerWords(signed.path)}; ` +
      `${dossier.node} recorded it at ${timeOf(last.at)}, ${headWords(last.head)}.`,
  );
  pinProved(check, operator, signed.thumbprint, dossier.node);
}

/** The operator's own words, and the record that tells of them. */
function requireAnswer(body: Uint8Array, node: string, told: ProvedRecord): PayoutAnswer {
  const envelope = readEnvelope(body);
  const { sender, receiver } = envelope.header;
  const answer = readPayoutAnswer(parametersOf(envelope, 'payout.answer'));
  const pairs: readonly (readonly [string, unknown, string])[] = [
    ['answer: sender', told.facts.payoutOperator, sender.finId],
    ['answer: receiver', node, receiver.finId],
    ['answer: transaction_id', told.subjects.transactionId, answer.transactionId],
    ['answer: shinkansen_transaction_id', told.subjects.networkTransactionId, answer.networkTransactionId],
    ['answer: status', told.facts.status, answer.status],
    ['answer: response_status', told.facts.code, answer.responseStatus],
  ];
  for (const [parameter, expected, found] of pairs)
    if (expected !== found) throw differs(parameter, String(expected), found);
  return answer;
}

/** How the operator's certificate came to be trusted: two node operators compared its thumbprint. */
function pinProved(check: DossierCheck, operator: string, thumbprint: string, node: string): void {
  for (const act of check.recordsOf('act.applied', { peer: operator, thumbprint })) {
    const signers = Array.isArray(act.facts.signers) ? act.facts.signers.length : 0;
    check.say(
      node,
      `recorded at ${timeOf(act.at)} that ${signers} node operators pinned this certificate of ${operator}; ${headWords(act.head)}.`,
    );
  }
}
