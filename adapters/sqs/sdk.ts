// What of SQS's client our functions use, and no more: the piece of a bundle that send.ts loads on first use.

export { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
