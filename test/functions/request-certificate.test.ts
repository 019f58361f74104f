import { execFileSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { expect, test } from 'vitest';
import type { EvidenceRecord } from '../../core/evidence/record.ts';
import { requestCertificate } from '../../functions/request-certificate/request-certificate.ts';
import { signDigestPkcs1 } from '../../local/endpoints/kms-signatures.ts';
import { testKey } from '../support/certificates.ts';
import { aWorld } from '../support/people-world.ts';

const key = testKey('rsa-2048', 'message-key');
const subject = [
  { type: 'CN', value: 'Banco Andino' },
  { type: 'C', value: 'CL' },
];

async function asked(input: { personId?: string; subject?: unknown } = {}) {
  const world = aWorld();
  await world.addPerson({ personId: 'operator', office: 'nodeOperator', participant: null });
  await world.addPerson({ personId: 'officer', office: 'securityOfficer' });
  const records: EvidenceRecord[] = [];
  const ports = {
    ...world,
    signer: { keyId: 'k', sign: async (digest: Uint8Array) => signDigestPkcs1(key, Buffer.from(digest)) },
    publicKey: async () => createPublicKey(key).export({ type: 'spki', format: 'der' }),
    record: async (evidence: EvidenceRecord) => void records.push(evidence),
  };
  const made = await requestCertificate(ports, { personId: 'operator', subject, ...input });
  return { made, records };
}

test('OpenSSL verifies the request that the message key signed, and evidence says who asked', async () => {
  const { made, records } = await asked();
  const text = execFileSync('openssl', ['req', '-inform', 'DER', '-noout', '-verify', '-subject'], {
    input: Buffer.from(made.request, 'base64'),
    stdio: 'pipe',
  }).toString();
  expect(text).toMatch(/subject=CN ?= ?Banco Andino, C ?= ?CL/);
  expect(records).toMatchObject([
    { kind: 'nodeCertificate.requested', actor: { kind: 'person', personId: 'operator' } },
  ]);
});

test.each([
  ['an officer', { personId: 'officer' }, 'PERSON_WRONG_OFFICE'],
  ['nobody', { personId: 'nobody' }, 'PERSON_UNKNOWN'],
])('%s gets no request signed', async (_, input, code) => {
  await expect(asked(input)).rejects.toThrow(expect.objectContaining({ code }));
});

test.each([
  ['nothing', []],
  ['text', 'CN=Banco'],
  ['an unknown attribute', [{ type: 'XX', value: 'a' }]],
  ['a line break', [{ type: 'CN', value: 'Banco\nAndino' }]],
  ['a name too long', [{ type: 'CN', value: 'x'.repeat(129) }]],
  ['thirteen attributes', Array.from({ length: 13 }, () => ({ type: 'CN', value: 'a' }))],
])('a subject of %s is not signed', async (_, given) => {
  await expect(asked({ subject: given })).rejects.toThrow(
    expect.objectContaining({ code: 'ACT_PARAMETERS_INVALID' }),
  );
});
