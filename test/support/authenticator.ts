// An authenticator in software, as a browser shows it to a page: makes credentials, answers questions. A test may make
// it lie about what it did: another site, no verification, another key.

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { Assertion, Attestation } from '../../core/people/passkey.ts';

export interface Lies {
  readonly rpId?: string;
  readonly origin?: string;
  readonly type?: string;
  readonly crossOrigin?: boolean;
  /** User present 1, verified 4, backup eligible 8, backed up 16. */
  readonly flags?: number;
  readonly counter?: number;
  readonly key?: KeyObject;
  readonly credentialId?: string;
}

export type Kind = 'ES256' | 'EdDSA' | 'RS256';

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest();

export class Authenticator {
  readonly origin: string;
  readonly credentialId: string;
  readonly #keys: { publicKey: KeyObject; privateKey: KeyObject };
  readonly #kind: Kind;

  constructor(origin = 'https://pages.test', kind: Kind = 'ES256') {
    this.origin = origin;
    this.credentialId = randomBytes(32).toString('base64url');
    this.#kind = kind;
    this.#keys = keysOf(kind);
  }

  create(challenge: string, lies: Lies = {}): Attestation {
    const id = Buffer.from(lies.credentialId ?? this.credentialId, 'base64url');
    const length = Buffer.alloc(2);
    length.writeUInt16BE(id.length);
    const credential = Buffer.concat([
      Buffer.alloc(16),
      length,
      id,
      coseOf(this.#keys.publicKey, this.#kind),
    ]);
    const authData = this.#authData({ flags: 0x40 | (lies.flags ?? 5), ...withoutFlags(lies) }, credential);
    const object = map([
      [text('fmt'), text('none')],
      [text('attStmt'), map([])],
      [text('authData'), octets(authData)],
    ]);
    return {
      clientDataJson: this.#client('webauthn.create', challenge, lies).toString('base64url'),
      attestationObject: object.toString('base64url'),
    };
  }

  get(challenge: string, lies: Lies = {}): Assertion {
    const client = this.#client('webauthn.get', challenge, lies);
    const authData = this.#authData({ flags: 5, ...lies });
    const signed = Buffer.concat([authData, sha256(client)]);
    const digest = this.#kind === 'EdDSA' ? null : 'sha256';
    return {
      credentialId: lies.credentialId ?? this.credentialId,
      clientDataJson: client.toString('base64url'),
      authenticatorData: authData.toString('base64url'),
      signature: sign(digest, signed, lies.key ?? this.#keys.privateKey).toString('base64url'),
    };
  }

  #client(type: string, challenge: string, lies: Lies): Buffer {
    const { origin = this.origin, crossOrigin = false } = lies;
    return Buffer.from(JSON.stringify({ type: lies.type ?? type, challenge, origin, crossOrigin }));
  }

  #authData({ rpId, flags = 5, counter = 0 }: Lies, credential = Buffer.alloc(0)): Buffer {
    const head = Buffer.alloc(5);
    head.writeUInt8(flags, 0);
    head.writeUInt32BE(counter, 1);
    return Buffer.concat([sha256(rpId ?? new URL(this.origin).hostname), head, credential]);
  }
}

function withoutFlags({ flags: _, ...lies }: Lies): Lies {
  return lies;
}

function keysOf(kind: Kind): { publicKey: KeyObject; privateKey: KeyObject } {
  if (kind === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  if (kind === 'EdDSA') return generateKeyPairSync('ed25519');
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

function coseOf(key: KeyObject, kind: Kind): Buffer {
  const jwk = key.export({ format: 'jwk' }) as Record<string, string>;
  const bytes = (name: string) => octets(Buffer.from(jwk[name]!, 'base64url'));
  if (kind === 'ES256')
    return map([
      [int(1), int(2)],
      [int(3), int(-7)],
      [int(-1), int(1)],
      [int(-2), bytes('x')],
      [int(-3), bytes('y')],
    ]);
  if (kind === 'EdDSA')
    return map([
      [int(1), int(1)],
      [int(3), int(-8)],
      [int(-1), int(6)],
      [int(-2), bytes('x')],
    ]);
  return map([
    [int(1), int(3)],
    [int(3), int(-257)],
    [int(-1), bytes('n')],
    [int(-2), bytes('e')],
  ]);
}

function head(major: number, argument: number): Buffer {
  if (argument < 24) return Buffer.from([(major << 5) | argument]);
  if (argument < 256) return Buffer.from([(major << 5) | 24, argument]);
  return Buffer.from([(major << 5) | 25, argument >> 8, argument & 255]);
}
const int = (value: number) => (value < 0 ? head(1, -1 - value) : head(0, value));
const octets = (bytes: Uint8Array) => Buffer.concat([head(2, bytes.length), bytes]);
const text = (value: string) => Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
const map = (entries: readonly (readonly [Buffer, Buffer])[]) =>
  Buffer.concat([head(5, entries.length), ...entries.flat()]);
