// What does template.yaml say for one node on the laptop? Its parameters, names and resources, resolved. What has to be
// made before the node runs is deploy.ts; the functions run in lambda/, the doors in lambda/fronts.

import type { Endpoints } from './endpoints/endpoints.ts';
import { type FunctionResource, functionsOf } from './template/functions.ts';
import { holds, resolve, type Scope } from './template/intrinsics.ts';
import { type LocalResource, localResource } from './template/resources.ts';
import {
  type Properties,
  type Resource,
  readTemplate,
  type Template,
  type Value,
} from './template/template.ts';

export interface StackOptions {
  readonly templateFile: string;
  /** Goes before every name, so that two nodes share the endpoints: `network`, `operator`. */
  readonly stackName: string;
  /** Over the template's defaults. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly endpoints: Endpoints;
  /** Where tables are made; absent: none are. */
  readonly dynamodbUrl?: string;
  /** Where state machines are made; absent: none are. */
  readonly statesUrl?: string;
}

export interface Stack {
  readonly name: string;
  readonly template: Template;
  readonly templateFile: string;
  readonly functions: readonly FunctionResource[];
  resolve(value: Value): Value;
  /** Ref of a resource, or the attribute of GetAtt. Throws for a name that the template does not have. */
  resource(logicalId: string, attribute?: string): string;
  /** Resources of one type whose condition holds, with resolved properties. */
  ofType(type: string): { readonly logicalId: string; readonly properties: Properties }[];
}

/** Everything of the template by name; nothing is made yet but what its name needs. */
export function openStack({ templateFile, stackName, parameters = {}, endpoints }: StackOptions): Stack {
  const template = readTemplate(templateFile);
  const made = new Map<string, LocalResource>();
  const { region, account } = endpoints;
  const scope: Scope = {
    template,
    parameters: parameterValues(template, parameters),
    pseudo: {
      'AWS::Region': region,
      'AWS::AccountId': account,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': stackName,
      'AWS::StackId': `arn:aws:cloudformation:${region}:${account}:stack/${stackName}/local`,
    },
    resource(logicalId, attribute) {
      const found = made.get(logicalId) ?? make(logicalId);
      const value = attribute === undefined ? found.ref : found.attributes[attribute];
      if (value === undefined)
        throw new Error(`"${logicalId}.${attribute}" is not known to the local stack.`);
      return value;
    },
  };
  const make = (logicalId: string): LocalResource => {
    const resource = template.Resources[logicalId];
    const alias = resource ? undefined : aliasOf(template, logicalId);
    if (alias) return { ref: `${scope.resource(alias.of, 'Arn')}:${alias.name}`, attributes: {} };
    if (!resource) throw new Error(`The template has no parameter or resource "${logicalId}".`);
    const place = { stackName, endpoints, resolve: (value: Value) => resolve(scope, value) };
    const local = localResource(place, logicalId, resource);
    made.set(logicalId, local);
    return local;
  };
  const here = ({ Condition }: Resource): boolean => Condition === undefined || holds(scope, Condition);
  const present = {
    ...template,
    Resources: Object.fromEntries(Object.entries(template.Resources).filter(([, each]) => here(each))),
  };
  return {
    name: stackName,
    template: present,
    templateFile,
    functions: functionsOf(present),
    resolve: (value) => resolve(scope, value),
    resource: scope.resource,
    ofType: (type) =>
      Object.entries(present.Resources)
        .filter(([, { Type }]) => Type === type)
        .map(([logicalId, { Properties }]) => ({
          logicalId,
          properties: (resolve(scope, Properties) ?? {}) as Properties,
        })),
  };
}

function parameterValues(template: Template, given: Readonly<Record<string, string>>): Record<string, Value> {
  const declared = template.Parameters ?? {};
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(declared, name));
  if (unknown) throw new Error(`The template has no parameter "${unknown}".`);
  const values = Object.entries(declared).map(([name, { Type, Default, AllowedValues }]) => {
    const value = given[name] ?? Default;
    if (value === undefined)
      throw new Error(`Parameter "${name}" of the template has neither a value nor a default.`);
    if (AllowedValues && !AllowedValues.map(String).includes(String(value))) {
      throw new Error(`Parameter "${name}" must be one of ${AllowedValues.join(', ')}, found "${value}".`);
    }
    return [name, Type === 'CommaDelimitedList' ? String(value).split(',') : value];
  });
  return Object.fromEntries(values);
}

/** SAM makes `<LogicalId>Alias<name>` for a resource with AutoPublishAlias. */
function aliasOf(template: Template, logicalId: string): { of: string; name: string } | undefined {
  for (const [of, { Properties }] of Object.entries(template.Resources)) {
    const name = Properties?.AutoPublishAlias;
    if (typeof name === 'string' && logicalId === `${of}Alias${name}`) return { of, name };
  }
  return undefined;
}
