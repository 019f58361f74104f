// Did this key sign these bytes? For lists that stream past and for OCSP answers: the algorithm is named before
// the bytes come, the key is known only after. Whether the key may sign such a thing is asked by the callers.

import { constants, createVerify, type KeyObject, verify } from 'node:crypto';
import { Refusal } from '../../errors.ts';
import type { AlgorithmIdentifier } from '../certificate.ts';
import { contextConstructed, DerReader, TAG } from '../der.ts';

export interface SignatureCheck {
  update(bytes: Uint8Array): void;
  /** Once per check. False when the signature is another's, or the key is not of the algorithm's type. */
  signedBy(key: KeyObject, signature: Uint8Array): boolean;
}

type Scheme =
  | { readonly type: 'rsa' | 'ec'; readonly hash: string }
  | { readonly type: 'rsa-pss'; readonly hash: string; readonly saltLength: number }
  | { readonly type: 'ed25519' | 'ed448' };

// SHA-1 and MD5 are missing on purpose (docs/revocation.md: such signatures do not count).
const schemes: Readonly<Record<string, Scheme>> = {
  '1.2.840.113549.1.1.11': { type: 'rsa', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { type: 'rsa', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { type: 'rsa', hash: 'sha512' },
  '1.2.840.10045.4.3.2': { type: 'ec', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { type: 'ec', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { type: 'ec', hash: 'sha512' },
  '1.3.101.112': { type: 'ed25519' },
  '1.3.101.113': { type: 'ed448' },
};
const RSA_PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';
const hashes: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** EdDSA hashes twice, so the bytes must be kept: no list signed so is large. */
const keptForEdDsa = 4 * 1024 * 1024;

export function signatureCheck(algorithm: AlgorithmIdentifier): SignatureCheck {
  const scheme = schemeOf(algorithm);
  if (!('hash' in scheme)) return keepingCheck(scheme.type);
  const stream = createVerify(scheme.hash);
  return {
    update: (bytes) => void stream.update(bytes),
    signedBy(key, signature) {
      if (scheme.type !== 'rsa-pss') {
        return key.asymmetricKeyType === scheme.type && stream.verify(key, signature);
      }
      if (key.asymmetricKeyType !== 'rsa' && key.asymmetricKeyType !== 'rsa-pss') return false;
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      return stream.verify({ key, padding, saltLength: scheme.saltLength }, signature);
    },
  };
}

function keepingCheck(type: 'ed25519' | 'ed448'): SignatureCheck {
  const kept: Uint8Array[] = [];
  let length = 0;
  return {
    update(bytes) {
      length += bytes.length;
      if (length > keptForEdDsa) throw refusedAlgorithm(`${type} over more than 4 MiB`);
      kept.push(new Uint8Array(bytes));
    },
    signedBy: (key, signature) =>
      key.asymmetricKeyType === type && verify(null, Buffer.concat(kept), key, signature),
  };
}

function schemeOf(algorithm: AlgorithmIdentifier): Scheme {
  if (algorithm.oid === RSA_PSS) return pssScheme(algorithm);
  const scheme = schemes[algorithm.oid];
  if (!scheme) throw refusedAlgorithm(algorithm.oid);
  const parameters = Buffer.from(algorithm.parameters ?? []).toString('hex');
  // RFC 4055 §5: NULL for RSA (absent is tolerated); RFC 5758 §3.2, RFC 8410 §3: absent for the others.
  if (parameters !== '' && !(scheme.type === 'rsa' && parameters === '0500')) {
    throw refusedAlgorithm(`${algorithm.oid} with parameters`);
  }
  return scheme;
}

/** RFC 4055 §3.1; the defaults are SHA-1 and so refused. MGF1 must use the same hash. */
function pssScheme(algorithm: AlgorithmIdentifier): Scheme {
  if (!algorithm.parameters) throw refusedAlgorithm('RSASSA-PSS with SHA-1');
  const fields = new DerReader(algorithm.parameters).sequence();
  const hash = hashes[hashOid(fields.optional(contextConstructed(0))?.inside().sequence())];
  const mgf = fields.optional(contextConstructed(1))?.inside().sequence();
  const mgfHash = mgf?.oid() === MGF1 ? hashes[hashOid(mgf.sequence())] : undefined;
  const saltLength = fields.optional(contextConstructed(2))?.inside().smallInteger(64) ?? 20;
  const trailer = fields.optional(contextConstructed(3))?.inside().smallInteger() ?? 1;
  fields.finish();
  if (!hash || hash !== mgfHash || trailer !== 1) throw refusedAlgorithm('RSASSA-PSS with such parameters');
  return { type: 'rsa-pss', hash, saltLength };
}

function hashOid(algorithm: DerReader | undefined): string {
  if (!algorithm) return 'none';
  const oid = algorithm.oid();
  if (algorithm.tag === TAG.NULL) algorithm.null();
  algorithm.finish();
  return oid;
}

function refusedAlgorithm(found: string): Refusal {
  return new Refusal('REVOCATION_ALGORITHM_REFUSED', { found });
}
