// Are these two names the same to RFC 5280 §7? Prepared text (NFKC, lower case, one blank), so that a change
// of string type, case or spacing does not make another issuer, and does not slip out of an excluded subtree.

import type { AttributeTypeAndValue, Name } from './certificate.ts';
import { TAG } from './der.ts';

const prepared = new WeakMap<readonly AttributeTypeAndValue[], string>();

/** An RDN in its comparable form; computed once for each RDN object, however often it is compared. */
function preparedRdn(rdn: readonly AttributeTypeAndValue[]): string {
  let text = prepared.get(rdn);
  if (text === undefined) {
    text = JSON.stringify(rdn.map(preparedAttribute).sort());
    prepared.set(rdn, text);
  }
  return text;
}

export function sameName(a: Name, b: Name): boolean {
  if (a === b || Buffer.compare(a.der, b.der) === 0) return true;
  if (a.rdns.length !== b.rdns.length) return false;
  // From the end: names of one PSC differ in their last RDN.
  return a.rdns.every((_, index) => sameRdn(a.rdns.at(-1 - index)!, b.rdns.at(-1 - index)!));
}

/** `name` lies in the subtree of `base`: base's RDNs are its first ones (§4.2.1.10, directoryName). */
export function within(name: Name, base: Name): boolean {
  return (
    base.rdns.length <= name.rdns.length && base.rdns.every((rdn, index) => sameRdn(rdn, name.rdns[index]!))
  );
}

function sameRdn(a: readonly AttributeTypeAndValue[], b: readonly AttributeTypeAndValue[]): boolean {
  return preparedRdn(a) === preparedRdn(b);
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
  const folded = /^[\x20-\x7e]*$/.test(text) ? text.toLowerCase() : text.normalize('NFKC').toLowerCase();
  return folded.trim().replace(/\s+/g, ' ');
}
