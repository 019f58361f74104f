// What does an activation rest on besides the persons' votes? Nothing of it is believed as the table has it (S22): the
// operators' answers and the participant's signature are verified again, and what is sealed is read from the stored
// chain and the sealed records of people. Whether it is enough is settlement.ts.

import { findLeaf } from '../../core/certificate/bundle.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import type { CertificationPath } from '../../core/certificate/path.ts';
import { keyThumbprintOf, thumbprintOf } from '../../core/certificate/thumbprint.ts';
import { type AdmissionGround, identifyCertificate } from '../../core/enrolment/admission.ts';
import { readAnswer } from '../../core/enrolment/answer.ts';
import type { CertificateStatus, Enrolment } from '../../core/enrolment/enrolment.ts';
import type { EnrolmentStore, OperatorRow } from '../../core/enrolment/ports.ts';
import { type EnrolParameters, readSubmission } from '../../core/enrolment/submission.ts';
import { Refusal } from '../../core/errors.ts';
import { type Institution, parametersOf } from '../../core/message/envelope.ts';
import { addressedEnvelope, type SenderPorts, verifySender } from '../../core/message/sender.ts';
import type { Party } from '../../core/people/party.ts';
import type { Parties } from '../../core/people/ports.ts';
import type { Clock } from '../../core/ports.ts';
import type { TrustInForce, TrustSource } from '../../core/trust.ts';

export interface ProveAgainPorts extends SenderPorts {
  readonly clock: Clock;
  readonly node: Institution;
  readonly enrolments: Pick<EnrolmentStore, 'rows' | 'chainOf' | 'messageOf'>;
  readonly parties: Pick<Parties, 'party'>;
  readonly trust: TrustSource;
  participant(finId: string): Promise<AdmissionGround['participant'] | undefined>;
  apoderados(participant: string): Promise<AdmissionGround['apoderados']>;
  sourcesOf(path: CertificationPath, profiles: TrustInForce['profiles']): readonly string[];
  warn(
    code: 'OPERATOR_ANSWER_UNPROVED',
    about: { readonly enrolmentId: string; readonly payoutOperator: string },
    because: string,
  ): void;
}

type Proved = Pick<
  CertificateStatus,
  'keyThumbprint' | 'notAfter' | 'sources' | 'anchor' | 'pscProfile' | 'holder' | 'powerUntil'
>;

/** Path, leaf and holder as at admission, by the anchors and people of now. @throws Refusal */
export async function provedCertificate(ports: ProveAgainPorts, enrolment: Enrolment): Promise<Proved> {
  const { participant: finId, thumbprint, use } = enrolment;
  const chain = await ports.enrolments.chainOf(thumbprint);
  const participant = await ports.participant(finId);
  const leaf = chain?.[0] && parseCertificate(chain[0]);
  if (!chain || !leaf || !participant || thumbprintOf(leaf.der) !== thumbprint)
    throw new Refusal('PROOF_BROKEN');
  const { anchors, profiles } = await ports.trust.inForce();
  const apoderados = await ports.apoderados(finId);
  const ground = { now: ports.clock.now(), anchors, profiles, apoderados, participant };
  const { path, anchor, pscProfile, holder } = identifyCertificate({ chain, use }, leaf, ground);
  return {
    keyThumbprint: keyThumbprintOf(leaf.spki),
    notAfter: leaf.notAfter,
    sources: ports.sourcesOf(path, profiles),
    anchor,
    pscProfile,
    ...(holder && { holder: holder.personId }),
    ...(holder?.powerUntil && { powerUntil: holder.powerUntil }),
  };
}

/** The certificate that signed this very enrolment, if its message still says so; else the officer is asked. */
export async function provedSigner(
  ports: ProveAgainPorts,
  enrolment: Enrolment,
  party: Party,
): Promise<CertificateStatus | undefined> {
  const original = enrolment.signedBy && (await ports.enrolments.messageOf(enrolment));
  if (!original) return undefined;
  const received = { body: original.bytes, signature: original.signature };
  const expected = { participant: party.finId, now: ports.clock.now() };
  try {
    const { certificate } = await verifySender(ports, received, expected);
    const envelope = addressedEnvelope(original.bytes, party, ports.node);
    const parameters = parametersOf(envelope, 'certificate.enrol') as unknown as EnrolParameters;
    const { chain, replaces } = readSubmission(parameters);
    const { der } = findLeaf(chain.map(parseCertificate));
    const isThis = thumbprintOf(der) === enrolment.thumbprint && replaces === enrolment.replaces;
    return isThis ? certificate.status : undefined;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** Rows whose signed message still says so to us, by a payout operator of this participant that may still sign. */
export async function provedRows(
  ports: ProveAgainPorts,
  enrolment: Enrolment,
  party: Party,
): Promise<OperatorRow[]> {
  const proved: OperatorRow[] = [];
  for (const row of await ports.enrolments.rows(enrolment.id)) {
    const final = row.status === 'accepted' || row.status === 'rejected';
    try {
      if (final) await requireAnswer(ports, enrolment, party, row);
      proved.push(row);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      ports.warn(
        'OPERATOR_ANSWER_UNPROVED',
        { enrolmentId: enrolment.id, payoutOperator: row.operator },
        error.code,
      );
      proved.push({ ...row, status: 'waiting' });
    }
  }
  return proved;
}

async function requireAnswer(
  ports: ProveAgainPorts,
  enrolment: Enrolment,
  party: Party,
  row: OperatorRow,
): Promise<void> {
  const operator = await ports.parties.party(row.operator);
  if (operator?.kind !== 'payoutOperator' || !party.payoutOperators.includes(operator.finId))
    throw new Refusal('ANSWER_OF_ANOTHER');
  const signed = await verifySender(
    ports,
    { body: row.message?.bytes ?? new Uint8Array(), signature: row.message?.signature },
    { participant: operator.finId, now: ports.clock.now() },
  );
  addressedEnvelope(signed.message.body, operator, ports.node);
  const answer = readAnswer(signed.message.body);
  const isThis = answer.enrolmentId === enrolment.id && answer.thumbprint === enrolment.thumbprint;
  if (!isThis || answer.status !== row.status) throw new Refusal('ANSWER_OF_ANOTHER');
}
