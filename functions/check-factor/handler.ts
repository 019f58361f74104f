// Wires check-factor: invoked by page functions, never by a door. The only holder of the factor key.

import { readConfig } from '../../adapters/config.ts';
import { factors, failures } from '../../adapters/dynamodb/factors.ts';
import { passkeyChallenges } from '../../adapters/dynamodb/passkey-challenges.ts';
import { people } from '../../adapters/dynamodb/people.ts';
import { kmsCipher } from '../../adapters/kms/cipher.ts';
import { kmsSigner } from '../../adapters/kms/signer.ts';
import { answered } from '../../adapters/lambda/second-factor.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { answerTo, type FactorQuestion } from './input.ts';

const config = readConfig(['factorKeyId', 'secretsKeyId', 'nodeFinId', 'pagesOrigin', 'passwordFallback']);
const parts = nodeParts('check-factor', { seals: false, queueUrls: {} });
const cipher = kmsCipher(parts.kms, config.secretsKeyId);
const ports = {
  ...parts,
  people: people(parts.table, parts.sealer),
  factors: factors(parts.table, parts.sealer),
  failures: failures(parts.table),
  decryptSecret: (encrypted: string, personId: string) => cipher.decrypt(encrypted, { personId }),
  factorSigner: kmsSigner(parts.kms, config.factorKeyId, 'ECDSA_SHA_256'),
  challenges: passkeyChallenges(parts.table),
  rpId: new URL(config.pagesOrigin).hostname,
  passwordFallback: config.passwordFallback,
  node: config.nodeFinId,
};

export async function handler(event: FactorQuestion) {
  await parts.clock.tune();
  return answered(() => answerTo(ports, event));
}
