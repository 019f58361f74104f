import fc from 'fast-check';
import { expect, test } from 'vitest';
import { faultOfLink, genesis, nextLink, type StoredLink } from '../../../core/evidence/chain.ts';
import {
  headHash,
  listingBytes,
  listingHash,
  readListing,
  readSignedHead,
  signedHeadBytes,
} from '../../../core/evidence/heads.ts';
import { saltedDigest } from '../../../core/evidence/personal.ts';
import { bodyHash, type EvidenceRecord, recordBody } from '../../../core/evidence/record.ts';

const record = (id: string): EvidenceRecord => ({
  id,
  scope: 'P1',
  kind: 'enrolment.admitted',
  at: new Date('2026-03-02T12:00:00Z'),
  actor: { kind: 'person', personId: 'PE1', method: 'passkey' },
  subjects: { enrolmentId: 'EN1' },
  facts: { reason: 'primer certificado' },
});

function chainOf(count: number): StoredLink[] {
  let head = genesis('P1');
  return Array.from({ length: count }, (_, i) => {
    const body = recordBody(record(`R${i}`));
    const link = nextLink('P1', head, bodyHash(body));
    head = link;
    return { ...link, body };
  });
}

function firstFault(links: readonly StoredLink[]): [number, string] | undefined {
  let head = genesis('P1');
  for (const link of links) {
    const fault = faultOfLink('P1', head, link);
    if (fault) return [link.seq, fault];
    head = link;
  }
  return undefined;
}

test('a chain as it was written has no fault', () => {
  expect(firstFault(chainOf(20))).toBeUndefined();
});

test('any change of any part of any link is a fault at that link or the next', () => {
  const links = chainOf(8);
  const parts = ['hash', 'link', 'previous', 'body', 'scope'] as const;
  fc.assert(
    fc.property(
      fc.nat(6),
      fc.constantFrom(...parts.slice(0, 4)),
      fc.string({ minLength: 1 }),
      (at, part, by) => {
        const changed = links.map((link, i) => (i === at ? { ...link, [part]: `${by}` } : link));
        const fault = firstFault(changed);
        expect(fault?.[0]).toBe(at + 1);
      },
    ),
  );
});

test('a record removed, swapped with its neighbour or put in twice is a fault', () => {
  const links = chainOf(5);
  expect(firstFault(links.toSpliced(2, 1))).toEqual([4, 'RECORD_MISSING']);
  const [a, b] = [links[2]!, links[3]!];
  expect(firstFault(links.with(2, { ...b, seq: 3 }).with(3, { ...a, seq: 4 }))).toEqual([3, 'CHAIN_BROKEN']);
  expect(firstFault(links.toSpliced(3, 0, links[2]!))).toEqual([3, 'CHAIN_BROKEN']);
});

test('a record of another scope does not pass in this one', () => {
  const body = recordBody({ ...record('R'), scope: 'P2' });
  const link = nextLink('P1', genesis('P1'), bodyHash(body));
  expect(faultOfLink('P1', genesis('P1'), { ...link, body })).toBe('RECORD_EDITED');
});

test('each scope begins at a hash of its own', () => {
  expect(genesis('P1').link).not.toBe(genesis('P2').link);
});

test('a record’s hash depends on everything in it', () => {
  const recordHash = (of: EvidenceRecord) => bodyHash(recordBody(of));
  const hash = recordHash(record('R'));
  expect(recordHash({ ...record('R'), at: new Date('2026-03-02T12:00:00.001Z') })).not.toBe(hash);
  expect(recordHash({ ...record('R'), sources: [{ kind: 'message', sha256: 'x' }] })).not.toBe(hash);
  expect(recordHash({ ...record('R'), states: [{ item: 'a|b', version: 1 }] })).not.toBe(hash);
  expect(
    recordHash({ ...record('R'), actor: { kind: 'person', personId: 'PE2', method: 'passkey' } }),
  ).not.toBe(hash);
});

test('a head document reads back as it was, and nothing else passes for one', () => {
  const document = {
    node: 'NODE',
    number: 1,
    previous: null,
    at: new Date('2026-03-02T12:00:00Z'),
    listing: 'L',
    scopes: 2,
    broken: [],
  };
  const bytes = signedHeadBytes({ document, keyId: 'k', signature: Buffer.from('s') });
  const read = readSignedHead(bytes)!;
  expect(read.document).toEqual(document);
  expect(headHash(read.document)).toBe(headHash(document));
  for (const text of [
    '',
    '{}',
    'null',
    `${bytes} `,
    bytes.toString().replace('"number":1', '"number":1,"x":1'),
  ]) {
    expect(readSignedHead(Buffer.from(text))).toBeUndefined();
  }
});

test('a listing reads back under its own hash only', () => {
  const listing = new Map([
    ['P1', { seq: 3, link: 'a' }],
    ['__proto__', { seq: 1, link: 'b' }],
  ]);
  const bytes = listingBytes(listing);
  expect(readListing(bytes, listingHash(bytes))).toEqual(listing);
  expect(readListing(bytes, listingHash(Buffer.from('other')))).toBeUndefined();
});

test('S23 a digest of personal data needs its salt, and differs by kind, value and person', () => {
  const salt = Buffer.alloc(16, 1);
  const digest = saltedDigest(salt, 'taxId', '12345678-5');
  expect(saltedDigest(salt, 'taxId', '12345678-5')).toBe(digest);
  expect(saltedDigest(salt, 'email', '12345678-5')).not.toBe(digest);
  expect(saltedDigest(salt, 'taxId', '12345679-3')).not.toBe(digest);
  expect(saltedDigest(Buffer.alloc(16, 2), 'taxId', '12345678-5')).not.toBe(digest);
  expect(() => saltedDigest(Buffer.alloc(15), 'taxId', '1')).toThrow(TypeError);
});
