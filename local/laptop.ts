// What stands on the laptop once everything runs? The services that both nodes share, and for each node its stack, its
// functions and its two doors, on one virtual clock. Seeds, the test PSC and the edge are not here.

import { randomBytes } from 'node:crypto';
import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { join } from 'node:path';
import { type EdgeKey, readEdgeKeys } from '../core/edge-identity.ts';
import { buildFunctions } from './build.ts';
import type { VirtualClock } from './clock.ts';
import { startClockEndpoint } from './clock-endpoint.ts';
import { createStack } from './deploy.ts';
import { type DynamoDb, startDynamoDb } from './dynamodb.ts';
import { callJson } from './endpoints/call.ts';
import { type Endpoints, startEndpoints } from './endpoints/endpoints.ts';
import { type FaultProxy, type FaultRule, startFaultProxy } from './fault-proxy.ts';
import { freePort } from './free-port.ts';
import { startFront } from './lambda/front.ts';
import { gatewayResponsesOf, gatewayResponsesOfOpenApi } from './lambda/gateway-responses.ts';
import { type LambdaHost, startLambdaHost } from './lambda/host.ts';
import { localEdge } from './lambda/local-edge.ts';
import { readGatewayDocument, routesOfGatewayDocument, routesOfTemplate } from './lambda/routes.ts';
import { type MailServer, startMail } from './mail/mail.ts';
import { openPolicies, type Policies } from './policies.ts';
import type { Stack } from './stack.ts';
import { startStepFunctions } from './stepfunctions/start.ts';

export interface LaptopOptions {
  readonly templateFile: string;
  /** The document that API Gateway imports for the machines' door. */
  readonly gatewayFile: string;
  readonly buildFolder: string;
  /** Everything that lasts; `npm run reset` removes it. */
  readonly dataFolder: string;
  readonly clock: VirtualClock;
  /** DYNAMODB_ENDPOINT. */
  readonly dynamodbEndpoint?: string | undefined;
  /** 0 or absent: a free one. */
  readonly ports?: Partial<Record<'aws' | 'dynamodb' | 'states' | 'mail' | 'clock', number>>;
  readonly nodes: readonly NodeOptions[];
  /** Puts the fault proxy between everything and DynamoDB; it also counts, units included. */
  readonly faults?: FaultRule;
  /** Functions may do to the table what the template says, and nothing else. */
  readonly policies?: boolean;
  /** Processes of one function at most; the Lambda host's own number when absent. */
  readonly mostChildren?: number | undefined;
}

export interface NodeOptions {
  /** Stack name: `network`. */
  readonly name: string;
  /** 0 or absent: a free one. */
  readonly apiPort?: number;
  readonly pagesPort?: number;
  /** The api door behind HAProxy: this front then signs nothing and takes what the edge signed. */
  readonly behindEdge?: boolean;
  readonly parameters: (origins: {
    readonly api: string;
    readonly pages: string;
  }) => Readonly<Record<string, string>>;
  /** Over the template's environment, for what exists on a laptop only: `NODE_STAGE: 'local'`. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Node {
  readonly name: string;
  readonly stack: Stack;
  readonly host: LambdaHost;
  readonly apiOrigin: string;
  readonly pagesOrigin: string;
  /** The api door as API Gateway has it, behind an edge that signs: opened when asked for, with the laptop's end. */
  readonly openPrivateApi: () => Promise<PrivateApi>;
}

export interface PrivateApi {
  readonly port: number;
  /** Host of the private leg, as the MAC covers it. */
  readonly host: string;
  /** Newest first. */
  readonly keys: () => readonly EdgeKey[];
}

export interface Laptop {
  readonly endpoints: Endpoints;
  readonly mail: MailServer;
  readonly clockUrl: string;
  readonly dynamodbUrl: string;
  readonly statesUrl: string;
  /** AWS_ENDPOINT_URL and the others: with these, any SDK client of any process reaches this laptop. */
  readonly environment: Readonly<Record<string, string>>;
  /** Only with `faults` or `policies`. */
  readonly faultProxy?: FaultProxy;
  /** Who was refused what by the template's policies. */
  readonly policies: Policies;
  readonly nodes: readonly Node[];
  stop(): Promise<void>;
}

