// SQS as our adapters speak to it, loaded when there is something to announce (`npm run bench -- B2`).

import type { SendMessageBatchCommandInput, SQSClient } from '@aws-sdk/client-sqs';
import { onDemand } from '../on-demand.ts';

export type Sqs = Pick<SQSClient, 'send'>;

const sdk = () => import('./sdk.ts');

export const sqsClient = (): Sqs => onDemand(async () => new (await sdk()).SQSClient());

export async function sendBatch(client: Sqs, input: SendMessageBatchCommandInput) {
  const { SendMessageBatchCommand } = await sdk();
  return client.send(new SendMessageBatchCommand(input));
}
