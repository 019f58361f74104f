// The busy day that no local engine has: a proxy before DynamoDB that answers conflicts, throttling, "in progress" and
// internal errors as AWS spells them, or does what it was asked and loses the answer.

import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export type Fault = 'CONFLICT' | 'IN_PROGRESS' | 'THROTTLED' | 'INTERNAL' | 'ANSWER_LOST' | 'REQUEST_LOST';
export const faults: readonly Fault[] = [
  'CONFLICT',
  'IN_PROGRESS',
  'THROTTLED',
  'INTERNAL',
  'ANSWER_LOST',
  'REQUEST_LOST',
];

export interface FaultProxy {
  readonly endpoint: string;
  /** How often each fault was dealt out. */
  readonly dealt: Map<Fault, number>;
  stop(): Promise<void>;
}

/** @param decide which fault, if any, meets this request; `operation` as in `TransactWriteItems`. */
export async function startFaultProxy(
  engine: string,
  decide: (operation: string) => Fault | undefined,
): Promise<FaultProxy> {
  const dealt = new Map<Fault, number>();
  const server = createServer((incoming, answer) => {
    const operation = String(incoming.headers['x-amz-target']).split('.').at(-1)!;
    const wanted = decide(operation);
    const fault = wanted === 'CONFLICT' && operation !== 'TransactWriteItems' ? 'THROTTLED' : wanted;
    if (fault) dealt.set(fault, (dealt.get(fault) ?? 0) + 1);
    meet(engine, fault, incoming, answer).catch(() => answer.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    dealt,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function meet(
  engine: string,
  fault: Fault | undefined,
  incoming: IncomingMessage,
  answer: ServerResponse,
): Promise<void> {
  const body = await buffer(incoming);
  if (fault === 'REQUEST_LOST') {
    answer.destroy();
    return;
  }
  if (fault !== undefined && fault !== 'ANSWER_LOST') {
    const [status, error] = errorOf(fault, body);
    answer.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(error));
    return;
  }
  const { method, url: path, headers } = incoming;
  const forwarded = request(new URL(path!, engine), { method: method!, headers });
  forwarded.end(body);
  const [reply] = (await once(forwarded, 'response')) as [IncomingMessage];
  const bytes = await buffer(reply);
  if (fault === 'ANSWER_LOST') answer.destroy();
  else answer.writeHead(reply.statusCode!, reply.headers).end(bytes);
}

const type = (name: string) => `com.amazonaws.dynamodb.v20120810#${name}`;

function errorOf(fault: Exclude<Fault, 'ANSWER_LOST' | 'REQUEST_LOST'>, body: Buffer): [number, object] {
  if (fault === 'CONFLICT') {
    const { TransactItems } = JSON.parse(body.toString()) as { TransactItems: unknown[] };
    const CancellationReasons = TransactItems.map((_, i) => ({
      Code: i === 0 ? 'TransactionConflict' : 'None',
    }));
    const message = 'Transaction cancelled, please refer cancellation reasons for specific reasons';
    return [400, { __type: type('TransactionCanceledException'), Message: message, CancellationReasons }];
  }
  if (fault === 'IN_PROGRESS')
    return [400, { __type: type('TransactionInProgressException'), message: 'in progress' }];
  if (fault === 'THROTTLED')
    return [400, { __type: type('ProvisionedThroughputExceededException'), message: 'slow' }];
  return [500, { __type: type('InternalServerError'), message: 'internal' }];
}
