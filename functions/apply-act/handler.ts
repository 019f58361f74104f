// Wires apply-act: invoked by page functions with an operator's vote, or with what an invited person has set. The
// only function that seals people, participants, API keys and pins.

import { randomBytes } from 'node:crypto';
import { readConfig } from '../../adapters/config.ts';
import { acts } from '../../adapters/dynamodb/acts.ts';
import { apiKeys } from '../../adapters/dynamodb/api-keys.ts';
import { disableStore } from '../../adapters/dynamodb/disables.ts';
import { invitations } from '../../adapters/dynamodb/invitations.ts';
import { leastAnchorsVersion } from '../../adapters/dynamodb/least-anchors.ts';
import { ledger } from '../../adapters/dynamodb/ledger.ts';
import { deadEntries } from '../../adapters/dynamodb/outbox.ts';
import { parties } from '../../adapters/dynamodb/parties.ts';
import { payoutKey, payoutOf } from '../../adapters/dynamodb/payout-items.ts';
import { payoutSettings } from '../../adapters/dynamodb/payout-settings.ts';
import { people } from '../../adapters/dynamodb/people.ts';
import { suspensions } from '../../adapters/dynamodb/suspensions.ts';
import { sourcesOf } from '../../adapters/enrolling.ts';
import { kmsCipher } from '../../adapters/kms/cipher.ts';
import { kmsPublicKeys, kmsSigner } from '../../adapters/kms/signer.ts';
import { answered } from '../../adapters/lambda/second-factor.ts';
import { nodeParts } from '../../adapters/node-parts.ts';
import { nodeTrust } from '../../adapters/node-trust.ts';
import { anchorShelf } from '../../adapters/s3/anchor-shelf.ts';
import { s3Client } from '../../adapters/s3/s3.ts';
import { peerKeys } from '../../adapters/secrets/peer-keys.ts';
import { peoplePolicy } from '../../core/policy.ts';
import { voteOnAct } from './apply-act.ts';
import { changePasskey } from './change-passkey.ts';
import { delegate } from './delegate.ts';
import { type ApplyActInput, within } from './input.ts';

const config = readConfig([
  'factorKeyId',
  'sealKeyId',
  'secretsKeyId',
  'trustBucket',
  'mailQueueUrl',
  'deliverQueueUrl',
  'executionQueueUrl',
  'paymentQueueUrl',
  'nodeRole',
  'nodeStage',
  'nodeFinId',
  'passwordFallback',
]);
const queueUrls = {
  mail: config.mailQueueUrl,
  deliver: config.deliverQueueUrl,
  execution: config.executionQueueUrl,
  payment: config.paymentQueueUrl,
};
const parts = nodeParts('apply-act', { seals: true, queueUrls });
const { table, sealer, kms } = parts;
const cipher = kmsCipher(kms, config.secretsKeyId);
const publicKey = kmsPublicKeys(kms);
const trusting = nodeTrust(parts);
const ports = {
  ...parts,
  ...trusting,
  sourcesOf,
  random: (bytes: number) => randomBytes(bytes),
  stage: config.nodeStage,
  people: people(table, sealer),
  parties: parties(table, sealer),
  invitations: invitations(table, sealer),
  apiKeys: apiKeys(table, sealer),
  acts: acts(table, parts.announce),
  ledger: ledger(table, sealer, parts.announce),
  peerKeys: peerKeys(config.nodeFinId),
  anchors: {
    ...anchorShelf(s3Client(), config.trustBucket),
    leastVersion: () => leastAnchorsVersion(table, sealer),
    signer: kmsSigner(kms, config.sealKeyId, 'ECDSA_SHA_256'),
    publicKey: () => publicKey(config.sealKeyId),
  },
  deadEntries: deadEntries(table),
  payoutSettings: (finId: string) => payoutSettings(table, sealer, finId),
  payouts: {
    async find(participant: string, transactionId: string) {
      const item = await table.get(payoutKey(participant, transactionId));
      return item && payoutOf(item);
    },
  },
  role: config.nodeRole,
  disables: disableStore(table, parts.announce),
  suspensions: suspensions(table, parts.announce),
  passwordCost: peoplePolicy.scrypt,
  encryptSecret: (plain: string, personId: string) => cipher.encrypt(plain, { personId }),
  decryptPeerKey: (encrypted: string, peer: string) => cipher.decrypt(encrypted, { peer }),
  factorPublicKey: () => publicKey(config.factorKeyId),
  nodeFinId: config.nodeFinId,
  passwordFallback: config.passwordFallback,
};

export async function handler(event: ApplyActInput) {
  await parts.clock.tune();
  return answered(() =>
    within(event, {
      vote: (input) => voteOnAct(ports, input),
      // Once in a person's life, and nobody else needs its authenticator codes: loaded then.
      accept: async (input) => (await import('./accept-invitation.ts')).acceptInvitation(ports, input),
      passkey: (input) => changePasskey(ports, input),
      delegation: (input) => delegate(ports, input),
    }),
  );
}
