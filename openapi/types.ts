// Writes the contract's shapes as TypeScript, once for the functions and once for the published client,
// which imports nothing of ours.

import { type Contract, lastPart, type Schema } from './contract.ts';

export function typesFile(contract: Contract): string {
  const types = Object.entries(contract.components.schemas).map(
    ([name, schema]) => `${comment(schema, '')}export type ${name} = ${typeOf(schema, '')};\n`,
  );
  return `// From openapi.yaml by \`npm run generate\`.\n\n${types.join('\n')}`;
}

function typeOf(schema: Schema, indent: string): string {
  if (schema.$ref) return lastPart(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.allOf) return schema.allOf.map((part) => typeOf(part, indent)).join(' & ');
  if (schema.oneOf && !schema.properties) return schema.oneOf.map((part) => typeOf(part, indent)).join(' | ');
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  return types.map((type) => simple(type, schema, indent)).join(' | ') || 'unknown';
}

function simple(type: string, schema: Schema, indent: string): string {
  if (type === 'integer' || type === 'number') return 'number';
  if (type === 'array') return `readonly (${typeOf(schema.items ?? {}, indent)})[]`;
  if (type === 'object') return objectOf(schema, indent);
  return type;
}

function objectOf(schema: Schema, indent: string): string {
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) return '{ readonly [name: string]: unknown }';
  const deeper = `${indent}  `;
  const lines = properties.map(([name, property]) => {
    const optional = schema.required?.includes(name) ? '' : '?';
    return `${comment(property, deeper)}${deeper}readonly ${name}${optional}: ${typeOf(property, deeper)};\n`;
  });
  return `{\n${lines.join('')}${indent}}`;
}

function comment(schema: Schema, indent: string): string {
  const text = schema.description?.trim().replaceAll(/\s+/g, ' ').replaceAll('*/', '* /');
  return text ? `${indent}/** ${text} */\n` : '';
}
