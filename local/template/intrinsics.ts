// Which value does an expression of the template have here? Ref, Sub, GetAtt, Join, If and the like over parameters
// and the laptop's resources. What cannot be resolved is an error that names it, never an empty string.

import type { Template, Value } from './template.ts';

export interface Scope {
  readonly template: Template;
  /** Values of the template's parameters, defaults filled in. */
  readonly parameters: Readonly<Record<string, Value>>;
  /** `AWS::Region` and the others. */
  readonly pseudo: Readonly<Record<string, string>>;
  /** `attribute` undefined: what Ref gives. */
  readonly resource: (logicalId: string, attribute?: string) => string;
}

const absent: unique symbol = Symbol('AWS::NoValue');

export function resolve(scope: Scope, value: Value): Value {
  const resolved = evaluate(scope, value);
  return resolved === absent ? undefined : resolved;
}

function evaluate(scope: Scope, value: Value): Value {
  if (Array.isArray(value))
    return value.map((item) => evaluate(scope, item)).filter((item) => item !== absent);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (entries.length === 1 && name !== undefined && /^(Ref$|Fn::|Condition$)/.test(name)) {
    // `Condition: X` is also an ordinary key, of a resource and of an IAM statement.
    if (name !== 'Condition' || typeof argument === 'string') return intrinsic(scope, name, argument);
  }
  const pairs = entries.map(([key, each]) => [key, evaluate(scope, each)] as const);
  return Object.fromEntries(pairs.filter(([, each]) => each !== absent));
}

function intrinsic(scope: Scope, name: string, argument: Value): Value {
  const list = (): Value[] => evaluate(scope, argument) as Value[];
  switch (name) {
    case 'Ref':
      return reference(scope, String(argument));
    case 'Fn::GetAtt': {
      const [logicalId, attribute] = list().map(String);
      return scope.resource(logicalId ?? '', attribute ?? '');
    }
    case 'Fn::Sub':
      return substitute(scope, argument);
    case 'Fn::Join': {
      const [separator, parts] = list();
      return (parts as Value[]).map(String).join(String(separator));
    }
    case 'Fn::Select': {
      const [index, parts] = list();
      return (parts as Value[])[Number(index)];
    }
    case 'Fn::Split': {
      const [separator, whole] = list();
      return String(whole).split(String(separator));
    }
    case 'Fn::Base64':
      return Buffer.from(String(evaluate(scope, argument))).toString('base64');
    case 'Fn::FindInMap': {
      const [map, first, second] = list().map(String);
      return known(scope.template.Mappings?.[map!]?.[first!]?.[second!], `${map}.${first}.${second}`);
    }
    case 'Fn::If': {
      const [condition, yes, no] = argument as [string, Value, Value];
      return evaluate(scope, holds(scope, condition) ? yes : no);
    }
    default:
      return test(scope, name, argument);
  }
}

/** Whether a condition of the template is true here. */
export function holds(scope: Scope, condition: string): boolean {
  return evaluate(scope, known(scope.template.Conditions?.[condition], condition)) === true;
}

function test(scope: Scope, name: string, argument: Value): boolean {
  const list = (): Value[] => evaluate(scope, argument) as Value[];
  switch (name) {
    case 'Condition':
      return holds(scope, String(argument));
    case 'Fn::Equals': {
      const [a, b] = list();
      return String(a) === String(b);
    }
    case 'Fn::And':
      return list().every((each) => each === true);
    case 'Fn::Or':
      return list().includes(true);
    case 'Fn::Not':
      return list()[0] !== true;
    default:
      throw new Error(`"${name}" is not known to the local template reader.`);
  }
}

function reference(scope: Scope, name: string): Value {
  if (name === 'AWS::NoValue') return absent;
  if (Object.hasOwn(scope.pseudo, name)) return scope.pseudo[name];
  if (Object.hasOwn(scope.parameters, name)) return scope.parameters[name];
  return scope.resource(name);
}

function substitute(scope: Scope, argument: Value): string {
  const [text, given] = Array.isArray(argument) ? argument : [argument, {}];
  const own = evaluate(scope, given) as Record<string, Value>;
  return String(text).replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
    if (literal) return `\${${name}}`;
    if (Object.hasOwn(own, name)) return String(own[name]);
    const dot = name.startsWith('AWS::') ? -1 : name.indexOf('.');
    return String(dot < 0 ? reference(scope, name) : scope.resource(name.slice(0, dot), name.slice(dot + 1)));
  });
}

function known(value: Value, name: string): Value {
  if (value === undefined) throw new Error(`The template does not define "${name}".`);
  return value;
}
