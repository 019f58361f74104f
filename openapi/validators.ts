// Writes one module per request shape: ajv's standalone code, so that nothing of ajv runs in the cloud
// (0.1x of the floor instead of 0.7x) and each bundle holds only what it uses.

import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import type { Contract, Schema } from './contract.ts';

/** What arrives from outside and is validated: schema by schema, as the functions ask for them. */
export const validated = [
  'EnrolMessage',
  'DisableMessage',
  'WithdrawMessage',
  'RenewApiKeyMessage',
  'RegisterWebhookMessage',
  'PayoutMessage',
  'NodeMessage',
  'EnrolmentForwardParameters',
  'EnrolmentAnswerParameters',
  'NodeCertificateParameters',
  'DisableForwardParameters',
  'ParticipantSuspendParameters',
] as const;

export function validatorFiles(contract: Contract): Map<string, string> {
  const files = new Map<string, string>();
  for (const name of validated) {
    const stem = name.replaceAll(/(?<!^)([A-Z])/g, '-$1').toLowerCase();
    files.set(`${stem}.js`, moduleOf(contract, name));
    files.set(`${stem}.d.ts`, declarationOf(name));
  }
  return files;
}

function moduleOf(contract: Contract, name: string): string {
  const ajv = compiler();
  for (const [id, schema] of Object.entries(contract.components.schemas)) {
    ajv.addSchema({ ...forValidation(schema), $id: id });
  }
  const write = standalone as unknown as (ajv: Ajv, names: Record<string, string>) => string;
  const code = write(ajv, { validate: name });
  return `// From openapi.yaml by \`npm run generate\`.\n${code}\n`;
}

/** unicode off: lengths count UTF-16 units, which needs no import and is 4x as fast. */
function compiler(): Ajv {
  const code = { source: true, esm: true, optimize: 2 } as const;
  return new Ajv({
    code,
    unicodeRegExp: false,
    unicode: false,
    logger: false,
    strictTypes: false,
    strictRequired: false,
  });
}

/** The schema without what only people read, and without `required` where a rule of core refuses by its own code. */
function forValidation(schema: Schema): Schema {
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'description' || key === 'format' || key.startsWith('x-')) continue;
    copy[key] = key === '$ref' ? lastOf(String(value)) : value;
  }
  const properties = Object.entries(schema.properties ?? {});
  if (schema.properties)
    copy.properties = Object.fromEntries(properties.map(([k, v]) => [k, forValidation(v)]));
  if (schema.items) copy.items = forValidation(schema.items);
  for (const key of ['oneOf', 'allOf'] as const) if (schema[key]) copy[key] = schema[key].map(forValidation);
  const byRule = new Set(
    properties.filter(([, property]) => property['x-apodera-refusal']).map(([key]) => key),
  );
  if (schema.required) copy.required = schema.required.filter((key) => !byRule.has(key));
  return copy as Schema;
}

const lastOf = (reference: string) => reference.slice(reference.lastIndexOf('/') + 1);

function declarationOf(name: string): string {
  return `// From openapi.yaml by \`npm run generate\`.
import type { ${name} } from './types.ts';

export declare const validate: {
  (value: unknown): value is ${name};
  errors?: null | { instancePath: string; keyword: string; params: Record<string, unknown>; message?: string }[];
};
`;
}
