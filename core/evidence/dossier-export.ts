// What has to go into a dossier, and where is it? Collects the parts of one payout or one enrolment from a node's own
// records, each record with its way to the nearest signed head. What it collects is believed by nobody for that: the
// result is worth what dossier-verify.ts makes of it.

import type { KeyObject } from 'node:crypto';
import type { Json } from '../canonical-json.ts';
import type { Thumbprint } from '../certificate/thumbprint.ts';
import type { Enrolment } from '../enrolment/enrolment.ts';
import type { EnrolmentStore, OriginalMessage } from '../enrolment/ports.ts';
import { Refusal } from '../errors.ts';
import { parametersOf, readEnvelope } from '../message/envelope.ts';
import { readDetachedJws } from '../message/jws.ts';
import { readPayoutForward } from '../payout/forward.ts';
import type { Payout } from '../payout/payout.ts';
import type { OriginalPayouts, PayoutMoves } from '../payout/ports.ts';
import type { Passkey } from '../people/passkey.ts';
import type { Proof } from '../people/proof.ts';
import type {
  Dossier,
  DossierCertificate,
  DossierEnrolment,
  DossierPasskey,
  SignedMessage,
} from './dossier.ts';
import { type CollectedRecord, CollectedRecords, type RecordPorts } from './dossier-collect.ts';

export interface DossierPorts extends RecordPorts {
  readonly node: string;
  payout(participant: string, id: string): Promise<Payout | undefined>;
  original(participant: string, messageId: string): Promise<OriginalPayouts | undefined>;
  answerOf(payout: Payout): Promise<Required<OriginalMessage> | undefined>;
  readonly forwardOf: PayoutMoves['forwardOf'];
  readonly enrolments: Pick<EnrolmentStore, 'find' | 'list' | 'messageOf' | 'rows' | 'chainOf'>;
  /** The votes of an enrolment's decisions. */
  proofsOf(enrolmentId: string): Promise<readonly Proof[]>;
  passkeysOf(personId: string): Promise<readonly Passkey[]>;
  /** As stored, whatever its state: which anchor vouched for the path, and the enrolment that made it active. */
  statusOf(
    thumbprint: Thumbprint,
  ): Promise<
    { readonly anchor: Thumbprint; readonly enrolmentId: string; readonly activatedAt: Date } | undefined
  >;
  bytes(sha256: string): Promise<Uint8Array | undefined>;
  factorKey(): Promise<KeyObject>;
}

/** @throws Refusal PAYOUT_UNKNOWN, ENROLMENT_UNKNOWN, RECORD_UNSIGNED, DOSSIER_INCOMPLETE */
export async function payoutDossier(
  ports: DossierPorts,
  { participant, id }: { readonly participant: string; readonly id: string },
): Promise<Dossier> {
  const payout = await ports.payout(participant, id);
  const recorded = payout && (await ports.original(participant, payout.messageId));
  if (!payout || !recorded) throw new Refusal('PAYOUT_UNKNOWN');
  const { original, admittedAt } = recorded;
  const answer = await ports.answerOf(payout);
  const collected = new Collected(ports);
  const { thumbprint } = readDetachedJws(original.signature);
  await collected.certificate(thumbprint);
  const told = await collected.records.about(
    participant,
    { from: admittedAt, to: payout.response?.at ?? admittedAt },
    ({ subjects }) =>
      subjects.transactionId === payout.transactionId ||
      (subjects.messageId === payout.messageId && subjects.transactionId === undefined),
  );
  const envelope = await forwardAmong(ports, payout, told);
  if (envelope) await collected.signer(envelope);
  if (answer) await collected.signer(answer);
  await collected.enrolment(await enrolmentAt(ports, participant, thumbprint, admittedAt));
  return collected.dossier({
    participant,
    transaction_id: payout.transactionId,
    ...signedMessage(original),
    envelope: envelope ? signedMessage(envelope) : null,
    answer: answer ? signedMessage(answer) : null,
  });
}

/** A message may be forwarded more than once: the envelope that names this payout. */
async function forwardAmong(
  ports: DossierPorts,
  { participant, messageId, transactionId, networkTransactionId }: Payout,
  told: readonly CollectedRecord[],
): Promise<OriginalMessage | undefined> {
  const named = told
    .filter(({ kind }) => kind === 'payouts.received')
    .flatMap(({ sources }) => sources.filter(({ kind }) => kind === 'envelope'));
  for (const { sha256 } of named) {
    const forward = await ports.forwardOf(participant, messageId, sha256);
    if (!forward) throw incomplete(`envelope ${sha256}`);
    const { transactions } = readPayoutForward(parametersOf(readEnvelope(forward.bytes), 'payout.forward'));
    const isNamed = transactions.some(
      (one) => one.transactionId === transactionId && one.networkTransactionId === networkTransactionId,
    );
    if (isNamed) return forward;
  }
  if (named.length > 0) throw incomplete('envelope');
  return undefined;
}

/** @throws Refusal ENROLMENT_UNKNOWN, RECORD_UNSIGNED, DOSSIER_INCOMPLETE */
export async function enrolmentDossier(ports: DossierPorts, enrolmentId: string): Promise<Dossier> {
  const enrolment = await ports.enrolments.find(enrolmentId);
  if (!enrolment) throw new Refusal('ENROLMENT_UNKNOWN');
  const collected = new Collected(ports);
  await collected.enrolment(enrolment);
  return collected.dossier(null);
}

