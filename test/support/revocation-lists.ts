// Builds revocation lists for tests and benchmarks, well-formed ones and broken ones, signed with a given key.
// It decides nothing: what a list must look like to be believed is said in core/certificate/revocation.

import { constants, createSign, type KeyObject, sign } from 'node:crypto';
import * as der from '../../core/certificate/der-writer.ts';

export interface ListedEntry {
  /** Content octets of the serial's INTEGER. */
  readonly serial: Uint8Array;
  readonly revoked?: Date;
  /** CRLReason number. */
  readonly reason?: number;
  readonly invalidity?: Date;
  /** DER of the subject Name of the certificate's issuer (indirect lists). */
  readonly certificateIssuer?: Uint8Array;
  /** DER of further extensions. */
  readonly extensions?: readonly Uint8Array[];
}

export interface ListFields {
  /** DER of a Name. */
  readonly issuer: Uint8Array;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date | undefined;
  readonly entries?: readonly ListedEntry[];
  /** DER of each Extension. */
  readonly extensions?: readonly Uint8Array[];
  readonly key: KeyObject;
  readonly algorithm?: Uint8Array;
}

export const sha256WithRsa = der.sequence(der.objectIdentifier('1.2.840.113549.1.1.11'), der.nullValue());
export const ecdsaWithSha256 = der.sequence(der.objectIdentifier('1.2.840.10045.4.3.2'));

export function extension(oid: string, value: Uint8Array, critical = false): Uint8Array {
  const flag = critical ? [der.boolean(true)] : [];
  return der.sequence(der.objectIdentifier(oid), ...flag, der.octetString(value));
}

export const crlNumber = (n: number | bigint) => extension('2.5.29.20', der.integer(n));
export const deltaIndicator = (n: number | bigint) => extension('2.5.29.27', der.integer(n), true);
const reasonCode = (n: number, critical = false) => extension('2.5.29.21', der.enumerated(n), critical);
/** Content of an issuingDistributionPoint, field by field. */
export const issuingDistributionPoint = (...fields: readonly Uint8Array[]) =>
  extension('2.5.29.28', der.sequence(...fields), true);
export const uri = (url: string) => der.contextPrimitive(6, new TextEncoder().encode(url));
export const directoryName = (name: Uint8Array) => der.context(4, name);
/** `distributionPoint [0]` with a fullName. */
export const fullName = (...names: readonly Uint8Array[]) => der.context(0, der.context(0, ...names));

function entryOf(entry: ListedEntry, fallback: Date): Uint8Array {
  const extensions = [
    ...(entry.reason === undefined ? [] : [reasonCode(entry.reason)]),
    ...(entry.invalidity ? [extension('2.5.29.24', der.generalizedTime(entry.invalidity))] : []),
    ...(entry.certificateIssuer
      ? [extension('2.5.29.29', der.sequence(directoryName(entry.certificateIssuer)), true)]
      : []),
    ...(entry.extensions ?? []),
  ];
  return der.sequence(
    der.tlv(0x02, entry.serial),
    der.time(entry.revoked ?? fallback),
    ...(extensions.length > 0 ? [der.sequence(...extensions)] : []),
  );
}

export function tbsOf(list: ListFields, algorithm: Uint8Array): Uint8Array {
  const entries = (list.entries ?? []).map((entry) => entryOf(entry, list.thisUpdate));
  return der.sequence(
    der.integer(1),
    algorithm,
    list.issuer,
    der.time(list.thisUpdate),
    ...(list.nextUpdate ? [der.time(list.nextUpdate)] : []),
    ...(entries.length > 0 ? [der.sequence(Buffer.concat(entries))] : []),
    ...(list.extensions?.length ? [der.context(0, der.sequence(...list.extensions))] : []),
  );
}

export function revocationList(list: ListFields): Uint8Array {
  const algorithm = list.algorithm ?? (list.key.asymmetricKeyType === 'ec' ? ecdsaWithSha256 : sha256WithRsa);
  const tbs = tbsOf(list, algorithm);
  return der.sequence(tbs, algorithm, der.bitString(signatureOver(tbs, list.key)));
}

export function signatureOver(bytes: Uint8Array, key: KeyObject): Uint8Array {
  return key.asymmetricKeyType?.startsWith('ed') ? sign(null, bytes, key) : sign('sha256', bytes, key);
}

/** RSASSA-PSS with SHA-256, MGF1 with SHA-256, 32 bytes of salt (RFC 4055 §3.1). */
export const pss = {
  algorithm: der.sequence(
    der.objectIdentifier('1.2.840.113549.1.1.10'),
    der.sequence(
      der.context(0, sha256()),
      der.context(1, der.sequence(der.objectIdentifier('1.2.840.113549.1.1.8'), sha256())),
      der.context(2, der.integer(32)),
    ),
  ),
  sign: (bytes: Uint8Array, key: KeyObject) =>
    createSign('sha256')
      .update(bytes)
      .sign({ key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
};

function sha256(): Uint8Array {
  return der.sequence(der.objectIdentifier('2.16.840.1.101.3.4.2.1'), der.nullValue());
}
