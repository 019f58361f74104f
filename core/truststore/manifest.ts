// Which CAs and lists may the edge hold client certificates against? Those of a manifest that this node's key signed,
// for its stage, no older than the newest one known (B-034, B-042). A CA is named only with all above it, and only
// where each has a list: one without a list locks its clients out. Where the file lies is an adapter's matter.

import { createHash, type KeyObject, verify } from 'node:crypto';
import type { Stage } from '../certificate/anchors.ts';
import { JsonReader } from '../certificate/manifest-json.ts';
import { Refusal } from '../errors.ts';

export interface TruststoreContent {
  /** DER of each CA, anchors included. */
  readonly authorities: readonly Uint8Array[];
  /** SHA-256 (base64url) of each list's DER: the bytes lie apart, for a list may have megabytes. */
  readonly lists: readonly string[];
}

export interface Truststore extends TruststoreContent {
  /** Grows with every change. */
  readonly version: number;
  readonly stage: Stage;
  readonly issuedAt: Date;
}

declare const opened: unique symbol;
/** A truststore whose signature, stage and version were checked in this process. Only `openTruststore` makes it. */
export type OpenedTruststore = Truststore & { readonly [opened]: true };

const TYPE = 'apodera/truststore/v1';
const base64url = /^[A-Za-z0-9_-]+$/;

/** `sign` gets a SHA-256 digest, gives ECDSA P-256 as DER. */
export async function signTruststore(
  { version, stage, issuedAt, authorities, lists }: Truststore,
  signer: { readonly keyId: string; sign(digest: Uint8Array): Promise<Uint8Array> },
): Promise<Uint8Array> {
  const body = JSON.stringify({
    type: TYPE,
    version,
    stage,
    issuedAt,
    authorities: authorities.map((der) => ({ certificate: Buffer.from(der).toString('base64') })),
    lists,
  });
  const truststore = Buffer.from(body).toString('base64url');
  const digest = createHash('sha256').update(signedBytes(truststore)).digest();
  const value = Buffer.from(await signer.sign(digest)).toString('base64url');
  return Buffer.from(JSON.stringify({ truststore, signature: { keyId: signer.keyId, value } }));
}

export interface TruststoreVerifier {
  readonly stage: Stage;
  /** P-256 public keys that may sign it, by key id. */
  readonly keys: ReadonlyMap<string, KeyObject>;
  /** The least acceptable version. */
  readonly leastVersion: number;
}

/**
 * @throws Refusal TRUSTSTORE_MALFORMED, TRUSTSTORE_SIGNATURE_INVALID, TRUSTSTORE_OTHER_STAGE,
 * TRUSTSTORE_VERSION_REGRESSED
 */
export function openTruststore(file: Uint8Array, verifier: TruststoreVerifier): OpenedTruststore {
  const { truststore, keyId, signature } = wellFormed(() => readFile(file));
  const key = verifier.keys.get(keyId);
  if (!key || !verify('sha256', signedBytes(truststore), key, signature))
    throw new Refusal('TRUSTSTORE_SIGNATURE_INVALID', { found: keyId });
  const content = wellFormed(() => readBody(Buffer.from(truststore, 'base64url')));
  const { stage, version } = content;
  if (stage !== verifier.stage)
    throw new Refusal('TRUSTSTORE_OTHER_STAGE', { expected: verifier.stage, found: stage });
  if (version < verifier.leastVersion) {
    const expected = `at least ${verifier.leastVersion}`;
    throw new Refusal('TRUSTSTORE_VERSION_REGRESSED', { expected, found: String(version) });
  }
  return content as OpenedTruststore;
}

/** @throws Refusal TRUSTSTORE_LIST_WRONG */
export function requireList(sha256: string, bytes: Uint8Array): Uint8Array {
  const found = listName(bytes);
  if (found !== sha256) throw new Refusal('TRUSTSTORE_LIST_WRONG', { expected: sha256, found });
  return bytes;
}

export const listName = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64url');

const signedBytes = (truststore: string): Uint8Array => Buffer.from(`${TYPE}\n${truststore}`, 'latin1');

function readFile(bytes: Uint8Array) {
  const json = new JsonReader(parsed(bytes), 'file');
  const truststore = json.matching('truststore', base64url);
  const inner = json.member('signature');
  const keyId = inner.text('keyId');
  const signature = Buffer.from(inner.matching('value', base64url), 'base64url');
  inner.done();
  json.done();
  return { truststore, keyId, signature };
}

function readBody(bytes: Uint8Array): Truststore {
  const json = new JsonReader(parsed(bytes), 'truststore');
  json.oneOf('type', [TYPE]);
  const content = {
    version: json.number('version', undefined, Number.MAX_SAFE_INTEGER),
    stage: json.oneOf<Stage>('stage', ['local', 'dev', 'prod']),
    issuedAt: json.time('issuedAt'),
    authorities: json.each('authorities', (each) => each.bytes('certificate')),
    lists: json.list('lists', /^[A-Za-z0-9_-]{43}$/),
  };
  json.done();
  return content;
}

const parsed = (bytes: Uint8Array): unknown =>
  JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));

/** The reader speaks of anchors; this file is another one. */
function wellFormed<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const parameter = error instanceof Refusal ? error.detail.parameter : 'file';
    throw new Refusal('TRUSTSTORE_MALFORMED', { ...(parameter && { parameter }) });
  }
}
