// What does openapi.yaml say? Read once, typed as far as generators and tests need it. Everything here runs at
// build and test time only; what runs in the cloud is what the generators wrote.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';

export const root = resolve(import.meta.dirname, '..');

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: string | number | boolean;
  readonly enum?: readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly additionalProperties?: boolean;
  readonly description?: string;
  /** The rule that refuses a missing value with a code of its own; the validator leaves it to that rule. */
  readonly 'x-apodera-refusal'?: string;
}

export type LeastProof = 'none' | 'apiKey' | 'possession' | 'signature' | 'nodeSignature';

export interface Proof {
  readonly least: LeastProof;
  /** A parameter that asks for more; `otherwise` says what happens instead of a refusal. */
  readonly when?: readonly {
    readonly parameter: string;
    readonly least: LeastProof;
    readonly otherwise?: string;
  }[];
  /** Status of a refusal where the published wire demands another than 403. */
  readonly refusedWith?: number;
}

interface Media {
  readonly schema: Schema;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface Answer {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, Media>>;
  readonly headers?: object;
}

export interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

export interface Operation {
  readonly operationId: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Answer>>;
  readonly 'x-apodera-function': string;
  readonly 'x-apodera-roles': readonly ('network' | 'payoutOperator')[];
  readonly 'x-apodera-proof': Proof;
  readonly 'x-apodera-edge-certificate': 'never' | 'ifSet';
  readonly 'x-apodera-max-bytes'?: number;
}

export interface Contract {
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly parameters: Readonly<Record<string, Parameter>>;
    readonly responses: Readonly<Record<string, Answer>>;
  };
}

export interface Route extends Operation {
  readonly method: string;
  readonly path: string;
}

export function readContract(): Contract {
  return parse(readFileSync(resolve(root, 'openapi.yaml'), 'utf8'), { maxAliasCount: -1 }) as Contract;
}

/** Every operation in the order of the document, its parameters resolved. */
export function routesOf(contract: Contract): Route[] {
  return Object.entries(contract.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
      parameters: (operation.parameters ?? []).map((parameter) =>
        parameter.$ref ? contract.components.parameters[lastPart(parameter.$ref)]! : parameter,
      ),
    })),
  );
}

export function lastPart(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}
