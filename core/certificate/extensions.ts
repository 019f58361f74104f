// What do a certificate's extensions say (RFC 5280 §4.2)? One reader for each that path validation uses; an
// extension that we know and cannot read is refused, critical or not. CRL pointers are read in revocation/.

import { Refusal } from '../errors.ts';
import { certificateLimits } from '../policy.ts';
import type { Extension, GeneralName, Oid, ParsedCertificate } from './certificate.ts';
import { contextConstructed, contextPrimitive, DerReader, malformed, TAG } from './der.ts';
import { readGeneralName, readGeneralNames } from './names.ts';

export const EXTENSION = {
  SUBJECT_KEY_IDENTIFIER: '2.5.29.14',
  KEY_USAGE: '2.5.29.15',
  SUBJECT_ALT_NAME: '2.5.29.17',
  ISSUER_ALT_NAME: '2.5.29.18',
  BASIC_CONSTRAINTS: '2.5.29.19',
  NAME_CONSTRAINTS: '2.5.29.30',
  CRL_DISTRIBUTION_POINTS: '2.5.29.31',
  CERTIFICATE_POLICIES: '2.5.29.32',
  POLICY_MAPPINGS: '2.5.29.33',
  AUTHORITY_KEY_IDENTIFIER: '2.5.29.35',
  POLICY_CONSTRAINTS: '2.5.29.36',
  EXTENDED_KEY_USAGE: '2.5.29.37',
  INHIBIT_ANY_POLICY: '2.5.29.54',
} as const;

export const ANY_POLICY: Oid = '2.5.29.32.0';

/** Bits of KeyUsage (RFC 5280 §4.2.1.3). */
export const KEY_USAGE = {
  DIGITAL_SIGNATURE: 1 << 0,
  NON_REPUDIATION: 1 << 1,
  KEY_CERT_SIGN: 1 << 5,
  CRL_SIGN: 1 << 6,
} as const;

// A search comes back to the same certificate many times; a long extension must cost once. The content is kept
// on the extension itself: a WeakMap costs more than most readings.
const content = Symbol('content');
type ReadOnce = Extension & { [content]?: unknown };

/** There is one `read` for each `oid`. */
function readExtension<T>(
  certificate: ParsedCertificate,
  oid: Oid,
  read: (value: DerReader) => T,
): T | undefined {
  const extension: ReadOnce | undefined = certificate.extension(oid);
  if (!extension) return undefined;
  if (extension[content] !== undefined) return extension[content] as T;
  const reader = new DerReader(extension.value);
  const value = read(reader);
  reader.finish();
  extension[content] = value;
  return value;
}

export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength: number | undefined;
}

/** §4.2.1.9. */
export function basicConstraintsOf(certificate: ParsedCertificate): BasicConstraints | undefined {
  return readExtension(certificate, EXTENSION.BASIC_CONSTRAINTS, (value) => {
    const fields = value.sequence();
    const ca = fields.defaultFalse();
    const pathLength = fields.tag === TAG.INTEGER ? fields.smallInteger() : undefined;
    fields.finish();
    return { ca, pathLength };
  });
}

/** §4.2.1.3: bits of KEY_USAGE; undefined where the extension is absent. All zero is refused there. */
export function keyUsageOf(certificate: ParsedCertificate): number | undefined {
  return readExtension(certificate, EXTENSION.KEY_USAGE, (value) => {
    const bits = value.namedBits();
    if (bits === 0) throw malformed('a keyUsage without any bit', 0);
    return bits;
  });
}

/** §4.2.1.12. */
export function extendedKeyUsageOf(certificate: ParsedCertificate): readonly Oid[] | undefined {
  return readExtension(certificate, EXTENSION.EXTENDED_KEY_USAGE, (value) =>
    readList(value.sequence(), (list) => list.oid()),
  );
}

/** §4.2.1.6. */
export function subjectAltNamesOf(certificate: ParsedCertificate): readonly GeneralName[] {
  return readExtension(certificate, EXTENSION.SUBJECT_ALT_NAME, readAltNames) ?? [];
}

/** §4.2.1.7. */
export function issuerAltNamesOf(certificate: ParsedCertificate): readonly GeneralName[] {
  return readExtension(certificate, EXTENSION.ISSUER_ALT_NAME, readAltNames) ?? [];
}

function readAltNames(value: DerReader): readonly GeneralName[] {
  const names = readGeneralNames(value);
  for (const name of names) {
    if (name.form === 'iPAddress' && name.bytes.length !== 4 && name.bytes.length !== 16) {
      throw malformed('an iPAddress of neither 4 nor 16 octets', 0);
    }
  }
  return names;
}

/** §4.2.1.2. */
export function subjectKeyIdOf(certificate: ParsedCertificate): Uint8Array | undefined {
  return readExtension(certificate, EXTENSION.SUBJECT_KEY_IDENTIFIER, (value) => value.octetString());
}

export interface AuthorityKeyId {
  readonly keyId: Uint8Array | undefined;
  readonly issuer: readonly GeneralName[] | undefined;
  readonly serialNumber: Uint8Array | undefined;
}