type Stop = () => Promise<unknown> | unknown;

/** Rejects when a port is taken, saying which; whatever had started is stopped again. */
export async function startLaptop(options: LaptopOptions): Promise<Laptop> {
  // Where localhost has two addresses, ours answer at 127.0.0.1 alone: a process that is busy for 250 ms would give it up.
  setDefaultAutoSelectFamilyAttemptTimeout(10_000);
  const stops: Stop[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    const { templateFile, buildFolder } = options;
    const [{ release, ...services }] = await all([
      startServices(options, stops),
      buildFunctions({ templateFile, outputFolder: buildFolder }),
    ]);
    const nodes = await all(options.nodes.map((node) => startNode(options, services, node, stops)));
    release();
    return { ...services, nodes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Services = Omit<Laptop, 'nodes' | 'stop'>;

async function startServices(options: LaptopOptions, stops: Stop[]): Promise<Services & { release(): void }> {
  const { clock, dataFolder, ports = {} } = options;
  const port = (name: keyof typeof ports): number => ports[name] ?? 0;
  let statesUrl = '';
  const startExecution = async (stateMachineArn: string, input: string): Promise<void> => {
    await callJson(statesUrl, 'states', 'AWSStepFunctions.StartExecution', { stateMachineArn, input });
  };
  const endpoints = await naming(
    'aws',
    port('aws'),
    startEndpoints({ dataFolder, clock, port: port('aws'), startExecution }),
  );
  const release = endpoints.functions.hold();
  stops.push(endpoints.stop, clock.register('endpoints', endpoints.idle));
  const started = async <T extends { stop(): Promise<void> }>(
    name: keyof typeof ports,
    starting: Promise<T>,
  ): Promise<T> => {
    const service = await naming(name, port(name), starting);
    stops.push(service.stop);
    return service;
  };
  const [dynamodb, states, mail, clockEndpoint] = await all([
    started<DynamoDb>(
      'dynamodb',
      startDynamoDb({ dataFolder, port: port('dynamodb'), endpoint: options.dynamodbEndpoint }),
    ),
    started(
      'states',
      startStepFunctions({
        dataFolder: join(dataFolder, 'stepfunctions'),
        clock,
        port: port('states'),
        lambda: { endpoint: endpoints.url },
      }),
    ),
    started('mail', startMail({ dataFolder, port: port('mail') })),
    started(
      'clock',
      startClockEndpoint({ clock, port: port('clock'), arrived: () => endpoints.scheduler.fireDue() }),
    ),
  ]);
  statesUrl = states.url;
  const policies = openPolicies();
  const rule: FaultRule = (call) =>
    (options.policies ? policies.rule(call) : undefined) ?? options.faults?.(call);
  const metered = options.faults !== undefined;
  const watched = metered || options.policies === true;
  const faultProxy = watched ? await startFaultProxy({ target: dynamodb.url, rule, metered }) : undefined;
  if (faultProxy) stops.push(faultProxy.stop);
  const dynamodbUrl = faultProxy?.url ?? dynamodb.url;
  stops.push(clock.register('states', states.idle));
  const urls = { clockUrl: clockEndpoint.url, dynamodbUrl, statesUrl };
  const environment = environmentOf({ ...urls, awsUrl: endpoints.url, mailUrl: mail.url });
  return { endpoints, mail, ...urls, ...(faultProxy ? { faultProxy } : {}), policies, environment, release };
}

function environmentOf(
  urls: Record<'awsUrl' | 'dynamodbUrl' | 'statesUrl' | 'mailUrl' | 'clockUrl', string>,
) {
  return {
    // A service that nobody thought of must fail here, never reach AWS.
    AWS_ENDPOINT_URL: urls.awsUrl,
    AWS_ENDPOINT_URL_DYNAMODB: urls.dynamodbUrl,
    AWS_ENDPOINT_URL_SFN: urls.statesUrl,
    AWS_ENDPOINT_URL_SESV2: urls.mailUrl,
    APODERA_CLOCK_URL: urls.clockUrl,
  };
}

async function startNode(
  options: LaptopOptions,
  services: Services,
  node: NodeOptions,
  stops: Stop[],
): Promise<Node> {
  const { clock, templateFile, buildFolder, dataFolder } = options;
  const { endpoints, environment, dynamodbUrl, statesUrl } = services;
  const { name } = node;
  const [apiPort, pagesPort] = [node.apiPort || (await freePort()), node.pagesPort || (await freePort())];
  // By name, not address: an address is no WebAuthn rpId.
  const [apiOrigin, pagesOrigin] = [`http://localhost:${apiPort}`, `http://localhost:${pagesPort}`];
  const parameters = node.parameters({ api: apiOrigin, pages: pagesOrigin });
  endpoints.secrets.seed(`${name}-EdgeMacSecret`, newEdgeSecret);
  const stack = await createStack({
    templateFile,
    stackName: name,
    parameters,
    endpoints,
    dynamodbUrl,
    statesUrl,
  });
  services.policies.add(stack);
  const host = startLambdaHost({
    stack,
    endpoints,
    buildFolder,
    logFolder: join(dataFolder, 'logs'),
    environment: { ...environment, ...node.environment },
    mostChildren: options.mostChildren,
  });
  stops.push(host.stop, clock.register(`functions of ${name}`, host.idle));
  const openPrivateApi = await openDoors(
    { stack, host, clock, endpoints, gatewayFile: options.gatewayFile },
    { ...node, apiPort, pagesPort, privateHost: parameters.ApiHost ?? 'localhost' },
    stops,
  );
  return { name, stack, host, apiOrigin, pagesOrigin, openPrivateApi };
}

interface Behind extends Pick<Node, 'stack' | 'host'>, Pick<Services, 'endpoints'> {
  readonly clock: VirtualClock;
  readonly gatewayFile: string;
}

interface Doors extends Pick<NodeOptions, 'name' | 'behindEdge'> {
  readonly apiPort: number;
  readonly pagesPort: number;
  readonly privateHost: string;
}

/** Both doors; and how a third one, the api's without an edge before it, is opened. */
async function openDoors(
  { stack, host, clock, endpoints, gatewayFile }: Behind,
  { name, apiPort, pagesPort, privateHost, behindEdge }: Doors,
  stops: Stop[],
): Promise<Node['openPrivateApi']> {
  const { region, account } = endpoints;
  const shared = { host, clock, door: { apiId: name, stage: 'node', region, account } };
  const document = readGatewayDocument(gatewayFile);
  const keys = () => readEdgeKeys(endpoints.secrets.current(`${name}-EdgeMacSecret`));
  const edge = localEdge({ key: () => keys()[0]!, clock, privateHost });
  const privateApi = {
    ...shared,
    routes: routesOfGatewayDocument(document),
    gatewayResponses: gatewayResponsesOfOpenApi(document),
    mostHeaderBytes: 8_000,
  };
  const api = startFront({ ...privateApi, port: apiPort, ...(behindEdge ? {} : { edge }) });
  const pages = startFront({
    ...shared,
    port: pagesPort,
    routes: routesOfTemplate(stack, 'PagesApi'),
    gatewayResponses: gatewayResponsesOf(stack, 'PagesApi'),
    mostHeaderBytes: 10_240,
  });
  for (const [door, port, front] of [
    ['api', apiPort, api],
    ['pages', pagesPort, pages],
  ] as const) {
    stops.push((await naming(`${name} ${door}`, port, front)).stop);
  }
  return async () => {
    const front = await startFront(privateApi);
    stops.push(front.stop);
    return { port: front.port, host: privateHost, keys };
  };
}

/** The form that edge and authorizer read; CloudFormation's generated string has to be replaced in AWS too. */
const newEdgeSecret = (): string =>
  JSON.stringify({ keys: [{ id: 'local-1', secret: randomBytes(32).toString('base64') }] });

/** Promise.all that leaves nothing starting behind: whoever stops has to know all that has started. */
async function all<T extends readonly unknown[]>(
  starting: { readonly [K in keyof T]: Promise<T[K]> },
): Promise<T> {
  await Promise.allSettled(starting);
  return (await Promise.all(starting)) as unknown as T;
}

/** Says which door found its port taken. */
export async function naming<T>(what: string, port: number, starting: Promise<T>): Promise<T> {
  try {
    return await starting;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`Port ${port} (${what}) is taken: stop what uses it (ss -ltnp tells who).`);
  }
}