/** A certificate may have been enrolled more than once: the one that counted then. */
async function enrolmentAt(
  ports: DossierPorts,
  participant: string,
  thumbprint: Thumbprint,
  at: Date,
): Promise<Enrolment> {
  let cursor: string | undefined;
  do {
    const page = await ports.enrolments.list(participant, {
      limit: 100,
      ...(cursor !== undefined && { cursor }),
    });
    const found = page.items.find(
      (one) =>
        one.thumbprint === thumbprint && one.steps.some((step) => step.outcome === 'ACTIVE' && step.at <= at),
    );
    if (found) return found;
    cursor = page.cursor;
  } while (cursor !== undefined);
  throw new Refusal('ENROLMENT_UNKNOWN', { found: thumbprint });
}

class Collected {
  readonly #ports: DossierPorts;
  readonly records: CollectedRecords;
  readonly #certificates: Record<string, DossierCertificate> = {};
  readonly #revocation: Record<string, string> = {};
  readonly #enrolments: DossierEnrolment[] = [];
  #factorKey: string | null = null;

  constructor(ports: DossierPorts) {
    this.#ports = ports;
    this.records = new CollectedRecords(ports);
  }

  async enrolment(enrolment: Enrolment): Promise<void> {
    const { id, participant, thumbprint, createdAt, steps } = enrolment;
    const { enrolments } = this.#ports;
    const message = await enrolments.messageOf(enrolment);
    if (!message) throw incomplete(`message of ${id}`);
    const last = steps.reduce((latest, { at }) => (at > latest ? at : latest), createdAt);
    const found = await this.records.about(
      participant,
      { from: createdAt, to: last },
      ({ kind, subjects }) => subjects.enrolmentId === id && told.has(kind),
    );
    await this.#sources(
      found.flatMap(({ kind, sources }) => (kind === 'enrolment.revocationChecked' ? sources : [])),
    );
    await this.certificate(thumbprint, enrolment.anchor);
    if (message.signature !== undefined) await this.signer(message);
    if (message.envelope) await this.signer(message.envelope);
    const answers = (await enrolments.rows(id)).flatMap((row) => (row.message ? [row.message] : []));
    for (const answer of answers) await this.signer(answer);
    const proofs = await this.#ports.proofsOf(id);
    if (proofs.length > 0) this.#factorKey = base64(spki(await this.#ports.factorKey()));
    this.#enrolments.push({
      enrolment_id: id,
      participant,
      ...signedMessage(message),
      envelope: message.envelope ? signedMessage(message.envelope) : null,
      answers: answers.map(signedMessage),
      proofs: proofs.map((proof) => proof as unknown as Json),
      passkeys: await this.#passkeys(proofs),
    });
  }

  async #passkeys(proofs: readonly Proof[]): Promise<readonly DossierPasskey[]> {
    const found: DossierPasskey[] = [];
    for (const proof of proofs) {
      if (proof.method !== 'passkey') continue;
      const { credentialId } = proof.assertion;
      const own = await this.#ports.passkeysOf(proof.personId);
      const used = own.find((passkey) => passkey.credentialId === credentialId);
      if (!used) throw incomplete(`passkey ${credentialId}`);
      found.push({
        credential_id: credentialId,
        public_key: Buffer.from(used.publicKey, 'base64url').toString('base64'),
        rp_id: used.rpId,
      });
    }
    return found;
  }

  /** The signer's certificate, and the act of two node operators that pinned it, where one did. */
  async signer({ signature }: OriginalMessage): Promise<void> {
    const { thumbprint } = readDetachedJws(signature);
    if (this.#certificates[thumbprint]) return;
    await this.certificate(thumbprint);
    const status = await this.#ports.statusOf(thumbprint);
    if (!status?.enrolmentId.startsWith('pin.')) return;
    const at = status.activatedAt;
    await this.records.about(
      'node',
      { from: at, to: at },
      ({ kind, subjects }) => kind === 'act.applied' && subjects.thumbprint === thumbprint,
    );
  }

  async certificate(thumbprint: Thumbprint, known?: Thumbprint): Promise<void> {
    const path = await this.#ports.enrolments.chainOf(thumbprint);
    const anchor = known ?? (await this.#ports.statusOf(thumbprint))?.anchor;
    if (!path || anchor === undefined) throw incomplete(`chain of ${thumbprint}`);
    this.#certificates[thumbprint] = { path: path.map(base64), anchor };
  }

  async #sources(sources: readonly { readonly sha256: string }[]): Promise<void> {
    for (const { sha256 } of sources) {
      const bytes = await this.#ports.bytes(sha256);
      if (!bytes) throw incomplete(`revocation ${sha256}`);
      this.#revocation[sha256] = base64(bytes);
    }
  }

  async dossier(payout: Dossier['payout']): Promise<Dossier> {
    const { records, heads } = await this.records.underHeads();
    return {
      type: 'apodera/dossier/v1',
      node: this.#ports.node,
      payout,
      enrolments: this.#enrolments,
      certificates: this.#certificates,
      revocation: this.#revocation,
      records,
      heads,
      factor_key: this.#factorKey,
    };
  }
}

/** Kinds that dossier-enrolment.ts reads; others tell of mails and deliveries. */
const told = new Set([
  'enrolment.received',
  'enrolment.revocationChecked',
  'enrolment.answered',
  'enrolment.activated',
  'enrolment.rejected',
  'confirmation.asked',
  'confirmation.voted',
]);

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'der' });
const incomplete = (parameter: string) => new Refusal('DOSSIER_INCOMPLETE', { parameter });

function signedMessage({ bytes, signature }: OriginalMessage): SignedMessage {
  return { message: base64(bytes), signature: signature ?? null };
}
