// KMS as our adapters speak to it, loaded when a key is first asked for (`npm run bench -- B2`).

import type {
  DecryptCommandInput,
  EncryptCommandInput,
  GetPublicKeyCommandInput,
  KMSClient,
  SignCommandInput,
} from '@aws-sdk/client-kms';
import { onDemand } from '../on-demand.ts';

export type Kms = Pick<KMSClient, 'send'>;

const sdk = () => import('./sdk.ts');

export const kmsClient = (): Kms => onDemand(async () => new (await sdk()).KMSClient());

export async function sign(client: Kms, input: SignCommandInput) {
  const { SignCommand } = await sdk();
  return client.send(new SignCommand(input));
}

export async function getPublicKey(client: Kms, input: GetPublicKeyCommandInput) {
  const { GetPublicKeyCommand } = await sdk();
  return client.send(new GetPublicKeyCommand(input));
}

export async function encrypt(client: Kms, input: EncryptCommandInput) {
  const { EncryptCommand } = await sdk();
  return client.send(new EncryptCommand(input));
}

export async function decrypt(client: Kms, input: DecryptCommandInput) {
  const { DecryptCommand } = await sdk();
  return client.send(new DecryptCommand(input));
}
