import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DerReader, readSingle, TAG } from '../../../core/certificate/der.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'));
const reader = (text: string) => new DerReader(hex(text));

describe('DER is read strictly', () => {
  const refused: [string, string, (r: DerReader) => unknown][] = [
    ['an indefinite length', '30 80 00 00', (r) => r.element()],
    ['a length that is not minimal (one octet would do)', '04 81 01 00', (r) => r.element()],
    ['a length with a leading zero', `04 82 00 80 ${'00'.repeat(128)}`, (r) => r.element()],
    ['a length of five octets', '04 85 00 00 00 00 01 00', (r) => r.element()],
    ['a cut length', '04 82 01', (r) => r.element()],
    ['content longer than its container', '30 03 04 02 00', (r) => r.sequence().element()],
    ['a tag of several octets', '1f 81 01 00', (r) => r.element()],
    ['another tag than the one expected', '04 01 00', (r) => r.element(TAG.SEQUENCE)],
    ['bytes after the last element', '05 00 00', (r) => [r.null(), r.finish()]],
    ['an empty INTEGER', '02 00', (r) => r.integer()],
    ['a padded positive INTEGER', '02 02 00 7f', (r) => r.integer()],
    ['a padded negative INTEGER', '02 02 ff 80', (r) => r.integer()],
    ['a negative small INTEGER', '02 01 ff', (r) => r.smallInteger()],
    ['a BOOLEAN that is neither 00 nor ff', '01 01 01', (r) => r.boolean()],
    ['a NULL with content', '05 01 00', (r) => r.null()],
    ['an empty OBJECT IDENTIFIER', '06 00', (r) => r.oid()],
    ['a padded OBJECT IDENTIFIER', '06 03 55 80 04', (r) => r.oid()],
    ['a cut OBJECT IDENTIFIER', '06 02 55 84', (r) => r.oid()],
    ['an empty BIT STRING', '03 00', (r) => r.bitString()],
    ['eight unused bits', '03 02 08 00', (r) => r.bitString()],
    ['unused bits that are set', '03 02 01 01', (r) => r.bitString()],
    ['named bits with trailing zeros', '03 02 00 80', (r) => r.namedBits()],
    ['UTCTime without seconds', '17 0b 3236303130313030 30305a', (r) => r.time()],
    ['UTCTime with an offset', `17 11 ${Buffer.from('260101000000+0000').toString('hex')}`, (r) => r.time()],
    ['30 February', `17 0d ${Buffer.from('260230000000Z').toString('hex')}`, (r) => r.time()],
    ['29 February of 2100', `18 0f ${Buffer.from('21000229000000Z').toString('hex')}`, (r) => r.time()],
    ['31 April', `17 0d ${Buffer.from('260431000000Z').toString('hex')}`, (r) => r.time()],
    ['month 0', `17 0d ${Buffer.from('260031000000Z').toString('hex')}`, (r) => r.time()],
    ['second 60', `17 0d ${Buffer.from('260228000060Z').toString('hex')}`, (r) => r.time()],
    [
      'GeneralizedTime with a fraction',
      `18 11 ${Buffer.from('20260101000000.5Z').toString('hex')}`,
      (r) => r.time(),
    ],
  ];
  for (const [what, bytes, read] of refused) {
    test(`refuses ${what}`, () => {
      expect(() => read(reader(bytes))).toThrow(expect.objectContaining({ code: 'DER_MALFORMED' }));
    });
  }
});

test('reads each type as it stands', () => {
  expect(reader('06 03 55 04 03').oid()).toBe('2.5.4.3');
  expect(reader('06 09 2a 86 48 86 f7 0d 01 01 0b').oid()).toBe('1.2.840.113549.1.1.11');
  expect(reader('02 05 00 80 00 00 00').smallInteger(2 ** 32)).toBe(2 ** 31);
  expect(reader('03 02 05 a0').namedBits()).toBe(0b101);
  expect(reader('03 03 07 00 80').namedBits()).toBe(1 << 8);
  expect(
    reader(`17 0d ${Buffer.from('491231235959Z').toString('hex')}`)
      .time()
      .toISOString(),
  ).toBe('2049-12-31T23:59:59.000Z');
  expect(
    reader(`17 0d ${Buffer.from('500101000000Z').toString('hex')}`)
      .time()
      .toISOString(),
  ).toBe('1950-01-01T00:00:00.000Z');
  expect(
    reader(`18 0f ${Buffer.from('20000229120000Z').toString('hex')}`)
      .time()
      .toISOString(),
  ).toBe('2000-02-29T12:00:00.000Z');
});

test('an arc beyond 2^53 keeps every digit', () => {
  // 2.25.329800735698586629295641978511506172918, the example of X.667.
  expect(reader('06 14 69 83 f0 9d a7 eb cf de e0 c7 a1 a7 b2 c0 94 8c c8 f9 d7 76').oid()).toBe(
    '2.25.329800735698586629295641978511506172918',
  );
});

test('views share the memory they were read from', () => {
  const bytes = hex('30 05 02 01 07 05 00');
  const inside = readSingle(bytes).inside();
  expect(inside.integer().buffer).toBe(bytes.buffer);
  expect(inside.element().start).toBe(5);
});

test('whatever is accepted, its bytes are the only encoding of its length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(255), (content, tag) => {
      fc.pre((tag & 0x1f) !== 0x1f);
      const length =
        content.length < 128
          ? [content.length]
          : content.length < 256
            ? [0x81, content.length]
            : [0x82, content.length >> 8, content.length & 0xff];
      const element = readSingle(new Uint8Array([tag, ...length, ...content]), tag);
      expect(Buffer.compare(element.content, content)).toBe(0);
    }),
  );
});

test('random bytes are read or refused, never anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        for (const r = new DerReader(bytes); !r.done; ) r.element();
      } catch (error) {
        expect(error).toMatchObject({ code: 'DER_MALFORMED' });
      }
    }),
  );
});
