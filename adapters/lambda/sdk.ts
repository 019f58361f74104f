// What of Lambda's client our functions use, and no more: the piece of a bundle that invoke.ts loads on first use.

export { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