/** §4.2.1.1. */
export function authorityKeyIdOf(certificate: ParsedCertificate): AuthorityKeyId | undefined {
  return readExtension(certificate, EXTENSION.AUTHORITY_KEY_IDENTIFIER, (value) => {
    const fields = value.sequence();
    const keyId = fields.optional(contextPrimitive(0))?.content;
    const issuer =
      fields.tag === contextConstructed(1) ? readGeneralNames(fields, contextConstructed(1)) : undefined;
    const serialNumber = fields.tag === contextPrimitive(2) ? fields.integer(contextPrimitive(2)) : undefined;
    fields.finish();
    return { keyId, issuer, serialNumber };
  });
}

/** §4.2.1.4: the policies in order, each once; qualifiers are passed over, as §6 permits. */
export function policiesOf(certificate: ParsedCertificate): readonly Oid[] | undefined {
  return readExtension(certificate, EXTENSION.CERTIFICATE_POLICIES, (value) => {
    const policies = readList(value.sequence(), (list) => {
      const information = list.sequence();
      const policy = information.oid();
      if (!information.done) information.element(TAG.SEQUENCE);
      information.finish();
      return policy;
    });
    if (new Set(policies).size !== policies.length) throw malformed('a policy that stands twice', 0);
    return policies;
  });
}

export interface PolicyMapping {
  readonly issuerDomain: Oid;
  readonly subjectDomain: Oid;
}

/** §4.2.1.5. */
export function policyMappingsOf(certificate: ParsedCertificate): readonly PolicyMapping[] {
  const mappings = readExtension(certificate, EXTENSION.POLICY_MAPPINGS, (value) =>
    readList(value.sequence(), (list) => {
      const pair = list.sequence();
      const mapping = { issuerDomain: pair.oid(), subjectDomain: pair.oid() };
      pair.finish();
      return mapping;
    }),
  );
  return mappings ?? [];
}

export interface PolicyConstraints {
  readonly requireExplicitPolicy: number | undefined;
  readonly inhibitPolicyMapping: number | undefined;
}

/** §4.2.1.11: skip counts. */
export function policyConstraintsOf(certificate: ParsedCertificate): PolicyConstraints | undefined {
  return readExtension(certificate, EXTENSION.POLICY_CONSTRAINTS, (value) => {
    const fields = value.sequence();
    const count = (tag: number) => (fields.tag === tag ? fields.smallInteger(undefined, tag) : undefined);
    const requireExplicitPolicy = count(contextPrimitive(0));
    const inhibitPolicyMapping = count(contextPrimitive(1));
    fields.finish();
    if (requireExplicitPolicy === undefined && inhibitPolicyMapping === undefined) {
      throw malformed('empty policyConstraints', 0);
    }
    return { requireExplicitPolicy, inhibitPolicyMapping };
  });
}

/** §4.2.1.14: skip count. */
export function inhibitAnyPolicyOf(certificate: ParsedCertificate): number | undefined {
  return readExtension(certificate, EXTENSION.INHIBIT_ANY_POLICY, (value) => value.smallInteger());
}

export interface NameConstraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

/** §4.2.1.10: minimum is 0 and maximum absent in this profile. */
export function nameConstraintsOf(certificate: ParsedCertificate): NameConstraints | undefined {
  return readExtension(certificate, EXTENSION.NAME_CONSTRAINTS, (value) => {
    const fields = value.sequence();
    const permitted = fields.optional(contextConstructed(0));
    const excluded = fields.optional(contextConstructed(1));
    fields.finish();
    if (!permitted && !excluded) throw malformed('empty nameConstraints', 0);
    return {
      permitted: permitted ? readList(permitted.inside(), readSubtree) : [],
      excluded: excluded ? readList(excluded.inside(), readSubtree) : [],
    };
  });
}

function readSubtree(list: DerReader): GeneralName {
  const fields = list.sequence();
  const base = readGeneralName(fields);
  // Leniency ENCODED_DEFAULT: an encoded minimum of 0 is read.
  const minimum =
    fields.tag === contextPrimitive(0) ? fields.smallInteger(undefined, contextPrimitive(0)) : 0;
  if (minimum !== 0 || !fields.done) {
    throw new Refusal('NAME_CONSTRAINT_UNKNOWN', {
      expected: 'minimum 0, no maximum',
      clause: 'RFC 5280 §4.2.1.10',
    });
  }
  return base;
}

/** SEQUENCE SIZE (1..MAX) OF, bounded: what grows with the square of its length must be short. */
function readList<T>(list: DerReader, read: (list: DerReader) => T): readonly T[] {
  const items: T[] = [];
  while (!list.done) {
    if (items.length === certificateLimits.extensionItems) {
      throw new Refusal('CERTIFICATE_TOO_LARGE', {
        expected: `at most ${items.length} items in one extension`,
      });
    }
    items.push(read(list));
  }
  if (items.length === 0) throw malformed('an empty list', list.position);
  return items;
}
