// What does a dossier prove of an enrolment? Who sent the certificate and with which key, that they held its
// private key, what the PSC's lists said, who confirmed it with a second factor, and what the payout operators answered.

import { createPublicKey } from 'node:crypto';
import { canonicalJson, type Json } from '../canonical-json.ts';
import { findLeaf } from '../certificate/bundle.ts';
import { parseCertificate } from '../certificate/parse.ts';
import { type Thumbprint, thumbprintOf } from '../certificate/thumbprint.ts';
import { readAnswer } from '../enrolment/answer.ts';
import { readForward } from '../enrolment/forward.ts';
import { type EnrolParameters, readSubmission } from '../enrolment/submission.ts';
import { Refusal } from '../errors.ts';
import { type Envelope, parametersOf, readEnvelope } from '../message/envelope.ts';
import { verifyPossession } from '../message/possession.ts';
import type { Dossier, DossierEnrolment, SignedMessage } from './dossier.ts';
import type { DossierCheck } from './dossier-check.ts';
import { confirmationProved } from './dossier-confirmation.ts';
import { differs, messageOf, type ProvedRecord, requireTold, sha256 } from './dossier-records.ts';
import { revocationProved } from './dossier-revocation.ts';
import { headWords, signerWords, timeOf } from './dossier-words.ts';

/** @throws Refusal */
export function enrolmentProved(check: DossierCheck, dossier: Dossier, enrolment: DossierEnrolment): void {
  const { enrolment_id: enrolmentId, participant } = enrolment;
  const received = check.record('enrolment.received', { enrolmentId });
  const bytes = Buffer.from(enrolment.message, 'base64');
  const named = messageOf(received);
  if (named !== sha256(bytes)) throw differs('message', String(named), sha256(bytes));
  if (received.scope !== participant) throw differs('participant', participant, received.scope);
  const envelope = readEnvelope(bytes);
  requireAddressed(envelope, participant, receiverOf(dossier.node, received));
  const thumbprint = received.subjects.thumbprint as Thumbprint;
  requirePossession(envelope, thumbprint, received);
  const path = check.path(thumbprint, received.at);
  check.say(
    participant,
    `sent ${signerWords(path)}, to be used for ${received.facts.use}, for the reason ${JSON.stringify(received.facts.reason)}, ` +
      'and held its private key: that key signed this very request.',
  );
  check.say(
    dossier.node,
    `recorded the enrolment ${enrolmentId} at ${timeOf(received.at)}, sent with the API key ${received.actor.apiKeyId}; ` +
      `${headWords(received.head)}.`,
  );
  signerProved(check, enrolment, received);
  envelopeProved(check, dossier.node, enrolment, received);
  for (const checked of check.recordsOf('enrolment.revocationChecked', { enrolmentId }))
    revocationProved(check, dossier.node, checked, path);
  confirmationProved(check, dossier, enrolment, thumbprint);
  for (const answer of enrolment.answers) answerProved(check, dossier.node, enrolmentId, thumbprint, answer);
  activationProved(check, dossier.node, enrolment);
}

/** At a payout operator it is the network that the participant addressed. */
function receiverOf(node: string, { actor }: ProvedRecord): string {
  return actor.kind === 'network' && actor.finId !== undefined ? actor.finId : node;
}

function requireAddressed({ header }: Envelope, sender: string, receiver: string): void {
  if (header.sender.finId !== sender) throw differs('sender', sender, header.sender.finId);
  if (header.receiver.finId !== receiver) throw differs('receiver', receiver, header.receiver.finId);
}

/** S11, as on the day. */
function requirePossession(envelope: Envelope, thumbprint: Thumbprint, received: ProvedRecord): void {
  const parameters = parametersOf(envelope, 'certificate.enrol') as unknown as EnrolParameters;
  const submission = readSubmission(parameters);
  const leaf = findLeaf(submission.chain.map(parseCertificate));
  if (thumbprintOf(leaf.der) !== thumbprint) throw differs('thumbprint', thumbprint, thumbprintOf(leaf.der));
  const { use, reason, replaces } = received.facts;
  if (
    submission.use !== use ||
    submission.reason !== reason ||
    (submission.replaces ?? null) !== (replaces ?? null)
  )
    throw differs('message', `${use}, ${reason}`, `${submission.use}, ${submission.reason}`);
  const { header } = envelope;
  const claim = {
    thumbprint,
    sender: header.sender.finId,
    receiver: header.receiver.finId,
    messageId: header.messageId,
    creationDate: header.creationDateText,
    parametersSha256: submission.parametersSha256,
  };
  const publicKey = createPublicKey({ key: Buffer.from(leaf.spki), format: 'der', type: 'spki' });
  verifyPossession(claim, submission.possession, publicKey);
}

