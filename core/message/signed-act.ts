// Is this a signed message by which its sender does one act here, for the first time? What every act has in common,
// in the cheapest order; what the act means, and whether the sender may do it, its own function says.

import type { UsableCertificate } from '../certificate/usable.ts';
import { requireFullSay } from '../enrolment/full-say.ts';
import type { EnrolmentStore } from '../enrolment/ports.ts';
import { Refusal, type RefusalCode } from '../errors.ts';
import type { EvidenceRecord } from '../evidence/record.ts';
import type { OutboxEntry } from '../outbox.ts';
import { checkAge, type Institution, type JsonObject, parametersOf } from './envelope.ts';
import { addressedEnvelope, type CallerMessage } from './sender.ts';

export interface SignedActPorts {
  readonly node: Institution;
  /** @throws Refusal SIGNATURE_*, CERTIFICATE_* unless an active signing certificate of the participant signed. */
  verify(
    received: Pick<CallerMessage, 'body' | 'signature'>,
    expected: { readonly participant: string; readonly now: Date },
  ): Promise<Pick<UsableCertificate, 'thumbprint' | 'status'>>;
  /** @throws Refusal BODY_SCHEMA */
  checkShape(message: { readonly document: JsonObject }): unknown;
  isKnown(sender: string, messageId: string): Promise<boolean>;
  /** What payout operators said of an enrolment. */
  readonly rows: EnrolmentStore['rows'];
}

export interface ExpectedAct {
  /** `webhook.register`. */
  readonly action: string;
  readonly sender: Institution;
  readonly from: 'participant' | 'node';
  /** What the same message hears again. */
  readonly ifKnown: RefusalCode;
  readonly now: Date;
}

export interface SignedAct {
  readonly parameters: JsonObject;
  readonly message: ActMessage;
  readonly actor: EvidenceRecord['actor'];
}

export interface ActMessage {
  readonly messageId: string;
  readonly bytes: Uint8Array;
  readonly signature: string;
}

/** What is recorded in one transaction with the change that an act makes. */
export interface ActRecord {
  readonly message: ActMessage;
  readonly evidence: Omit<EvidenceRecord, 'states'>;
  readonly outbox: readonly OutboxEntry[];
}

/**
 * @throws Refusal SIGNATURE_*, CERTIFICATE_*, BODY_*, ENVELOPE_*, SENDER_*, RECEIVER_*, ACTION_UNEXPECTED, `ifKnown`,
 * ACCEPTANCE_INCOMPLETE, ...
 */
export async function receiveAct(
  ports: SignedActPorts,
  received: CallerMessage,
  { action, sender, from, ifKnown, now }: ExpectedAct,
): Promise<SignedAct> {
  const signer = await ports.verify(received, { participant: sender.finId, now });
  const envelope = addressedEnvelope(received.body, sender, ports.node);
  const parameters = parametersOf(envelope, action);
  ports.checkShape({ document: envelope.document });
  const { messageId } = envelope.header;
  if (await ports.isKnown(sender.finId, messageId)) throw new Refusal(ifKnown);
  await requireFullSay(ports, signer, now);
  checkAge(envelope.header, now, from);
  const { participant: finId, keyId: apiKeyId } = received.caller;
  return {
    parameters,
    message: { messageId, bytes: received.body, signature: received.signature! },
    actor: { kind: 'participant', finId, apiKeyId, thumbprint: signer.thumbprint },
  };
}
