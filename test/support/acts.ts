// A participant's signed acts, and the check of them against the certificates that a test calls active.

import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { CertificateStatus } from '../../core/enrolment/enrolment.ts';
import { Refusal } from '../../core/errors.ts';
import { type JsonObject, writeEnvelope } from '../../core/message/envelope.ts';
import { readDetachedJws, signDetached, verifyDetached } from '../../core/message/jws.ts';
import type { SigningParty } from './signer.ts';

export const fintech = { finId: 'FINTECH_CL', finIdSchema: 'SHINKANSEN' };
export const network = { finId: 'SHINKANSEN', finIdSchema: 'SHINKANSEN' };

export interface ActOptions {
  readonly action: string;
  readonly parameters?: JsonObject;
  readonly messageId?: string;
  readonly at: Date;
  readonly sender?: { finId: string; finIdSchema: string };
  readonly receiver?: { finId: string; finIdSchema: string };
}

let count = 0;

export async function signedAct(party: SigningParty, options: ActOptions) {
  const {
    action,
    parameters = {},
    messageId = `m-${++count}`,
    at,
    sender = fintech,
    receiver = network,
  } = options;
  const body = writeEnvelope({ sender, receiver, messageId, creationDate: at }, { action, parameters });
  return { body, signature: await signDetached(body, party.certificateDer, party) };
}

/** What core/message/sender.ts does with a table: here, `active` names whose certificates count. */
export function verifier(active: ReadonlyMap<Thumbprint, { party: SigningParty; participant: string }>) {
  return async (
    received: { readonly body: Uint8Array; readonly signature: string | undefined },
    expected: { readonly participant: string; readonly now: Date },
  ) => {
    const jws = readDetachedJws(received.signature);
    const known = active.get(jws.thumbprint);
    if (known?.participant !== expected.participant) throw new Refusal('SIGNATURE_OTHER_CERTIFICATE');
    verifyDetached(jws, received.body, known.party);
    // Accepted by one payout operator; what the others said, a test says.
    const status = { enrolmentId: 'ENROLMENT', acceptingOperators: ['BANCO_CL'] };
    return { thumbprint: jws.thumbprint, status: status as unknown as CertificateStatus };
  };
}
