// The real sealer over a key of this process: for tests.

import { sealer } from '../kms/seal.ts';
import type { Log } from '../logger.ts';
import { type MemorySigner, memoryP256Signer } from './signer.ts';

export function memorySealer(log: Log, signer: MemorySigner = memoryP256Signer('test-seal')) {
  return sealer({ signer, acceptedKeyIds: [signer.keyId], publicKey: async () => signer.publicKey, log });
}
