// What does this certificate say? RFC 5280 §4.1, field by field, from DER. Nothing here asks whether it is
// true, in force or trusted: that is path.ts. What single extensions say is read in extensions.ts.

import { Refusal } from '../errors.ts';
import { certificateLimits } from '../policy.ts';
import type { AlgorithmIdentifier, Extension, Name, ParsedCertificate } from './certificate.ts';
import {
  contextConstructed,
  contextPrimitive,
  type DerElement,
  type DerReader,
  malformed,
  readSingle,
  sameBytes,
  TAG,
} from './der.ts';
import { readName } from './names.ts';

export { readChain } from './chain-file.ts';
export { sameBytes } from './der.ts';
export { parseGeneralNames } from './names.ts';

/**
 * Reads one certificate; views into `der`, nothing is copied: do not change the bytes afterwards.
 * Throws DER_MALFORMED, or CERTIFICATE_TOO_LARGE, CERTIFICATE_EXTENSION_REPEATED, CERTIFICATE_ALGORITHMS_DIFFER,
 * CERTIFICATE_VERSION_WRONG with the clause.
 */
export function parseCertificate(der: Uint8Array): ParsedCertificate {
  if (der.length > certificateLimits.certificateBytes) {
    throw tooLarge(`at most ${certificateLimits.certificateBytes} octets`);
  }
  const outer = readSingle(der, TAG.SEQUENCE).inside();
  const tbs = outer.element(TAG.SEQUENCE);
  const outerAlgorithm = readAlgorithm(outer);
  const signature = outer.bitString();
  outer.finish();
  if (signature.unusedBits !== 0) throw malformed('a signature of broken octets', tbs.end);
  return new Certificate(der, tbs, outerAlgorithm, signature.bytes);
}

class Certificate implements ParsedCertificate {
  readonly der: Uint8Array;
  readonly tbs: Uint8Array;
  readonly version: 1 | 2 | 3;
  readonly serialNumber: Uint8Array;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly spki: Uint8Array;
  readonly publicKeyAlgorithm: AlgorithmIdentifier;
  readonly extensions: readonly Extension[];

  constructor(der: Uint8Array, tbs: DerElement, outer: AlgorithmIdentifier, signature: Uint8Array) {
    const fields = tbs.inside();
    this.der = der;
    this.tbs = tbs.der;
    this.version = readVersion(fields);
    this.serialNumber = readSerialNumber(fields);
    this.signatureAlgorithm = readAlgorithm(fields);
    // What is signed must be what was announced (§4.1.1.2).
    if (!sameBytes(this.signatureAlgorithm.der, outer.der)) {
      throw new Refusal('CERTIFICATE_ALGORITHMS_DIFFER', { clause: 'RFC 5280 §4.1.1.2' });
    }
    this.signature = signature;
    this.issuer = readName(fields);
    const validity = fields.sequence();
    this.notBefore = validity.time();
    this.notAfter = validity.time();
    validity.finish();
    this.subject = readName(fields);
    const spki = fields.element(TAG.SEQUENCE);
    this.spki = spki.der;
    this.publicKeyAlgorithm = readPublicKeyAlgorithm(spki);
    const ids = [fields.optional(contextPrimitive(1)), fields.optional(contextPrimitive(2))];
    if (this.version === 1 && ids.some(Boolean)) throw wrongVersion('2 or 3 for unique identifiers');
    this.extensions = readExtensions(fields, this.version);
    fields.finish();
  }

  extension(oid: string): Extension | undefined {
    for (const extension of this.extensions) if (extension.oid === oid) return extension;
    return undefined;
  }
}

/** Zero and negative ones occur, and are read as they stand (§4.1.2.2). */
function readSerialNumber(fields: DerReader): Uint8Array {
  const serialNumber = fields.integer();
  const most = certificateLimits.serialNumberOctets;
  if (serialNumber.length > most) throw tooLarge(`a serial number of at most ${most} octets`);
  return serialNumber;
}

/** `[0] EXPLICIT Version DEFAULT v1`. Leniency ENCODED_DEFAULT: an encoded v1 is read. */
function readVersion(fields: DerReader): 1 | 2 | 3 {
  const wrapper = fields.optional(contextConstructed(0));
  if (!wrapper) return 1;
  const inside = wrapper.inside();
  const version = inside.smallInteger() + 1;
  inside.finish();
  if (version !== 1 && version !== 2 && version !== 3) throw wrongVersion('1, 2 or 3');
  return version;
}

function wrongVersion(expected: string): Refusal {
  return new Refusal('CERTIFICATE_VERSION_WRONG', { expected, clause: 'RFC 5280 §4.1.2.1' });
}

/** AlgorithmIdentifier: the parameters stay bytes, to be read by who knows the algorithm. */
export function readAlgorithm(reader: DerReader): AlgorithmIdentifier {
  const sequence = reader.element(TAG.SEQUENCE);
  const fields = sequence.inside();
  const oid = fields.oid();
  const parameters = fields.done ? undefined : fields.element().der;
  fields.finish();
  return { oid, parameters, der: sequence.der };
}

function readPublicKeyAlgorithm(spki: DerElement): AlgorithmIdentifier {
  const fields = spki.inside();
  const algorithm = readAlgorithm(fields);
  fields.bitString();
  fields.finish();
  return algorithm;
}

/** `[3] EXPLICIT Extensions`: at least one, version 3, each OID once (§4.2). */
function readExtensions(fields: DerReader, version: number): readonly Extension[] {
  const wrapper = fields.optional(contextConstructed(3));
  if (!wrapper) return [];
  if (version !== 3) throw wrongVersion('3 for extensions');
  const inside = wrapper.inside();
  const extensions = readExtensionList(inside);
  inside.finish();
  return extensions;
}

/** Extensions, as certificates, CRLs and OCSP responses carry them. @throws Refusal CERTIFICATE_EXTENSION_REPEATED */
export function readExtensionList(reader: DerReader): readonly Extension[] {
  const sequence = reader.element(TAG.SEQUENCE);
  const extensions: Extension[] = [];
  // Bounds the comparison of each with all before it.
  const most = certificateLimits.extensions;
  for (const list = sequence.inside(); !list.done; ) {
    const fields = list.sequence();
    const oid = fields.oid();
    const critical = fields.defaultFalse();
    const value = fields.octetString();
    fields.finish();
    for (const earlier of extensions) {
      if (earlier.oid === oid) {
        throw new Refusal('CERTIFICATE_EXTENSION_REPEATED', { found: oid, clause: 'RFC 5280 §4.2' });
      }
    }
    if (extensions.push({ oid, critical, value }) > most) throw tooLarge(`at most ${most} extensions`);
  }
  if (extensions.length === 0) throw malformed('an empty list of extensions', sequence.start);
  return extensions;
}

function tooLarge(expected: string): Refusal {
  return new Refusal('CERTIFICATE_TOO_LARGE', { expected });
}
