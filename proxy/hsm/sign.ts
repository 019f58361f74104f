// Does the HSM sign as a TLS handshake asks it to, and how does a request for a certificate get its signature there?
// Every signature made for a probe is verified with the public key: an HSM that answers rubbish is no HSM.

import { constants, createHash, verify } from 'node:crypto';
import { integer, sequence } from '../../core/certificate/der-writer.ts';
import type { NameAttribute } from '../../core/certificate/name-writer.ts';
import { buildRequest } from '../../core/certificate/request.ts';
import * as ck from './constants.ts';
import { type Hsm, HsmError } from './hsm.ts';
import type { HsmKey } from './key.ts';

const known = Buffer.from('apodera edge probe');

/** PKCS #10, DER; subject and nothing else, the PSC writes the extensions. */
export async function requestIn(
  hsm: Hsm,
  key: HsmKey,
  subject: readonly NameAttribute[],
): Promise<Uint8Array> {
  const spki = key.public.export({ type: 'spki', format: 'der' });
  const isRsa = key.type === 'rsa';
  const isP384 = key.public.asymmetricKeyDetails?.namedCurve === 'secp384r1';
  return buildRequest({
    subject,
    spki,
    algorithm: isRsa ? 'rsa-sha256' : isP384 ? 'ecdsa-sha384' : 'ecdsa-sha256',
    sign: (bytes) => (isRsa ? pkcs1(hsm, key, bytes) : ecdsa(hsm, key, bytes, isP384 ? 'sha384' : 'sha256')),
  });
}

/** Signs a known digest, as readiness asks every few seconds. @throws HsmError */
export function probe(hsm: Hsm, key: HsmKey): void {
  if (key.type === 'ec') requireSignature('ECDSA', ecdsaHolds(hsm, key));
  else requireSignature('RSASSA-PSS', pssHolds(hsm, key));
}

export interface SelfTest {
  readonly algorithm: string;
  /** Absent: it works. */
  readonly problem?: string;
}

/** Everything a TLS 1.2 or 1.3 handshake could ask of this key: the first thing to run on a new cluster. */
export function selfTest(hsm: Hsm, key: HsmKey): readonly SelfTest[] {
  const tests: readonly [string, () => boolean][] =
    key.type === 'ec'
      ? [['ECDSA', () => ecdsaHolds(hsm, key)]]
      : [
          ['RSASSA-PKCS1-v1_5 SHA-256', () => verify('sha256', known, key.public, pkcs1(hsm, key, known))],
          ['RSASSA-PSS SHA-256', () => pssHolds(hsm, key)],
        ];
  return tests.map(([algorithm, holds]) => {
    try {
      requireSignature(algorithm, holds());
      return { algorithm };
    } catch (error) {
      return { algorithm, problem: (error as Error).message };
    }
  });
}

function requireSignature(algorithm: string, holds: boolean): void {
  if (!holds) throw new HsmError(`the HSM's ${algorithm} signature does not verify`);
}

function pkcs1(hsm: Hsm, key: HsmKey, bytes: Uint8Array): Buffer {
  return hsm.sign(key.private, { mechanism: ck.CKM_SHA256_RSA_PKCS, parameter: null }, bytes);
}

function pssHolds(hsm: Hsm, key: HsmKey): boolean {
  const parameter = {
    type: ck.CK_PARAMS_RSA_PSS,
    hashAlg: ck.CKM_SHA256,
    mgf: ck.CKG_MGF1_SHA256,
    saltLen: 32,
  };
  const digest = createHash('sha256').update(known).digest();
  const signature = hsm.sign(key.private, { mechanism: ck.CKM_RSA_PKCS_PSS, parameter }, digest);
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return verify('sha256', known, { key: key.public, padding, saltLength: 32 }, signature);
}

function ecdsaHolds(hsm: Hsm, key: HsmKey): boolean {
  const hash = key.public.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'sha384' : 'sha256';
  return verify(hash, known, key.public, Buffer.from(ecdsa(hsm, key, known, hash)));
}

/** The token answers r and s side by side; X.509 wants a SEQUENCE (RFC 3279 §2.2.3). */
function ecdsa(hsm: Hsm, key: HsmKey, bytes: Uint8Array, hash: 'sha256' | 'sha384'): Uint8Array {
  const digest = createHash(hash).update(bytes).digest();
  const raw = hsm.sign(key.private, { mechanism: ck.CKM_ECDSA, parameter: null }, digest);
  const half = raw.length / 2;
  return sequence(integer(raw.subarray(0, half)), integer(raw.subarray(half)));
}
