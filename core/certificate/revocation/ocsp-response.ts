// What does an OCSP answer say (RFC 6960 §4.2)? Field by field, from DER; nothing here is believed. Whose word it
// is and whether it counts is decided in ocsp.ts.

import { Refusal } from '../../errors.ts';
import type { AlgorithmIdentifier, Extension, Name, Oid, ParsedCertificate } from '../certificate.ts';
import { contextConstructed, contextPrimitive, type DerReader, readSingle, TAG } from '../der.ts';
import { readName } from '../names.ts';
import { parseCertificate, readAlgorithm, readExtensionList } from '../parse.ts';
import { type RevocationReason, readReason } from './crl-entry.ts';
import { readingAs } from './malformed.ts';

export interface OcspResponse {
  /** ResponseData as signed. */
  readonly tbs: Uint8Array;
  readonly responder: { readonly name: Name } | { readonly keyHash: Uint8Array };
  readonly producedAt: Date;
  readonly singles: readonly SingleResponse[];
  readonly extensions: readonly Extension[];
  readonly algorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  /** DER of what the responder sent along, to be read when its key is looked for. */
  readonly certificates: readonly Uint8Array[];
}

export interface SingleResponse {
  readonly hashOid: Oid;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  readonly serialNumber: Uint8Array;
  readonly status:
    | { readonly kind: 'good' }
    | { readonly kind: 'unknown' }
    | { readonly kind: 'revoked'; readonly at: Date; readonly reason: RevocationReason };
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | undefined;
  readonly extensions: readonly Extension[];
}

const BASIC_RESPONSE = '1.3.6.1.5.5.7.48.1.1';
const statuses: Readonly<Record<number, string>> = {
  1: 'malformedRequest',
  2: 'internalError',
  3: 'tryLater',
  5: 'sigRequired',
  6: 'unauthorized',
};

/** Throws `OCSP_MALFORMED`, `OCSP_TRY_LATER` (retryable), `OCSP_NOT_ANSWERED`. */
export function parseOcspResponse(der: Uint8Array): OcspResponse {
  return readingAs('OCSP_MALFORMED', () => {
    const fields = readSingle(der, TAG.SEQUENCE).inside();
    const status = fields.element(TAG.ENUMERATED).content;
    if (status.length !== 1 || status[0] !== 0) throw notAnswered(status[0] ?? -1);
    const wrapper = fields.enter(contextConstructed(0));
    fields.finish();
    const bytes = wrapper.sequence();
    wrapper.finish();
    const type = bytes.oid();
    if (type !== BASIC_RESPONSE)
      throw new Refusal('OCSP_MALFORMED', { expected: 'a basic response', found: type });
    const basic = readSingle(bytes.octetString(), TAG.SEQUENCE);
    bytes.finish();
    return readBasic(basic.inside());
  });
}

function notAnswered(status: number): Refusal {
  if (status === 3) return new Refusal('OCSP_TRY_LATER', { retryable: true });
  return new Refusal('OCSP_NOT_ANSWERED', { found: statuses[status] ?? `status ${status}` });
}

function readBasic(fields: DerReader): OcspResponse {
  const tbs = fields.element(TAG.SEQUENCE);
  const algorithm = readAlgorithm(fields);
  const signature = fields.bitString();
  if (signature.unusedBits !== 0)
    throw new Refusal('OCSP_MALFORMED', { found: 'a signature of broken octets' });
  const certificates: Uint8Array[] = [];
  const wrapper = fields.optional(contextConstructed(0))?.inside();
  for (const list = wrapper?.sequence(); list && !list.done; ) {
    certificates.push(list.element(TAG.SEQUENCE).der);
  }
  wrapper?.finish();
  fields.finish();
  const data = tbs.inside();
  const version = data.optional(contextConstructed(0))?.inside();
  if (version && version.smallInteger() !== 0)
    throw new Refusal('OCSP_MALFORMED', { found: 'another version' });
  version?.finish();
  const responder = readResponder(data);
  const producedAt = readGeneralizedTime(data);
  const singles: SingleResponse[] = [];
  for (const list = data.sequence(); !list.done; ) singles.push(readSingleResponse(list));
  const extensions = readWrappedExtensions(data);
  data.finish();
  return {
    tbs: tbs.der,
    responder,
    producedAt,
    singles,
    extensions,
    algorithm,
    signature: signature.bytes,
    certificates,
  };
}

function readResponder(data: DerReader): OcspResponse['responder'] {
  const byName = data.optional(contextConstructed(1))?.inside();
  if (byName) {
    const name = readName(byName);
    byName.finish();
    return { name };
  }
  const byKey = data.enter(contextConstructed(2));
  const keyHash = byKey.octetString();
  byKey.finish();
  return { keyHash };
}

function readSingleResponse(list: DerReader): SingleResponse {
  const fields = list.sequence();
  const certId = fields.sequence();
  const hashOid = readAlgorithm(certId).oid;
  const issuerNameHash = certId.octetString();
  const issuerKeyHash = certId.octetString();
  const serialNumber = certId.integer();
  certId.finish();
  const status = readStatus(fields);
  const thisUpdate = readGeneralizedTime(fields);
  const wrapper = fields.optional(contextConstructed(0))?.inside();
  const nextUpdate = wrapper && readGeneralizedTime(wrapper);
  wrapper?.finish();
  const extensions = readWrappedExtensions(fields);
  fields.finish();
  return { hashOid, issuerNameHash, issuerKeyHash, serialNumber, status, thisUpdate, nextUpdate, extensions };
}

/** CHOICE of good [0] NULL, revoked [1] RevokedInfo, unknown [2] NULL; all IMPLICIT. */
function readStatus(fields: DerReader): SingleResponse['status'] {
  const choice = fields.element();
  if (choice.tag === contextConstructed(1)) {
    const info = choice.inside();
    const at = readGeneralizedTime(info);
    const wrapper = info.optional(contextConstructed(0))?.inside();
    const reason = wrapper ? readReason(wrapper) : 'unspecified';
    wrapper?.finish();
    info.finish();
    return { kind: 'revoked', at, reason };
  }
  const plain = choice.contentStart === choice.end;
  if (plain && choice.tag === contextPrimitive(0)) return { kind: 'good' };
  if (plain && choice.tag === contextPrimitive(2)) return { kind: 'unknown' };
  throw new Refusal('OCSP_MALFORMED', { found: 'a certStatus of no known form' });
}

function readGeneralizedTime(reader: DerReader): Date {
  if (reader.tag !== TAG.GENERALIZED_TIME) {
    throw new Refusal('OCSP_MALFORMED', { expected: 'GeneralizedTime', clause: 'RFC 6960 §4.2.1' });
  }
  return reader.time();
}

function readWrappedExtensions(fields: DerReader): readonly Extension[] {
  const wrapper = fields.optional(contextConstructed(1))?.inside();
  if (!wrapper) return [];
  const extensions = readExtensionList(wrapper);
  wrapper.finish();
  return extensions;
}

/** What stands in `certs`, as far as it is a certificate at all. */
export function certificatesOf(response: OcspResponse, atMost: number): readonly ParsedCertificate[] {
  return response.certificates.slice(0, atMost).flatMap((der) => {
    try {
      return [parseCertificate(der)];
    } catch (error) {
      if (error instanceof Refusal) return [];
      throw error;
    }
  });
}
