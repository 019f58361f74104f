// The test PSC's OCSP responder (RFC 6960): reads a request, answers with the delegated responder's signature,
// or as a fault asks. CertIDs are matched under the hash that the request used.

import { createHash } from 'node:crypto';
import { contextConstructed, DerReader, TAG } from '../../core/certificate/der.ts';
import {
  context,
  contextPrimitive,
  enumerated,
  generalizedTime,
  integer,
  objectIdentifier,
  octetString,
  sequence,
} from '../../core/certificate/der-writer.ts';
import type { CountryAuthority, PscCertificate } from './authorities.ts';
import { nameOf, signStructure } from './certificate.ts';
import { encodeExtensions, keyIdentifier, subjectPublicKeyBits } from './extensions.ts';
import type { FaultName } from './faults.ts';
import { normalSerial, type RegisterEntry, reasonCode } from './register.ts';

const hashes: Record<string, string> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};
const nonceOid = '1.3.6.1.5.5.7.48.1.2';
const basicOid = '1.3.6.1.5.5.7.48.1.1';
const day = 86_400_000;

/** OCSPResponseStatus. */
const status = {
  malformedRequest: 1,
  internalError: 2,
  tryLater: 3,
  sigRequired: 5,
  unauthorized: 6,
} as const;

interface CertId {
  readonly der: Uint8Array;
  readonly hash: string | undefined;
  readonly nameHash: Uint8Array;
  readonly keyHash: Uint8Array;
  readonly serialNumber: string;
}

interface OcspRequest {
  readonly ids: readonly CertId[];
  /** DER of the nonce's OCTET STRING, as sent. */
  readonly nonce: Uint8Array | undefined;
}

export interface OcspContext {
  readonly authority: CountryAuthority;
  readonly now: Date;
  readonly lifetimeMs: number;
  readonly faults: ReadonlySet<FaultName>;
  find(serialNumber: string): RegisterEntry | undefined;
}

export function answerOcsp(body: Uint8Array, at: OcspContext): Uint8Array {
  if (at.faults.has('tryLater')) return errorResponse(status.tryLater);
  let request: OcspRequest;
  try {
    request = readRequest(body);
  } catch {
    return errorResponse(status.malformedRequest);
  }
  if (!request.ids.every((id) => isOurs(id, at.authority.intermediate)))
    return errorResponse(status.unauthorized);
  return successful(request, at);
}

const errorResponse = (code: number) => sequence(enumerated(code));

function readRequest(body: Uint8Array): OcspRequest {
  const tbs = new DerReader(body).sequence().sequence();
  tbs.optional(contextConstructed(0));
  tbs.optional(contextConstructed(1));
  const ids: CertId[] = [];
  for (const list = tbs.sequence(); !list.done; ) ids.push(readCertId(list.sequence()));
  const wrapper = tbs.optional(contextConstructed(2));
  let nonce: Uint8Array | undefined;
  if (wrapper) {
    for (const list = wrapper.inside().sequence(); !list.done; ) {
      const fields = list.sequence();
      const oid = fields.oid();
      fields.defaultFalse();
      const value = fields.octetString();
      if (oid === nonceOid) nonce = value;
    }
  }
  return { ids, nonce };
}

function readCertId(request: DerReader): CertId {
  const element = request.element(TAG.SEQUENCE);
  const fields = element.inside();
  const hash = hashes[fields.sequence().oid()];
  const nameHash = fields.octetString();
  const keyHash = fields.octetString();
  const serialNumber = normalSerial(Buffer.from(fields.integer()).toString('hex'));
  return { der: element.der, hash, nameHash, keyHash, serialNumber };
}

function isOurs(id: CertId, issuer: PscCertificate): boolean {
  if (!id.hash) return false;
  const digest = (bytes: Uint8Array) => createHash(id.hash!).update(bytes).digest();
  return (
    digest(nameOf(issuer.subject)).equals(id.nameHash) &&
    digest(subjectPublicKeyBits(issuer.spki)).equals(id.keyHash)
  );
}

function successful(request: OcspRequest, at: OcspContext): Uint8Array {
  const responder = responderFor(at);
  const shift = at.faults.has('stale') ? -(at.lifetimeMs + day) : at.faults.has('future') ? day : 0;
  const thisUpdate = new Date(Math.floor((at.now.getTime() + shift) / 1000) * 1000);
  const nextUpdate = new Date(thisUpdate.getTime() + at.lifetimeMs);
  const singles = request.ids.map((id) =>
    sequence(
      at.faults.has('wrongScope') ? otherCertId(id) : id.der,
      certStatus(at.find(id.serialNumber)),
      generalizedTime(thisUpdate),
      context(0, generalizedTime(nextUpdate)),
    ),
  );
  const nonce =
    request.nonce && at.faults.has('wrongNonce') ? octetString(Buffer.alloc(16, 7)) : request.nonce;
  const toBeSigned = sequence(
    context(2, octetString(keyIdentifier(responder.spki))),
    generalizedTime(thisUpdate),
    sequence(...singles),
    ...(nonce ? [context(1, encodeExtensions([{ oid: nonceOid, value: nonce }]))] : []),
  );
  const signed = signStructure(toBeSigned, responder.key);
  const basic = withCertificates(signed, responder.der);
  return sequence(enumerated(0), context(0, sequence(objectIdentifier(basicOid), octetString(basic))));
}

function responderFor({ authority, faults }: OcspContext): PscCertificate {
  if (faults.has('wrongSigner')) return authority.stranger;
  return faults.has('revokedResponder') ? authority.checkedResponder : authority.responder;
}

function certStatus(entry: RegisterEntry | undefined): Uint8Array {
  if (!entry) return contextPrimitive(2, new Uint8Array());
  if (!entry.revokedAt) return contextPrimitive(0, new Uint8Array());
  const reason = reasonCode(entry.revocationReason ?? 'unspecified');
  return context(
    1,
    generalizedTime(new Date(entry.revokedAt)),
    ...(reason === 0 ? [] : [context(0, enumerated(reason))]),
  );
}

/** The same issuer, the next serial number. */
function otherCertId(id: CertId): Uint8Array {
  const fields = new DerReader(id.der).sequence();
  const parts = [fields.element().der, fields.element().der, fields.element().der];
  return sequence(...parts, integer(BigInt(`0x${id.serialNumber}`) + 1n));
}

/** BasicOCSPResponse is a signed structure with the responder's certificate behind the signature. */
function withCertificates(signed: Uint8Array, certificate: Uint8Array): Uint8Array {
  const fields = new DerReader(signed).sequence();
  const parts = [fields.element().der, fields.element().der, fields.element().der];
  return sequence(...parts, context(0, sequence(certificate)));
}
