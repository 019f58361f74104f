// Lambda as our adapters speak to it, loaded when a function is first invoked (`npm run bench -- B2`).

import type { InvokeCommandInput, LambdaClient } from '@aws-sdk/client-lambda';
import { onDemand } from '../on-demand.ts';

export type Lambda = Pick<LambdaClient, 'send'>;

const sdk = () => import('./sdk.ts');

export const lambdaClient = (): Lambda => onDemand(async () => new (await sdk()).LambdaClient());

export async function invoke(client: Lambda, input: InvokeCommandInput) {
  const { InvokeCommand } = await sdk();
  return client.send(new InvokeCommand(input));
}
