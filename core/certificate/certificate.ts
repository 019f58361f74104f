// What a certificate says, once its bytes have been read strictly. No check of trust stands here:
// a ParsedCertificate is a claim; only path.ts turns a chain into a CertificationPath.

/** Dotted decimal. */
export type Oid = string;

export interface Extension {
  readonly oid: Oid;
  readonly critical: boolean;
  /** Content of extnValue's OCTET STRING (DER of the extension's own type). */
  readonly value: Uint8Array;
}

export interface AttributeTypeAndValue {
  readonly oid: Oid;
  /** ASN.1 universal tag of the value: 12 UTF8String, 19 PrintableString, 20 T61String, 22 IA5String, 30 BMPString ... */
  readonly tag: number;
  readonly text: string;
}

/** RDNSequence: outer array in encoded order, inner array one SET. */
export interface Name {
  readonly der: Uint8Array;
  readonly rdns: readonly (readonly AttributeTypeAndValue[])[];
}

export type GeneralName =
  | { readonly form: 'otherName'; readonly typeId: Oid; readonly value: Uint8Array }
  | { readonly form: 'rfc822Name' | 'dNSName' | 'uniformResourceIdentifier'; readonly text: string }
  | { readonly form: 'directoryName'; readonly name: Name }
  | { readonly form: 'iPAddress'; readonly bytes: Uint8Array }
  | { readonly form: 'registeredID'; readonly oid: Oid }
  | { readonly form: 'x400Address' | 'ediPartyName'; readonly der: Uint8Array };

export interface AlgorithmIdentifier {
  readonly oid: Oid;
  /** DER of the parameters, or undefined when absent. */
  readonly parameters: Uint8Array | undefined;
  readonly der: Uint8Array;
}

export interface ParsedCertificate {
  readonly der: Uint8Array;
  /** tbsCertificate as signed. */
  readonly tbs: Uint8Array;
  readonly version: 1 | 2 | 3;
  /** Content octets of the INTEGER, as encoded (may be negative or long in what we refuse). */
  readonly serialNumber: Uint8Array;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
  readonly publicKeyAlgorithm: AlgorithmIdentifier;
  readonly extensions: readonly Extension[];
  extension(oid: Oid): Extension | undefined;
}
