// Does HAProxy turn away who its lists name? A CA of the edge's own, whose key never leaves this process and ends with
// it, shows it: with each change of the truststore one client more stands in its list. That one must be turned away as
// revoked and the next one let in, or the change is not in force. It gives nobody an identity that a node knows.

import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import {
  bitString,
  boolean,
  context,
  integer,
  namedBits,
  objectIdentifier,
  octetString,
  sequence,
  time,
} from '../core/certificate/der-writer.ts';
import { encodeName } from '../core/certificate/name-writer.ts';
import { type CheckedTrust, pem } from './trust.ts';

/** For TLS: PEM both. */
export interface ClientCredential {
  readonly key: string;
  readonly cert: string;
}

/** The pair as HAProxy is given it, with the canaries' CA and list in it where there is a pair at all. */
export interface HeldTrust
  extends Pick<CheckedTrust, 'isEmpty' | 'authoritiesPem' | 'listsPem' | 'listsPublished'> {
  readonly canaries?: { readonly revoked: ClientCredential; readonly good: ClientCredential };
}

const ecdsaWithSha256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
/** As long as any process lives. */
const lifeMilliseconds = 3650 * 86_400_000;
/** Clocks of the two processes are one; OpenSSL compares whole seconds. */
const marginMilliseconds = 60_000;

export class Canaries {
  readonly #authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly #client = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly #name = encodeName([{ type: 'CN', value: `edge canary ${randomBytes(8).toString('hex')}` }]);
  #serial = 1;

  /** Another canary is good from now on, and the last one stands in the list. */
  into({ isEmpty, authoritiesPem, listsPem, listsPublished }: CheckedTrust, now: Date): HeldTrust {
    if (isEmpty) return { isEmpty, authoritiesPem, listsPem, listsPublished };
    const [revoked, good] = [this.#serial, this.#serial + 1];
    this.#serial = good;
    const from = new Date(now.getTime() - marginMilliseconds);
    return {
      isEmpty,
      authoritiesPem: authoritiesPem + pem('CERTIFICATE', this.#certificate(0, from)),
      listsPem: listsPem + pem('X509 CRL', this.#list(revoked, from)),
      listsPublished: [...listsPublished, new Date(Math.floor(from.getTime() / 1000) * 1000)],
      canaries: { revoked: this.#credential(revoked, from), good: this.#credential(good, from) },
    };
  }

  #credential(serial: number, from: Date): ClientCredential {
    const key = this.#client.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    return { key, cert: pem('CERTIFICATE', this.#certificate(serial, from)) };
  }

  /** Serial 0 is the CA's own. */
  #certificate(serial: number, from: Date): Uint8Array {
    const isAuthority = serial === 0;
    const holder = isAuthority ? this.#authority.publicKey : this.#client.publicKey;
    const subject = encodeName([{ type: 'CN', value: `edge canary ${serial}` }]);
    // RFC 5280 §4.2.1.9 and §4.2.1.3: cA, keyCertSign and cRLSign; §4.2.1.12: clientAuth.
    const extensions = isAuthority
      ? [
          extension('2.5.29.19', sequence(boolean(true)), boolean(true)),
          extension('2.5.29.15', namedBits([5, 6]), boolean(true)),
        ]
      : [extension('2.5.29.37', sequence(objectIdentifier('1.3.6.1.5.5.7.3.2')))];
    const toBeSigned = sequence(
      context(0, integer(2)),
      integer(serial + 1),
      ecdsaWithSha256,
      this.#name,
      sequence(time(from), time(endOf(from))),
      isAuthority ? this.#name : subject,
      holder.export({ type: 'spki', format: 'der' }),
      context(3, sequence(...extensions)),
    );
    return signed(toBeSigned, this.#authority.privateKey);
  }

  #list(revoked: number, from: Date): Uint8Array {
    const entry = sequence(integer(revoked + 1), time(from));
    const times = [time(from), time(endOf(from))];
    const toBeSigned = sequence(integer(1), ecdsaWithSha256, this.#name, ...times, sequence(entry));
    return signed(toBeSigned, this.#authority.privateKey);
  }
}

const endOf = (from: Date): Date => new Date(from.getTime() + lifeMilliseconds);

const extension = (oid: string, value: Uint8Array, ...critical: readonly Uint8Array[]): Uint8Array =>
  sequence(objectIdentifier(oid), ...critical, octetString(value));

const signed = (toBeSigned: Uint8Array, key: KeyObject): Uint8Array =>
  sequence(toBeSigned, ecdsaWithSha256, bitString(sign('sha256', toBeSigned, key)));
