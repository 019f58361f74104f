// Where does somebody who verifies dossiers get the key to hold them against? From the node itself, once: in PEM.

import { GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import type { Laptop, Node } from './laptop.ts';

export async function evidenceKey({ endpoints }: Laptop, { stack }: Node): Promise<string> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const kms = new KMSClient({ endpoint: endpoints.url, region: endpoints.region, credentials });
  const key = await kms.send(new GetPublicKeyCommand({ KeyId: stack.resource('EvidenceKey') }));
  kms.destroy();
  return pem('PUBLIC KEY', Buffer.from(key.PublicKey!));
}

export function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
