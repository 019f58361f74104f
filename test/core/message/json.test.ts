import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readJson } from '../../../core/message/json.ts';
import { refusalCode } from '../../support/refusal-code.ts';

const code = (bytes: Uint8Array | string) => refusalCode(() => readJson(Buffer.from(bytes)), 'READ');

describe('readJson', () => {
  test('reads what JSON.parse reads, whatever the white space and escapes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 1, '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space);
        expect(readJson(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
    );
    expect(readJson(Buffer.from('{"a\\"b:{":"caf\\u00e9 \\\\", "é": [1]}'))).toEqual({
      'a"b:{': 'café \\',
      é: [1],
    });
  });

  test('refuses the same key twice, at any depth and however it is escaped', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.nat(6), (object, depth) => {
        const [key] = Object.keys(object) as [string];
        const twice = `{${JSON.stringify(key)}:0,${JSON.stringify(object).slice(1)}`;
        expect(code('{"x":['.repeat(depth) + twice + ']}'.repeat(depth))).toBe('BODY_DUPLICATE_KEY');
      }),
    );
    expect(code('{"a":1,"\\u0061":2}')).toBe('BODY_DUPLICATE_KEY');
    expect(code('{"__proto__":1,"__proto__":2}')).toBe('BODY_DUPLICATE_KEY');
    expect(code('{"__proto__":{"a":1}}')).toBe('READ');
  });

  test('refuses a byte order mark, broken UTF-8, NUL, trailing text, and emptiness', () => {
    expect(code('')).toBe('BODY_EMPTY');
    const bad = ['\ufeff{}', ' ', '{}\u0000', '{} {}', "{'a':1}", '{"a":1,}', 'NaN', '{"a" 1}', '"\\'];
    for (const text of bad) expect(code(text)).toBe('BODY_NOT_JSON');
    expect(code(Buffer.from('{"a":"\x80"}', 'latin1'))).toBe('BODY_NOT_JSON');
    expect(code(Buffer.from('ff', 'hex'))).toBe('BODY_NOT_JSON');
  });

  test('counts quotes wherever they stand in memory: any length, any alignment, escaped or not', () => {
    const word = fc.string({ maxLength: 9, unit: fc.constantFrom(...'a"\\:{é/') });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 700 }), fc.nat(7), fc.nat(3), (words, before, after) => {
        const bytes = Buffer.from(JSON.stringify({ [words.join('')]: words }));
        const memory = Buffer.concat([Buffer.alloc(before, 0x22), bytes, Buffer.alloc(after, 0x22)]);
        const view = new Uint8Array(memory.buffer, memory.byteOffset + before, bytes.length);
        expect(readJson(view)).toEqual(JSON.parse(bytes.toString()));
      }),
    );
  });

  test('refuses depth before it costs a stack', () => {
    expect(code('['.repeat(1_000_000) + ']'.repeat(1_000_000))).toBe('BODY_TOO_DEEP');
    expect(code('['.repeat(1_000_000))).toBe('BODY_NOT_JSON');
    expect(code(`${'{"a":'.repeat(25)}1${'}'.repeat(25)}`)).toBe('BODY_TOO_DEEP');
    expect(code(`${'['.repeat(24)}${']'.repeat(24)}`)).toBe('READ');
  });

  test('survives any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void code(bytes)));
    fc.assert(
      fc.property(fc.string({ maxLength: 64, unit: fc.constantFrom(...'{}[]":,\\ a1') }), (text) => {
        code(text);
      }),
    );
  });
});
