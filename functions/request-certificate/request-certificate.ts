// How does a node ask a PSC for its next certificate? A request (PKCS #10) signed by the node's message key, which
// stays in KMS. Any node operator may ask for one: it grants nothing. What the PSC makes of it counts only once two
// operators here and two at each peer have signed for it (node-certificate-acts.ts).

import { createHash } from 'node:crypto';
import { attributeTypes, type NameAttribute } from '../../core/certificate/name-writer.ts';
import { buildRequest } from '../../core/certificate/request.ts';
import { keyThumbprintOf } from '../../core/certificate/thumbprint.ts';
import { Refusal } from '../../core/errors.ts';
import type { EvidenceRecord } from '../../core/evidence/record.ts';
import { requireActive } from '../../core/people/person.ts';
import type { People } from '../../core/people/ports.ts';
import type { Clock, Ids, Signer } from '../../core/ports.ts';

export interface RequestCertificatePorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly people: Pick<People, 'person'>;
  /** RSASSA-PKCS1-v1_5 with SHA-256: what every PSC takes, and what no message of ours is signed with. */
  readonly signer: Signer;
  /** SubjectPublicKeyInfo of the message key, DER. */
  publicKey(): Promise<Uint8Array>;
  record(evidence: EvidenceRecord): Promise<void>;
}

export interface RequestCertificateInput {
  readonly personId: string;
  readonly subject: unknown;
}

export interface RequestedCertificate {
  /** base64 of DER. */
  readonly request: string;
  readonly publicKeyThumbprint: string;
}

const mostAttributes = 12;

/** @throws Refusal PERSON_UNKNOWN, PERSON_WRONG_OFFICE, PERSON_NOT_ACTIVE, ACT_PARAMETERS_INVALID */
export async function requestCertificate(
  ports: RequestCertificatePorts,
  input: RequestCertificateInput,
): Promise<RequestedCertificate> {
  const person = await ports.people.person(input.personId);
  if (!person) throw new Refusal('PERSON_UNKNOWN');
  if (person.office !== 'nodeOperator') throw new Refusal('PERSON_WRONG_OFFICE');
  const now = ports.clock.now();
  requireActive(person, now);
  const subject = subjectIn(input.subject);
  const spki = await ports.publicKey();
  const request = await buildRequest({
    subject,
    spki,
    algorithm: 'rsa-sha256',
    sign: (bytes) => ports.signer.sign(createHash('sha256').update(bytes).digest()),
  });
  const publicKeyThumbprint = keyThumbprintOf(spki);
  await ports.record({
    id: ports.ids.next(),
    scope: 'node',
    kind: 'nodeCertificate.requested',
    at: now,
    actor: { kind: 'person', personId: person.personId },
    subjects: { publicKeyThumbprint },
    facts: { sha256: createHash('sha256').update(request).digest('base64url') },
  });
  return { request: Buffer.from(request).toString('base64'), publicKeyThumbprint };
}

/** Nothing signs what it does not understand: known names, one line of plain text each. */
function subjectIn(value: unknown): readonly NameAttribute[] {
  const attributes = Array.isArray(value) ? (value as readonly Partial<NameAttribute>[]) : [];
  const isGood = ({ type, value: text }: Partial<NameAttribute>) =>
    typeof type === 'string' &&
    (Object.hasOwn(attributeTypes, type) || /^[0-2](\.\d{1,10}){2,12}$/.test(type)) &&
    typeof text === 'string' &&
    /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]{1,128}$/u.test(text);
  if (attributes.length === 0 || attributes.length > mostAttributes || !attributes.every(isGood))
    throw new Refusal('ACT_PARAMETERS_INVALID', {
      parameter: 'subject',
      expected: `1 to ${mostAttributes} attributes, each with a type and one line of text`,
    });
  return attributes.map(({ type, value: text }) => ({ type: type!, value: text! }));
}
