// What does template.yaml say? CloudFormation's YAML with its tags in their long form. Values are resolved in
// intrinsics.ts; nothing here knows what a resource type means.

import { readFileSync } from 'node:fs';
import { isMap, isScalar, isSeq, type Node, type Pair, parseDocument } from 'yaml';

export type Value = unknown;
export type Properties = Record<string, Value>;

export interface Resource {
  readonly Type: string;
  readonly Properties?: Properties;
  readonly Metadata?: Properties;
  readonly Condition?: string;
}

export interface Parameter {
  readonly Type: string;
  readonly Default?: Value;
  readonly AllowedValues?: readonly Value[];
}

export interface Template {
  readonly Parameters?: Readonly<Record<string, Parameter>>;
  readonly Mappings?: Readonly<Record<string, Record<string, Record<string, Value>>>>;
  readonly Conditions?: Readonly<Record<string, Value>>;
  readonly Globals?: { readonly Function?: Properties; readonly Api?: Properties };
  readonly Resources: Readonly<Record<string, Resource>>;
}

/** Two nodes and the build read the same thousands of lines: parsing them once saves a start half a second. */
const parsed = new Map<string, Template>();

export function readTemplate(file: string): Template {
  const text = readFileSync(file, 'utf8');
  const template = parsed.get(text) ?? (parseCloudFormation(text) as Template);
  if (typeof template?.Resources !== 'object') throw new Error(`"${file}" has no Resources.`);
  parsed.set(text, template);
  return template;
}

/** `!Ref X` becomes `{ Ref: 'X' }`, `!GetAtt A.B` `{ 'Fn::GetAtt': ['A', 'B'] }`, any other `!Name` `{ 'Fn::Name': ... }`. */
export function parseCloudFormation(text: string): Value {
  const document = parseDocument(text, { merge: true, logLevel: 'silent' });
  if (document.errors[0]) throw document.errors[0];
  return toValue(document.contents);
}

function toValue(node: Node | null): Value {
  if (!node) return null;
  const plain = isMap(node)
    ? Object.fromEntries(node.items.map((pair) => [keyOf(pair), toValue(pair.value as Node | null)]))
    : isSeq(node)
      ? node.items.map((item) => toValue(item as Node))
      : isScalar(node)
        ? node.value
        : refuseAlias();
  return node.tag?.startsWith('!') && !node.tag.startsWith('!!') ? longForm(node.tag.slice(1), plain) : plain;
}

function keyOf(pair: Pair): string {
  return String(isScalar(pair.key) ? pair.key.value : pair.key);
}

function refuseAlias(): never {
  throw new Error('CloudFormation knows no YAML anchors and aliases: write the value again.');
}

function longForm(tag: string, value: Value): Value {
  if (tag === 'Ref' || tag === 'Condition') return { [tag]: value };
  if (tag === 'GetAtt' && typeof value === 'string') {
    const [resource, ...attribute] = value.split('.');
    return { 'Fn::GetAtt': [resource, attribute.join('.')] };
  }
  return { [`Fn::${tag}`]: value };
}
