// How is a node's one table keyed? The template, the local run and the tests create it from here.
// What stands in it is told by the adapter of each noun.

/** Attribute names are schema too: renaming one is a migration. */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}

export const keyName = (key: Key): string => `${key.pk}|${key.sk}`;

/** GSI1 answers "which of these": sparse, all attributes. GSI2 answers "what is due": sparse, keys only. */
export const indexes = {
  GSI1: { hash: 'gsi1pk', range: 'gsi1sk', projection: 'ALL' },
  GSI2: { hash: 'due', range: 'dueAt', projection: 'KEYS_ONLY' },
} as const;
export type IndexName = keyof typeof indexes;

const attribute = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' as const });
const keys = (hash: string, range: string) => [
  { AttributeName: hash, KeyType: 'HASH' as const },
  { AttributeName: range, KeyType: 'RANGE' as const },
];

/** CreateTable's input without the name; the template states the same (a test holds the two together). */
export const tableDefinition = {
  BillingMode: 'PAY_PER_REQUEST' as const,
  AttributeDefinitions: [
    'pk',
    'sk',
    ...Object.values(indexes).flatMap(({ hash, range }) => [hash, range]),
  ].map(attribute),
  KeySchema: keys('pk', 'sk'),
  GlobalSecondaryIndexes: Object.entries(indexes).map(([IndexName, { hash, range, projection }]) => ({
    IndexName,
    KeySchema: keys(hash, range),
    Projection: { ProjectionType: projection },
  })),
};

/** What grants a right and must carry a seal (S22): the beginnings of its hash key and of its sort key. */
const sealedKinds: readonly (readonly [string, string])[] = [
  ['CERT#', 'STATUS'],
  ['INV#', 'INVITATION'],
  ['KEY#', 'KEY'],
  ['NODE', 'ANCHORS'],
  ['PART#', 'PAYOUTS'],
  ['PART#', 'PROFILE'],
  ['PART#', 'SUSPENSION'],
  ['PART#', 'WEBHOOK#'],
  ['PERSON#', 'FACTOR#'],
  ['PERSON#', 'PERSON'],
];

export const mustBeSealed = Object.assign(
  ({ pk, sk, ...item }: Key & { readonly [name: string]: unknown }) =>
    // A certificate that is not active, an ended API key, a suspension that stands: they grant nothing, and what put
    // them so took the seal away.
    (item.networkStatus === undefined || item.networkStatus === 'active') &&
    item.endedAt === undefined &&
    !(sk === 'SUSPENSION' && item.state !== undefined && item.state !== 'none') &&
    sealedKinds.some(([hash, sort]) => pk.startsWith(hash) && sk.startsWith(sort)),
  { prefixes: [...new Set(sealedKinds.map(([hash]) => hash))] },
);

/** A hash key holds no `|`, a sort key may. Undefined for what names no item: a forger's record may name anything. */
export function keyFrom(name: unknown): Key | undefined {
  const [, pk, sk] = (typeof name === 'string' && /^([^|]+)\|(.+)$/s.exec(name)) || [];
  return pk !== undefined && sk !== undefined ? { pk, sk } : undefined;
}
