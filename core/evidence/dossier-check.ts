// What are the parts of a dossier held against while it is verified? The anchors and evidence keys of whoever asks, the
// signed heads, and the records under them; every sentence and every fault is noted here. Which parts a dossier must
// have is asked in dossier-verify.ts.

import { createPublicKey, type KeyObject } from 'node:crypto';
import { parseCertificate } from '../certificate/parse.ts';
import { type CertificationPath, validatePath } from '../certificate/path.ts';
import { type Thumbprint, thumbprintOf } from '../certificate/thumbprint.ts';
import { Refusal, type RefusalCode } from '../errors.ts';
import { readDetachedJws, verifyDetached } from '../message/jws.ts';
import type { Dossier, SignedMessage } from './dossier.ts';
import {
  type ProvedHead,
  type ProvedRecord,
  provedHead,
  provedRecord,
  requireNeeded,
} from './dossier-records.ts';

export interface DossierTrust {
  /** DER. */
  readonly anchors: readonly Uint8Array[];
  /** Each with the node that signs its heads with it, past ones too: ECDSA P-256. No node vouches for another's evidence. */
  readonly evidenceKeys: readonly { readonly node: string; readonly key: KeyObject }[];
}

/** One sentence, and whose signature carries it. */
export interface ProvedStatement {
  readonly by: string;
  readonly says: string;
}

export interface DossierFault {
  readonly place: string;
  readonly code: RefusalCode;
  readonly message: string;
}

export interface ProvedSignature {
  readonly body: Uint8Array;
  readonly thumbprint: Thumbprint;
  readonly path: CertificationPath;
}

export class DossierCheck {
  readonly trust: DossierTrust;
  readonly proved: ProvedStatement[] = [];
  readonly faults: DossierFault[] = [];
  readonly records: ProvedRecord[] = [];
  readonly #needed = new Set<string>();
  #dossier: Dossier | undefined;

  constructor(trust: DossierTrust) {
    this.trust = trust;
  }

  /** One fault hides no other: each part is looked at by itself. */
  at<T>(place: string, look: () => T): T | undefined {
    try {
      return look();
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal('DOSSIER_UNREADABLE');
      const { parameter } = refusal.detail;
      const where = parameter === undefined || parameter === place ? place : `${place}: ${parameter}`;
      this.faults.push({ place: where, code: refusal.code, message: refusal.message });
      return undefined;
    }
  }

  /** Holds the chain of heads and the records against the dossier: what everything else in it rests on. */
  hold(dossier: Dossier): void {
    this.#dossier = dossier;
    const heads = new Map<number, ProvedHead>();
    const keys = this.trust.evidenceKeys.flatMap(({ node, key }) => (node === dossier.node ? [key] : []));
    for (const [number, head] of Object.entries(dossier.heads)) {
      const proved = this.at(`heads.${number}`, () => provedHead(dossier.node, Number(number), head, keys));
      if (proved) heads.set(Number(number), proved);
    }
    this.at('heads', () => requireNeeded(dossier));
    for (const [place, record] of dossier.records.entries()) {
      const proved = this.at(`records[${place}]`, () => provedRecord(record, heads));
      if (proved) this.records.push(proved);
    }
  }

  /** @throws Refusal DOSSIER_INCOMPLETE */
  record(kind: string, subjects: ProvedRecord['subjects']): ProvedRecord {
    const found = this.recordsOf(kind, subjects).at(-1);
    if (!found) throw new Refusal('DOSSIER_INCOMPLETE', { parameter: `records of ${kind}` });
    return found;
  }

  /** In the order of their scope's chain. */
  recordsOf(kind: string, subjects: ProvedRecord['subjects']): readonly ProvedRecord[] {
    const wanted = Object.entries(subjects);
    return this.records.filter(
      (one) => one.kind === kind && wanted.every(([name, value]) => one.subjects[name] === value),
    );
  }

  say(by: string, says: string): void {
    this.proved.push({ by, says });
  }

  /**
   * Bytes, their signature and the signer's path, as of a moment that a record tells.
   * @throws Refusal SIGNATURE_*, DOSSIER_ANCHOR_UNKNOWN, DOSSIER_INCOMPLETE and what path validation refuses
   */
  signature({ message, signature }: SignedMessage, at: Date): ProvedSignature {
    const jws = readDetachedJws(signature ?? undefined);
    const path = this.path(jws.thumbprint, at);
    const publicKey = createPublicKey({ key: Buffer.from(path.leaf.spki), format: 'der', type: 'spki' });
    const body = Buffer.from(message, 'base64');
    verifyDetached(jws, body, { thumbprint: jws.thumbprint, publicKey });
    return { body, thumbprint: jws.thumbprint, path };
  }

  /** The stored chain, proved again from the anchor that the verifier holds. */
  path(thumbprint: Thumbprint, now: Date): CertificationPath {
    const stored = this.#dossier?.certificates[thumbprint];
    if (!stored) throw new Refusal('DOSSIER_INCOMPLETE', { parameter: `certificates.${thumbprint}` });
    this.need(`certificates.${thumbprint}`);
    const anchor = this.trust.anchors.find((der) => thumbprintOf(der) === stored.anchor);
    if (!anchor) throw new Refusal('DOSSIER_ANCHOR_UNKNOWN', { expected: stored.anchor });
    const pinnedLeaf = stored.anchor === thumbprint;
    const anchors = [{ certificate: parseCertificate(anchor), ...(pinnedLeaf && { pinnedLeaf }) }];
    const chain = stored.path.map((der) => Buffer.from(der, 'base64'));
    const path = validatePath({ chain, leaf: thumbprint, anchors, now, policy: {} });
    // What is no part of the path proves nothing and could be anything.
    if (path.path.length !== chain.length)
      throw new Refusal('DOSSIER_SURPLUS', { parameter: `certificates.${thumbprint}` });
    return path;
  }

  /** A list or OCSP answer by its hash. */
  revocation(hash: string): Uint8Array {
    const bytes = this.#dossier?.revocation[hash];
    if (bytes === undefined) throw new Refusal('DOSSIER_INCOMPLETE', { parameter: `revocation.${hash}` });
    this.need(`revocation.${hash}`);
    return Buffer.from(bytes, 'base64');
  }

  /** Says that something of the dossier was used. */
  need(place: string): void {
    this.#needed.add(place);
  }

  /** What no sentence used does not belong in the file. @throws Refusal DOSSIER_SURPLUS */
  requireAllUsed({ certificates, revocation, factor_key }: Dossier): void {
    const all = [
      ...Object.keys(certificates).map((name) => `certificates.${name}`),
      ...Object.keys(revocation).map((name) => `revocation.${name}`),
      ...(factor_key === null ? [] : ['factor_key']),
    ];
    const surplus = all.find((place) => !this.#needed.has(place));
    if (surplus !== undefined) throw new Refusal('DOSSIER_SURPLUS', { parameter: surplus });
  }
}
