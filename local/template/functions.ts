// Which Lambda functions does the template deploy, with what around each? Globals are merged as SAM merges them.
// Values stay as written: resolving them needs resources, building needs none.

import type { Properties, Template, Value } from './template.ts';

export interface FunctionResource {
  readonly logicalId: string;
  /** Properties with Globals.Function underneath. */
  readonly properties: Properties;
  /** Metadata.BuildProperties. */
  readonly build: Properties;
  /** `handler.handler`: module and export. */
  readonly module: string;
  readonly exportName: string;
}

export function functionsOf(template: Template): FunctionResource[] {
  const globals = template.Globals?.Function ?? {};
  return Object.entries(template.Resources)
    .filter(([, { Type }]) => Type === 'AWS::Serverless::Function')
    .map(([logicalId, resource]) => {
      const properties = merge(globals, resource.Properties ?? {}) as Properties;
      const [module = '', exportName = ''] = String(properties.Handler ?? '').split(/\.(?=[^.]*$)/);
      if (!module || !exportName) throw new Error(`"${logicalId}" has no Handler of the form module.export.`);
      const build = (resource.Metadata?.BuildProperties ?? {}) as Properties;
      return { logicalId, properties, build, module, exportName };
    });
}

/** SAM: maps are merged, lists added, anything else replaced. */
function merge(below: Value, above: Value): Value {
  if (Array.isArray(below) && Array.isArray(above)) return [...below, ...above];
  if (!isMap(below) || !isMap(above) || isIntrinsic(below) || isIntrinsic(above)) return above;
  const merged: Properties = { ...below };
  for (const [key, value] of Object.entries(above)) {
    merged[key] = Object.hasOwn(below, key) ? merge(below[key], value) : value;
  }
  return merged;
}

const isMap = (value: Value): value is Properties =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isIntrinsic = (value: Properties): boolean => /^(Ref$|Fn::)/.test(Object.keys(value)[0] ?? '');
