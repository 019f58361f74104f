// May this request reach its function? Asks the REQUEST authorizer anew each time (no result cache) and reads its policy
// as API Gateway does. What the authorizer checks is the function's own matter.

import type { Invocation } from '../endpoints/lambda-endpoint.ts';
import type { GatewayResponseType } from './gateway-responses.ts';
import type { Door, ProxyEvent } from './proxy-event.ts';

export type Authorized =
  | { readonly context: Readonly<Record<string, string>> }
  | { readonly refused: GatewayResponseType };

interface Policy {
  readonly principalId?: unknown;
  readonly policyDocument?: { readonly Statement?: readonly Statement[] };
  readonly context?: Readonly<Record<string, unknown>>;
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

export async function authorize(
  event: ProxyEvent,
  door: Door,
  invoke: (payload: Buffer) => Promise<Invocation>,
): Promise<Authorized> {
  const { body: _, isBase64Encoded: __, ...seen } = event;
  const arn = `arn:aws:execute-api:${door.region}:${door.account}:${door.apiId}/${door.stage}/${event.httpMethod}${event.path}`;
  const asked = Buffer.from(JSON.stringify({ type: 'REQUEST', methodArn: arn, ...seen }));
  const invocation = await invoke(asked).catch(() => undefined);
  if (!invocation) return { refused: 'AUTHORIZER_FAILURE' };
  const answer = JSON.parse(invocation.payload.toString('utf8')) as
    | (Policy & { errorMessage?: string })
    | null;
  if (invocation.functionError)
    return { refused: answer?.errorMessage === 'Unauthorized' ? 'UNAUTHORIZED' : 'AUTHORIZER_FAILURE' };
  const context = contextOf(answer);
  if (!context) return { refused: 'AUTHORIZER_CONFIGURATION_ERROR' };
  return allows(answer?.policyDocument?.Statement ?? [], arn) ? { context } : { refused: 'ACCESS_DENIED' };
}

/** Strings, numbers and booleans only, each a string in the event; undefined when the answer is malformed. */
function contextOf(answer: Policy | null): Record<string, string> | undefined {
  if (typeof answer?.principalId !== 'string' || !Array.isArray(answer.policyDocument?.Statement))
    return undefined;
  const entries = Object.entries(answer.context ?? {});
  if (entries.some(([, value]) => !['string', 'number', 'boolean'].includes(typeof value))) return undefined;
  return {
    ...Object.fromEntries(entries.map(([name, value]) => [name, String(value)])),
    principalId: answer.principalId,
  };
}

/** An explicit Deny wins; what no statement allows is denied. */
function allows(statements: readonly Statement[], arn: string): boolean {
  const fitting = statements.filter(
    ({ Action, Resource }) =>
      [Action].flat().some((each) => matches(each, 'execute-api:Invoke')) &&
      [Resource].flat().some((each) => matches(each, arn)),
  );
  return fitting.some(({ Effect }) => Effect === 'Allow') && !fitting.some(({ Effect }) => Effect === 'Deny');
}

/** IAM's wildcards: `*` any run, `?` any one character. */
function matches(pattern: string, value: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(value);
}
