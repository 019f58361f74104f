// How is a distinguished name written (RFC 5280 §4.1.2.4)? One attribute to a relative name, in the order given.
// Comparing names, and what a name proves, is not answered here.

import { ia5String, objectIdentifier, printableString, sequence, setOf, utf8String } from './der-writer.ts';

/** Short names a person types, and their object identifiers (X.520, RFC 4519). */
export const attributeTypes = {
  CN: '2.5.4.3',
  surname: '2.5.4.4',
  serialNumber: '2.5.4.5',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  title: '2.5.4.12',
  givenName: '2.5.4.42',
  x500UniqueIdentifier: '2.5.4.45',
  organizationIdentifier: '2.5.4.97',
  emailAddress: '1.2.840.113549.1.9.1',
} as const;

export type AttributeShortName = keyof typeof attributeTypes;

/** `type` is a short name or a dotted object identifier. */
export interface NameAttribute {
  readonly type: AttributeShortName | (string & {});
  readonly value: string;
  readonly as?: 'utf8' | 'printable' | 'ia5';
}

const printableOnly: ReadonlySet<string> = new Set(['C', 'serialNumber', 'x500UniqueIdentifier']);

export function encodeName(attributes: readonly NameAttribute[]): Uint8Array {
  return sequence(...attributes.map((attribute) => setOf(encodeAttribute(attribute))));
}

function encodeAttribute({ type, value, as }: NameAttribute): Uint8Array {
  const oid = attributeTypes[type as AttributeShortName] ?? type;
  const form = as ?? (printableOnly.has(type) ? 'printable' : type === 'emailAddress' ? 'ia5' : 'utf8');
  const write = { utf8: utf8String, printable: printableString, ia5: ia5String }[form];
  return sequence(objectIdentifier(oid), write(value));
}
