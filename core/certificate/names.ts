// How do a Name and GeneralNames read (RFC 5280 §4.1.2.4, §4.2.1.6)? Text as it stands in the certificate.
// Whether two names are the same is asked in name-match.ts; whose name it is, in holder/.

import { Refusal } from '../errors.ts';
import { certificateLimits } from '../policy.ts';
import type { AttributeTypeAndValue, GeneralName, Name } from './certificate.ts';
import { contextConstructed, contextPrimitive, type DerElement, DerReader, malformed, TAG } from './der.ts';

/** Reads a Name: RDNSequence, empty allowed (RFC 5280 §4.1.2.6 knows empty subjects). */
export function readName(reader: DerReader): Name {
  const sequence = reader.element(TAG.SEQUENCE);
  const rdns: AttributeTypeAndValue[][] = [];
  const most = certificateLimits.rdns;
  for (const inside = sequence.inside(); !inside.done; ) {
    if (rdns.push(readRdn(inside)) > most) throw tooLarge(`at most ${most} RDNs in a name`);
  }
  return { der: sequence.der, rdns };
}

/** One RelativeDistinguishedName: a SET OF, so at least one and sorted (X.690 §11.6). */
export function readRdn(reader: DerReader, tag: number = TAG.SET): AttributeTypeAndValue[] {
  const inside = reader.enter(tag);
  const attributes: AttributeTypeAndValue[] = [];
  for (let previous = inside.position; !inside.done; ) {
    const start = inside.position;
    const fields = inside.enter(TAG.SEQUENCE);
    const oid = fields.oid();
    const value = fields.element();
    // RFC 5280 appendix A.1: each syntax of an attribute is a universal type, and OpenSSL reads no other.
    if (value.tag >= 0x40) throw malformed('an attribute value of no universal type', start);
    fields.finish();
    attributes.push({ oid, tag: value.tag, text: attributeText(value) });
    if (attributes.length > 1) {
      if (attributes.length > certificateLimits.rdns) throw tooLarge('fewer attributes in an RDN');
      const { bytes, position } = inside;
      if (Buffer.compare(bytes.subarray(previous, start), bytes.subarray(start, position)) > 0) {
        throw malformed('a SET OF that is not sorted', start);
      }
    }
    previous = start;
  }
  if (attributes.length === 0) throw malformed('an empty RDN', inside.position);
  return attributes;
}

function tooLarge(expected: string): Refusal {
  return new Refusal('CERTIFICATE_TOO_LARGE', { expected });
}

/** Strings as text; anything else as `#` and the hex of its DER (RFC 4514 §2.4). */
function attributeText(value: DerElement): string {
  switch (value.tag) {
    case TAG.PRINTABLE_STRING:
    case TAG.NUMERIC_STRING:
    case TAG.VISIBLE_STRING:
    case TAG.IA5_STRING:
      return asciiText(value);
    case TAG.UTF8_STRING:
      return utf8Text(value);
    case TAG.T61_STRING:
      // Leniency T61_STRING: PSCs of CO and PE write Latin-1 under this tag; nobody writes real T.61.
      return latin1(value.bytes, value.contentStart, value.end);
    case TAG.BMP_STRING:
      return utf16Text(value);
    case TAG.UNIVERSAL_STRING:
      return utf32Text(value);
    default:
      return `#${Buffer.from(value.der).toString('hex')}`;
  }
}

/** PrintableString is read as any ASCII text: `&`, `@` and `_` occur in tax ids and names of real PSCs. */
function asciiText(value: DerElement): string {
  const { bytes, contentStart, end } = value;
  for (let i = contentStart; i < end; i++) {
    if (bytes[i]! >= 0x80) throw malformed('a character outside ASCII', i);
  }
  return latin1(bytes, contentStart, end);
}

function utf8Text(value: DerElement): string {
  const { bytes, contentStart, end } = value;
  for (let i = contentStart; i < end; i++) if (bytes[i]! >= 0x80) return strictUtf8(value);
  return latin1(bytes, contentStart, end);
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function strictUtf8(value: DerElement): string {
  try {
    return utf8.decode(value.content);
  } catch {
    throw malformed('a UTF8String that is not UTF-8', value.start);
  }
}

function utf16Text(value: DerElement): string {
  const { content } = value;
  if (content.length % 2 !== 0) throw malformed('a BMPString', value.start);
  let text = '';
  for (let i = 0; i < content.length; i += 2)
    text += String.fromCharCode(content[i]! * 256 + content[i + 1]!);
  if (!text.isWellFormed()) throw malformed('a BMPString', value.start);
  return text;
}

function utf32Text(value: DerElement): string {
  const { content } = value;
  if (content.length % 4 !== 0) throw malformed('a UniversalString', value.start);
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  let text = '';
  for (let i = 0; i < content.length; i += 4) {
    const point = view.getUint32(i);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
      throw malformed('a UniversalString', value.start);
    text += String.fromCodePoint(point);
  }
  return text;
}

/** GeneralNames: DER of the SEQUENCE, at least one name. */
export function parseGeneralNames(der: Uint8Array): readonly GeneralName[] {
  const reader = new DerReader(der);
  const names = readGeneralNames(reader);
  reader.finish();
  return names;
}

/** GeneralNames under their own or an IMPLICIT tag. */
export function readGeneralNames(reader: DerReader, tag: number = TAG.SEQUENCE): readonly GeneralName[] {
  const sequence = reader.element(tag);
  const names: GeneralName[] = [];
  for (const inside = sequence.inside(); !inside.done; ) names.push(readGeneralName(inside));
  if (names.length === 0) throw malformed('empty GeneralNames', sequence.start);
  return names;
}

/** iPAddress comes as its octets: 4 or 16 in a name, 8 or 32 in a constraint; who reads it checks which. */
export function readGeneralName(reader: DerReader): GeneralName {
  const element = reader.element();
  switch (element.tag) {
    case contextConstructed(0):
      return readOtherName(element);
    case contextPrimitive(1):
      return { form: 'rfc822Name', text: asciiText(element) };
    case contextPrimitive(2):
      return { form: 'dNSName', text: asciiText(element) };
    case contextPrimitive(6):
      return { form: 'uniformResourceIdentifier', text: asciiText(element) };
    case contextConstructed(3):
      return { form: 'x400Address', der: element.der };
    case contextConstructed(4): {
      // Name is a CHOICE: the tag is EXPLICIT (X.680 §31.2.7).
      const inside = element.inside();
      const name = readName(inside);
      inside.finish();
      return { form: 'directoryName', name };
    }
    case contextConstructed(5):
      return { form: 'ediPartyName', der: element.der };
    case contextPrimitive(7):
      return { form: 'iPAddress', bytes: element.content };
    case contextPrimitive(8):
      return {
        form: 'registeredID',
        oid: new DerReader(element.bytes, element.start, element.end).oid(element.tag),
      };
    default:
      throw malformed('a GeneralName of no known form', element.start);
  }
}

/** `value` is the DER of what stands inside the EXPLICIT [0]. */
function readOtherName(element: DerElement): GeneralName {
  const fields = element.inside();
  const typeId = fields.oid();
  const wrapper = fields.enter(contextConstructed(0));
  fields.finish();
  const value = wrapper.element().der;
  wrapper.finish();
  return { form: 'otherName', typeId, value };
}
