// How does HTTP reach the functions of one door? What a REST API of API Gateway does around them: route, authorizer,
// proxy event, limits, and its own answers when no function gives one. TLS, WAF and usage plans are not here.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { LocalClock } from '../endpoints/timer.ts';
import { closeServer, listen, portOf } from '../loopback.ts';
import { authorize } from './authorizer.ts';
import { type GatewayResponses, type GatewayResponseType, gatewayAnswer } from './gateway-responses.ts';
import type { LambdaHost } from './host.ts';
import type { LocalEdge } from './local-edge.ts';
import {
  type Arrived,
  answerOf,
  arrivedFrom,
  type Door,
  type HttpAnswer,
  pathOf,
  proxyEvent,
} from './proxy-event.ts';
import { match, type Route } from './routes.ts';

export interface FrontOptions {
  readonly host: Pick<LambdaHost, 'invoke'>;
  readonly clock: LocalClock;
  readonly routes: readonly Route[];
  readonly door: Door;
  readonly gatewayResponses?: GatewayResponses;
  /** The api door without HAProxy in front: does the edge's part. Absent behind HAProxy, and at the pages door. */
  readonly edge?: LocalEdge;
  /** Bytes of all headers: 8,000 for a private API, 10,240 for a Regional one. */
  readonly mostHeaderBytes: number;
  /** 0 or absent: a free one. */
  readonly port?: number;
}

export interface Front {
  readonly port: number;
  stop(): Promise<void>;
}

/** API Gateway's largest payload. */
const largestBodyBytes = 10 * 1024 * 1024;

/** Rejects when the port is taken. */
export async function startFront(options: FrontOptions): Promise<Front> {
  // Node's own header limit stays above ours: this front says no itself, in the words of API Gateway.
  const server = createServer(
    { maxHeaderSize: 64 * 1024, keepAliveTimeout: 65_000 },
    (incoming, outgoing) => {
      serve(options, incoming).then(
        (answer) => send(outgoing, incoming, answer),
        (error) => {
          console.error('local front:', error);
          const arrived = arrivedFrom(incoming, Buffer.alloc(0), options.clock.now());
          send(outgoing, incoming, gatewayAnswer(options.gatewayResponses ?? {}, 'DEFAULT_5XX', arrived));
        },
      );
    },
  );
  await listen(server, options.port);
  return { port: portOf(server), stop: () => closeServer(server) };
}

async function serve(options: FrontOptions, incoming: IncomingMessage): Promise<HttpAnswer> {
  const { edge, clock, host, gatewayResponses = {} } = options;
  const limit = edge?.mostBodyBytes(incoming.url ?? '/') ?? largestBodyBytes;
  const body = await readUpTo(incoming, limit);
  const came = arrivedFrom(incoming, body ?? Buffer.alloc(0), clock.now());
  if (!body && edge) return edge.tooLarge(came);
  const passed = edge ? edge.pass(came) : { arrived: came };
  if ('answer' in passed) return passed.answer;
  const arrived = forwarded(passed.arrived);
  const refuse = (type: GatewayResponseType): HttpAnswer => gatewayAnswer(gatewayResponses, type, arrived);
  if (arrived.headers.filter(([name]) => name.toLowerCase() === 'host').length > 1)
    return refuse('DEFAULT_4XX');
  if (!body) return refuse('REQUEST_TOO_LARGE');
  if (headerBytes(arrived) > options.mostHeaderBytes) return headersTooLarge(arrived.requestId);
  const matched = match(options.routes, arrived.method, pathOf(arrived.target));
  if (!matched) return refuse('MISSING_AUTHENTICATION_TOKEN');
  const event = proxyEvent(arrived, matched, options.door);
  const { authorizer } = matched.route;
  if (authorizer) {
    const authorized = await authorize(event, options.door, (payload) => host.invoke(authorizer, payload));
    if ('refused' in authorized) return refuse(authorized.refused);
    event.requestContext.authorizer = authorized.context;
  }
  return integrate(host, matched.route, Buffer.from(JSON.stringify(event)), refuse);
}

async function integrate(
  host: FrontOptions['host'],
  { function: logicalId, timeoutMs = 29_000 }: Route,
  payload: Buffer,
  refuse: (type: GatewayResponseType) => HttpAnswer,
): Promise<HttpAnswer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), timeoutMs);
  });
  const invocation = await Promise.race([host.invoke(logicalId, payload).catch(noAnswer), late]);
  clearTimeout(timer);
  if (invocation === 'late') return refuse('INTEGRATION_TIMEOUT');
  const answer = invocation && !invocation.functionError ? answerOf(invocation.payload) : undefined;
  return answer ?? refuse('DEFAULT_5XX');
}

/** Throttled, or a route to a function that the template does not deploy: the caller hears nothing of it, the terminal does. */
function noAnswer(error: Error): undefined {
  console.error(`local front: ${error.message}`);
}

/** As API Gateway adds them. */
function forwarded(arrived: Arrived): Arrived {
  const own: [string, string][] = [
    ['X-Forwarded-For', arrived.sourceIp],
    ['X-Forwarded-Port', '443'],
    ['X-Forwarded-Proto', 'https'],
  ];
  const foreign = arrived.headers.filter(([name]) => !/^x-forwarded-(for|port|proto)$/i.test(name));
  return { ...arrived, headers: [...foreign, ...own] };
}

/** `name: value\r\n` of each, and the request line. */
function headerBytes({ method, target, headers }: Arrived): number {
  const line = Buffer.byteLength(method) + Buffer.byteLength(target) + 12;
  return headers.reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value) + 4,
    line,
  );
}

function headersTooLarge(requestId: string): HttpAnswer {
  const headers = { 'content-type': 'application/json', 'x-amzn-RequestId': requestId };
  return {
    status: 431,
    headers: Object.entries(headers),
    body: Buffer.from('{"message":"Request Header Fields Too Large"}'),
  };
}

/** Undefined when there is more than `limit`; the rest is read and thrown away, so that the client hears the answer. */
async function readUpTo(incoming: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += (chunk as Buffer).length;
    if (size <= limit) chunks.push(chunk as Buffer);
  }
  return size > limit ? undefined : Buffer.concat(chunks);
}

function send(outgoing: ServerResponse, incoming: IncomingMessage, answer: HttpAnswer): void {
  outgoing.statusCode = answer.status;
  for (const [name, value] of answer.headers) outgoing.appendHeader(name, value);
  if (!outgoing.hasHeader('content-type')) outgoing.setHeader('content-type', 'application/json');
  if (answer.status !== 204 && answer.status !== 304)
    outgoing.setHeader('content-length', answer.body.length);
  outgoing.end(incoming.method === 'HEAD' ? undefined : answer.body);
}