/** another active certificate of the participant vouched for it. */
function signerProved(check: DossierCheck, enrolment: DossierEnrolment, received: ProvedRecord): void {
  if (enrolment.signature === null) {
    if (received.actor.thumbprint !== undefined)
      throw new Refusal('DOSSIER_INCOMPLETE', { parameter: 'signature' });
    return;
  }
  const { thumbprint, path } = check.signature(enrolment, received.at);
  if (received.actor.thumbprint !== thumbprint)
    throw differs('signature', String(received.actor.thumbprint), thumbprint);
  check.say(enrolment.participant, `signed the request as well, with ${signerWords(path)}.`);
}

/** At a payout operator: the network signed that it was this request, under this enrolment. */
function envelopeProved(
  check: DossierCheck,
  node: string,
  enrolment: DossierEnrolment,
  received: ProvedRecord,
): void {
  const named = received.sources.find(({ kind }) => kind === 'envelope')?.sha256;
  if (enrolment.envelope === null) {
    if (named !== undefined) throw new Refusal('DOSSIER_INCOMPLETE', { parameter: 'envelope' });
    return;
  }
  const bytes = Buffer.from(enrolment.envelope.message, 'base64');
  if (named !== sha256(bytes)) throw differs('envelope', String(named), sha256(bytes));
  const network = receiverOf(node, received);
  const envelope = readEnvelope(bytes);
  requireAddressed(envelope, network, node);
  const { enrolmentId, original } = readForward(parametersOf(envelope, 'enrolment.forward'));
  const forwarded = {
    id: enrolmentId,
    message: base64(original.bytes),
    signature: original.signature ?? null,
  };
  const { enrolment_id: id, message, signature } = enrolment;
  if (canonicalJson(forwarded) !== canonicalJson({ id, message, signature }))
    throw differs('envelope', id, enrolmentId);
  const signed = check.signature(enrolment.envelope, received.at);
  if (received.facts.forwardSignedBy !== signed.thumbprint)
    throw differs('envelope: signature', String(received.facts.forwardSignedBy), signed.thumbprint);
  check.say(network, `forwarded this very request to ${node}, signed with ${signerWords(signed.path)}.`);
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

function answerProved(
  check: DossierCheck,
  node: string,
  enrolmentId: string,
  thumbprint: string,
  message: SignedMessage,
): void {
  const bytes = Buffer.from(message.message, 'base64');
  const { header } = readEnvelope(bytes);
  const operator = header.sender.finId;
  const answer = readAnswer(bytes);
  if (answer.enrolmentId !== enrolmentId || answer.thumbprint !== thumbprint)
    throw differs(`answer of ${operator}`, enrolmentId, answer.enrolmentId);
  if (header.receiver.finId !== node) throw differs(`answer of ${operator}`, node, header.receiver.finId);
  const told = check
    .recordsOf('enrolment.answered', { enrolmentId })
    .find(
      (one) => one.actor.finId === operator && messageOf(one) === sha256(bytes) && same(one.facts, answer),
    );
  if (!told) throw new Refusal('DOSSIER_INCOMPLETE', { parameter: `records of the answer of ${operator}` });
  const signed = check.signature(message, told.at);
  requireTold(`answer of ${operator}`, told, told.actor.thumbprint, signed);
  const { path } = signed;
  check.say(
    operator,
    `answered "${answer.status}" for this certificate, signed with ${signerWords(path)}; ${node} recorded it at ` +
      `${timeOf(told.at)}, ${headWords(told.head)}.`,
  );
}

function same(facts: ProvedRecord['facts'], answer: ReturnType<typeof readAnswer>): boolean {
  const { status, code, confirmation } = answer;
  const told = {
    status: facts.status ?? null,
    code: facts.code ?? null,
    confirmation: facts.confirmation ?? null,
  };
  return canonicalJson(told as Json) === canonicalJson({ status, code, confirmation } as Json);
}

function activationProved(
  check: DossierCheck,
  node: string,
  { enrolment_id, proofs, answers }: DossierEnrolment,
) {
  for (const activated of check.recordsOf('enrolment.activated', { enrolmentId: enrolment_id })) {
    const { confirmedBy, acceptedBy } = activated.facts as Record<string, readonly string[] | undefined>;
    const people = new Set(proofs.map((proof) => (proof as { personId?: string }).personId));
    const operators = new Set(
      answers.map(({ message }) => readEnvelope(Buffer.from(message, 'base64')).header.sender.finId),
    );
    const person = confirmedBy?.find((id) => !people.has(id));
    const operator = acceptedBy?.find((id) => !operators.has(id));
    if (person !== undefined)
      throw new Refusal('DOSSIER_INCOMPLETE', { parameter: `proof of the person ${person}` });
    if (operator !== undefined)
      throw new Refusal('DOSSIER_INCOMPLETE', { parameter: `answer of ${operator}` });
    check.say(
      node,
      `recorded at ${timeOf(activated.at)} that the certificate is active; ${headWords(activated.head)}.`,
    );
  }
}
