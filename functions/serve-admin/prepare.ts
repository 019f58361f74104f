// What of a proposal may not stand in an act as it came? A peer's API key becomes its hash and a ciphertext that only
// apply-act opens; a manifest's bytes wait in the trust bucket under the hash that operators sign.

import { createHash } from 'node:crypto';
import { Refusal } from '../../core/errors.ts';

export interface PreparePorts {
  readonly encryptPeerKey: (key: string, peer: string) => Promise<string>;
  /** @returns base64url SHA-256 */
  readonly shelve: (manifest: Uint8Array) => Promise<string>;
}

export function preparer({ encryptPeerKey, shelve }: PreparePorts) {
  return async (kind: string, parameters: unknown): Promise<unknown> => {
    const given = (parameters ?? {}) as Record<string, unknown>;
    if (kind === 'peer.setApiKey') {
      const { fin_id: peer, api_key: key } = given;
      if (typeof peer !== 'string' || typeof key !== 'string' || key.length < 16 || key.length > 512)
        throw new Refusal('ACT_PARAMETERS_INVALID', {
          parameter: 'api_key',
          expected: 'the key that the peer gave',
        });
      return {
        fin_id: peer,
        api_key_sha256: createHash('sha256').update(key).digest('hex'),
        api_key_encrypted: await encryptPeerKey(key, peer),
      };
    }
    if (kind === 'anchors.change' && typeof given.manifest === 'string')
      return { manifest_sha256: await shelve(Buffer.from(given.manifest, 'base64')) };
    return parameters;
  };
}
