// Are these two names the same to RFC 5280 §7? Prepared text (NFKC, lower case, one blank), so that a change
// of string type, case or spacing does not make another issuer, and does not slip out of an excluded subtree.

import type { AttributeTypeAndValue, Name } from './certificate.ts';
import { sameBytes, TAG } from './der.ts';

// Comparable forms of a name's RDNs, made when first needed and kept on the name itself.
const prepared = Symbol('prepared');
type PreparedName = Name & { [prepared]?: (string | undefined)[] };

function preparedRdn(name: PreparedName, index: number): string {
  name[prepared] ??= [];
  name[prepared][index] ??= preparedAttributes(name.rdns[index]!);
  return name[prepared][index];
}

/** Of a SET of several, the order after preparation counts; no single one looks like JSON. */
function preparedAttributes(rdn: readonly AttributeTypeAndValue[]): string {
  return rdn.length === 1 ? preparedAttribute(rdn[0]!) : JSON.stringify(rdn.map(preparedAttribute).sort());
}

export function sameName(a: Name, b: Name): boolean {
  if (a === b || sameBytes(a.der, b.der)) return true;
  if (a.rdns.length !== b.rdns.length) return false;
  // From the end: names of one PSC differ in their last RDN.
  for (let i = a.rdns.length - 1; i >= 0; i--) if (preparedRdn(a, i) !== preparedRdn(b, i)) return false;
  return true;
}

/** `name` lies in the subtree of `base`: base's RDNs are its first ones (§4.2.1.10, directoryName). */
export function within(name: Name, base: Name): boolean {
  if (base.rdns.length > name.rdns.length) return false;
  return base.rdns.every((_, index) => preparedRdn(name, index) === preparedRdn(base, index));
}

const textTags: ReadonlySet<number> = new Set([
  TAG.UTF8_STRING,
  TAG.NUMERIC_STRING,
  TAG.PRINTABLE_STRING,
  TAG.T61_STRING,
  TAG.IA5_STRING,
  TAG.VISIBLE_STRING,
  TAG.UNIVERSAL_STRING,
  TAG.BMP_STRING,
]);

/** Text of any string type compares as text; other values compare as bytes, by type (§7.1). */
function preparedAttribute({ oid, tag, text }: AttributeTypeAndValue): string {
  return textTags.has(tag) ? `${oid}=${preparedText(text)}` : `${oid}:${text}`;
}

/** RFC 4518 in short: NFKC, case folded, outer blanks gone, inner ones single. */
function preparedText(text: string): string {
  if (/^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(text)) return text.toLowerCase();
  return text.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ');
}
