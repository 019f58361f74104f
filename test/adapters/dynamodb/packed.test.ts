import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Attribute, fromAttribute, toAttribute } from '../../../adapters/dynamodb/attributes.ts';

const through = (value: Attribute) => fromAttribute(toAttribute(value));
const stored = (value: Attribute) => JSON.stringify(toAttribute(value));
const jws = (header: Uint8Array | string, signature: Uint8Array) =>
  `${Buffer.from(header).toString('base64url')}..${Buffer.from(signature).toString('base64url')}`;
const text = (length: number) => fc.string({ minLength: length, maxLength: 2_000, unit: 'binary' });

describe('what stands packed in an item', () => {
  test('bytes come back bit for bit', () => {
    const any = fc.oneof(
      fc.uint8Array({ maxLength: 2_000 }),
      text(200).map((each) => Uint8Array.from(Buffer.from(each))),
      fc.nat(40_000).map((length) => new Uint8Array(length)),
    );
    fc.assert(fc.property(any, (bytes) => void expect(through(bytes)).toEqual(bytes)));
  });

  test('texts come back letter for letter, whether they are signatures or look like some', () => {
    const part = fc.string({ unit: fc.constantFrom(...'AZaz09-_='), maxLength: 800 });
    const any = fc.oneof(
      text(0),
      fc.tuple(part, part).map(([one, other]) => `${one}..${other}`),
      fc
        .tuple(fc.uint8Array({ maxLength: 2_000 }), fc.uint8Array({ maxLength: 600 }))
        .map((of) => jws(...of)),
    );
    fc.assert(
      fc.property(any, (each) => void expect(through(each)).toBe(each)),
      { numRuns: 500 },
    );
  });

  test('a message and its signature take less, noise and short values are left alone', () => {
    const x5c = Buffer.from(JSON.stringify({ alg: 'PS256', x5c: [randomBytes(900).toString('base64')] }));
    const signature = jws(x5c, randomBytes(256));
    const [packed] = [toAttribute(signature).M?.['~jws']?.B];
    expect(packed!.length).toBeLessThan(signature.length * 0.65);
    expect(toAttribute(Buffer.from('{"amount":"1000"}'.repeat(40))).M).toBeDefined();
    expect(toAttribute(randomBytes(3_000)).B).toBeDefined();
    expect(toAttribute(`${'x'.repeat(3_000)} y`).S).toBeDefined();
    expect(stored(new Uint8Array([1, 2]))).toContain('"B"');
  });

  test('what is too long to be read again is left as it is, however small it would become', () => {
    const [most, more] = [1 << 20, (1 << 20) + 1].map((length) => new Uint8Array(length));
    expect(toAttribute(most!).M).toBeDefined();
    expect(through(most!)).toEqual(most);
    expect(toAttribute(more!).B).toBe(more);
    const signature = jws(Buffer.alloc(2 << 20), randomBytes(256));
    expect(toAttribute(signature).S).toBe(signature);
  });

  test.each([
    ['no deflated bytes', { '~bytes': { B: new Uint8Array([1, 2, 3]) } }],
    ['a bomb', { '~bytes': { B: deflateRawSync(Buffer.alloc(3 << 20)) } }],
    ['no signature', { '~jws': { B: new Uint8Array() } }],
    ['a length beyond the end', { '~jws': { B: new Uint8Array([255, 255, 1]) } }],
    ['no bytes at all', { '~bytes': { S: 'text' } }],
    ['other members beside it', { '~bytes': { B: deflateRawSync(Buffer.alloc(9)) }, x: { S: 'y' } }],
  ])('%s, put there by a forger, stays the map that it is', (_, map) => {
    expect(fromAttribute({ M: map as never })).toMatchObject(
      Object.fromEntries(Object.keys(map).map((name) => [name, expect.anything()])),
    );
  });
});
