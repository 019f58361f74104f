// Is a head document signed by this node? Checked with the public keys of the evidence key in force and earlier ones.

import { type KeyObject, verify } from 'node:crypto';
import { documentBytes, type HeadDocument } from '../../core/evidence/heads.ts';

export function headVerifier(
  acceptedKeyIds: readonly string[],
  publicKey: (keyId: string) => Promise<KeyObject>,
): (document: HeadDocument, keyId: string, signature: Uint8Array) => Promise<boolean> {
  return async (document, keyId, signature) =>
    acceptedKeyIds.includes(keyId) &&
    verify('sha256', documentBytes(document), await publicKey(keyId), signature);
}
