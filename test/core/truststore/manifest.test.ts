import { expect, test } from 'vitest';
import { memoryP256Signer } from '../../../adapters/memory/signer.ts';
import { listName, openTruststore, requireList, signTruststore } from '../../../core/truststore/manifest.ts';

const signer = memoryP256Signer('k');
const keys = new Map([['k', signer.publicKey]]);
const content = {
  version: 7,
  stage: 'prod' as const,
  issuedAt: new Date('2026-07-01T12:00:00Z'),
  authorities: [Uint8Array.of(1, 2), Uint8Array.of(3)],
  lists: [listName(Uint8Array.of(9))],
};
const file = await signTruststore(content, signer);
const open = (bytes: Uint8Array, more = {}) =>
  openTruststore(bytes, { stage: 'prod', keys, leastVersion: 7, ...more });

test('opens what the key signed, member by member', () => {
  const opened = open(file);
  expect({ ...opened, authorities: opened.authorities.map((der) => [...der]) }).toEqual({
    ...content,
    authorities: [[1, 2], [3]],
  });
});

test('refuses a file whose content was exchanged under its signature', () => {
  const { truststore, signature } = JSON.parse(Buffer.from(file).toString());
  const body = JSON.parse(Buffer.from(truststore, 'base64url').toString());
  const forged = Buffer.from(JSON.stringify({ ...body, lists: [] })).toString('base64url');
  expect(() => open(Buffer.from(JSON.stringify({ truststore: forged, signature })))).toThrow(
    expect.objectContaining({ code: 'TRUSTSTORE_SIGNATURE_INVALID' }),
  );
});

test('refuses the signature of a key that is not the one for it', async () => {
  const other = await signTruststore(content, memoryP256Signer('k'));
  expect(() => open(other)).toThrow(expect.objectContaining({ code: 'TRUSTSTORE_SIGNATURE_INVALID' }));
  const unknown = await signTruststore(content, memoryP256Signer('other'));
  expect(() => open(unknown)).toThrow(expect.objectContaining({ code: 'TRUSTSTORE_SIGNATURE_INVALID' }));
});

test('refuses an older version than the least, and takes the least itself', () => {
  expect(() => open(file, { leastVersion: 8 })).toThrow(
    expect.objectContaining({ code: 'TRUSTSTORE_VERSION_REGRESSED' }),
  );
  expect(open(file).version).toBe(7);
});

test('refuses the truststore of another stage', () => {
  expect(() => open(file, { stage: 'dev' })).toThrow(
    expect.objectContaining({ code: 'TRUSTSTORE_OTHER_STAGE' }),
  );
});

test.each([
  ['no JSON', Buffer.from('x')],
  ['no members', Buffer.from('{}')],
  [
    'a member too many',
    Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(file).toString()), more: 1 })),
  ],
])('refuses %s', (_, bytes) => {
  expect(() => open(bytes)).toThrow(expect.objectContaining({ code: 'TRUSTSTORE_MALFORMED' }));
});

test('refuses bytes that are not those of the list named', () => {
  expect(requireList(content.lists[0]!, Uint8Array.of(9))).toEqual(Uint8Array.of(9));
  expect(() => requireList(content.lists[0]!, Uint8Array.of(8))).toThrow(
    expect.objectContaining({ code: 'TRUSTSTORE_LIST_WRONG' }),
  );
});
