// Are these two names the same to RFC 5280 §7? Prepared text (NFKC, lower case, one blank), so that a change
// of string type, case or spacing does not make another issuer, and does not slip out of an excluded subtree.

import type { AttributeTypeAndValue, Name } from './certificate.ts';
import { TAG } from './der.ts';

const prepared = new WeakMap<Name, readonly string[]>();

/** Each RDN in its comparable form; computed once for a Name object. */
export function preparedRdns(name: Name): readonly string[] {
  let rdns = prepared.get(name);
  if (!rdns) {
    rdns = name.rdns.map((rdn) => JSON.stringify(rdn.map(preparedAttribute).sort()));
    prepared.set(name, rdns);
  }
  return rdns;
}

export function sameName(a: Name, b: Name): boolean {
  if (a === b || Buffer.compare(a.der, b.der) === 0) return true;
  return a.rdns.length === b.rdns.length && within(a, b);
}

/** `name` lies in the subtree of `base`: base's RDNs are its first ones (§4.2.1.10, directoryName). */
export function within(name: Name, base: Name): boolean {
  if (base.rdns.length > name.rdns.length) return false;
  const rdns = preparedRdns(name);
  return preparedRdns(base).every((rdn, index) => rdn === rdns[index]);
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
  return text.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ');
}
