// May this function do this to the table? What IAM would say by the policies that template.yaml gives it, so that a
// missing permission shows on the laptop and not in the cloud. DynamoDB only; who is no function (a seed, a shell) is
// the deployer and may do everything.

import type { Call, FaultRule } from './fault-proxy.ts';
import type { Stack } from './stack.ts';

export interface Policies {
  /** From then on the functions of that stack may do what its template says, and nothing else. */
  add(stack: Stack): void;
  readonly rule: FaultRule;
  /** `network-AdmitEnrolmentFunction: dynamodb:PutItem of RATE#`, each once. */
  denied(): readonly string[];
}

interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Patterns of dynamodb:LeadingKeys; absent: any. */
  readonly leadingKeys: readonly string[] | undefined;
}

interface Access {
  readonly action: string;
  readonly resource: string;
  /** Hash keys, of the table or of the index that is queried. */
  readonly leadingKeys: readonly string[];
}

export function openPolicies(): Policies {
  const byFunction = new Map<string, readonly Statement[]>();
  const denied = new Set<string>();
  return {
    add(stack) {
      for (const { logicalId, properties } of stack.functions)
        byFunction.set(stack.resource(logicalId), statementsOf(stack.resolve(properties.Policies)));
    },
    rule(call) {
      const statements = byFunction.get(call.caller);
      const refused = statements ? accessesOf(call).filter((access) => !isAllowed(statements, access)) : [];
      for (const { action, leadingKeys, resource } of refused) {
        const kinds = leadingKeys.map((key) => key.replace(/#.*/, '#'));
        const said = `${call.caller}: ${action} of ${kinds.join(', ') || resource}`;
        if (!denied.has(said)) console.error(`Not allowed by template.yaml: ${said}`);
        denied.add(said);
      }
      return refused.length > 0 ? 'AccessDenied' : undefined;
    },
    denied: () => [...denied],
  };
}

type Document = { readonly Statement?: unknown };

function statementsOf(policies: unknown): Statement[] {
  const documents = [policies ?? []].flat() as Document[];
  return documents
    .flatMap(({ Statement: statements }) => (statements ?? []) as Record<string, unknown>[])
    .filter(({ Effect }) => Effect === 'Allow')
    .map(({ Action, Resource, Condition }) => ({
      actions: [Action].flat() as string[],
      resources: [Resource].flat() as string[],
      leadingKeys: (Condition as Record<string, Record<string, string[]>> | undefined)?.[
        'ForAllValues:StringLike'
      ]?.['dynamodb:LeadingKeys'],
    }));
}

function isAllowed(statements: readonly Statement[], { action, resource, leadingKeys }: Access): boolean {
  return statements.some(
    (statement) =>
      statement.actions.includes(action) &&
      // The laptop's table has an ARN of its own region and account: its end names it.
      statement.resources.some((allowed) => allowed.endsWith(resource)) &&
      leadingKeys.every((key) => statement.leadingKeys?.some((pattern) => isLike(key, pattern)) ?? true),
  );
}

/** IAM's StringLike with stars. */
function isLike(key: string, pattern: string): boolean {
  let expression = expressions.get(pattern);
  if (!expression) {
    const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    expression = new RegExp(`^${parts.join('.*')}$`, 's');
    expressions.set(pattern, expression);
  }
  return expression.test(key);
}

/** Of the template's patterns: every call of every function asks some. */
const expressions = new Map<string, RegExp>();

type Item = Readonly<Record<string, { readonly S?: string }>>;
type Input = {
  readonly TableName: string;
  readonly IndexName?: string;
  readonly Key?: Item;
  readonly Item?: Item;
  readonly KeyConditionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Item;
};

const transactActions: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
  Get: 'GetItem',
};

/** Service authorization reference: a transaction needs the permission of each of its parts. */
function accessesOf({ operation, input }: Call): Access[] {
  const { TransactItems, RequestItems } = input as {
    TransactItems?: readonly Readonly<Record<string, Input>>[];
    RequestItems?: Readonly<Record<string, { Keys?: readonly Item[] }>>;
  };
  if (TransactItems)
    return TransactItems.flatMap((one) =>
      Object.entries(one).map(([kind, part]) => accessOf(transactActions[kind] ?? kind, part)),
    );
  if (RequestItems)
    return Object.entries(RequestItems).flatMap(([TableName, { Keys = [] }]) =>
      Keys.map((Key) => accessOf(operation, { TableName, Key })),
    );
  return [accessOf(operation, input as unknown as Input)];
}

function accessOf(operation: string, input: Input): Access {
  const index = input.IndexName ? `/index/${input.IndexName}` : '';
  const key = input.Key?.pk?.S ?? input.Item?.pk?.S ?? queriedKey(input);
  return {
    action: `dynamodb:${operation}`,
    resource: `table/${input.TableName.replace(/^.*:table\//, '')}${index}`,
    leadingKeys: key === undefined ? [] : [key],
  };
}

function queriedKey(input: Input): string | undefined {
  const hash = input.IndexName ? /^(gsi1pk|due)$/ : /^pk$/;
  const {
    KeyConditionExpression = '',
    ExpressionAttributeNames = {},
    ExpressionAttributeValues = {},
  } = input;
  for (const [, name = '', value = ''] of KeyConditionExpression.matchAll(/(#?\w+)\s*=\s*(:\w+)/g))
    if (hash.test(ExpressionAttributeNames[name] ?? name)) return ExpressionAttributeValues[value]?.S;
  return undefined;
}
