// Is any certificate of this proved path revoked, by these lists? Every one but the anchor is checked (S25), and
// so is each other certificate that signed a list. What must follow from the answers is the caller's.

import { Refusal } from '../../errors.ts';
import { certificateLimits, revocationPolicy } from '../../policy.ts';
import type { ParsedCertificate } from '../certificate.ts';
import { KEY_USAGE, keyUsageOf } from '../extensions.ts';
import { sameName } from '../name-match.ts';
import { parseCertificate, sameBytes } from '../parse.ts';
import { type CertificationPath, validatePath } from '../path.ts';
import type { RevocationAnswer } from './answer.ts';
import { checkRevocationByCrls } from './check-by-crls.ts';
import type { ScannedCrl } from './crl-scan.ts';
import type { OfferedCrl } from './crl-signer.ts';
import { WantedSerials } from './wanted-serials.ts';

export interface PathCheckInput {
  readonly path: CertificationPath;
  /** Each scanned for all of `serialsOf(path, certificates)`. */
  readonly crls: readonly OfferedCrl[];
  /** DER among which signers of lists may be found, in any order: the chain as presented, as a rule. */
  readonly certificates?: readonly Uint8Array[];
  /** As in check-by-crls.ts. */
  readonly deltasAlone?: boolean;
  readonly now: Date;
}

/** What lists must be scanned for, so that they can be asked about the path and about who may have signed them. */
export function serialsOf(path: CertificationPath, certificates: readonly Uint8Array[] = []): WantedSerials {
  const all = [...path.path, ...certificates.map(parseCertificate)];
  return WantedSerials.ofContents(all.map(({ serialNumber }) => serialNumber));
}

/** One answer per certificate of `path.path`, leaf first; without those before `from`. */
export function checkPathByCrls(input: PathCheckInput, from = 0): readonly RevocationAnswer[] {
  const { path, anchor } = input.path;
  return new PathCheck(input).answers({ path: path.slice(from), anchor });
}

class PathCheck {
  readonly input: PathCheckInput;
  readonly certificates: readonly ParsedCertificate[];
  /** Certificates whose own status is being asked. */
  readonly open = new Set<string>();
  readonly known = new Map<string, RevocationAnswer>();
  proofs = 0;

  constructor(input: PathCheckInput) {
    this.input = input;
    const pool = (input.certificates ?? []).slice(0, certificateLimits.chainCertificates);
    this.certificates = pool.map(parseCertificate);
  }

  answers({ path, anchor }: Pick<CertificationPath, 'path' | 'anchor'>): readonly RevocationAnswer[] {
    return path.map((certificate, depth) =>
      this.answer(certificate, [...path.slice(depth + 1), anchor.certificate]),
    );
  }

  /** `above`: the issuer first, the anchor last. */
  answer(certificate: ParsedCertificate, above: readonly ParsedCertificate[]): RevocationAnswer {
    const id = idOf(certificate);
    const known = this.known.get(id);
    if (known) return known;
    this.open.add(id);
    const { crls, now, deltasAlone = false } = this.input;
    const signersFor = (crl: ScannedCrl) => this.signersFor(crl, above);
    const issuer = above[0]!;
    const answer = checkRevocationByCrls({ certificate, issuer, crls, signersFor, deltasAlone, now });
    this.open.delete(id);
    // What was answered while another was open may rest on that one: it is not kept.
    if (this.open.size === 0) this.known.set(id, answer);
    return answer;
  }

  /** RFC 5280 §6.3.3(f): the signer's path leads to the same anchor, and nothing on it is revoked. */
  signersFor(crl: ScannedCrl, above: readonly ParsedCertificate[]): readonly ParsedCertificate[] {
    const direct = sameName(crl.head.issuer, above[0]!.subject);
    return this.certificates.filter((candidate) => {
      if (!sameName(candidate.subject, crl.head.issuer) || sameBytes(candidate.spki, above[0]!.spki))
        return false;
      // A CA elsewhere under the anchor could take the issuer's name; only those above the certificate may name
      // another key for its issuer's own lists.
      const named = above.some(({ subject }) => sameName(candidate.issuer, subject));
      return (!direct || named) && this.mayBelieve(candidate);
    });
  }

  mayBelieve(candidate: ParsedCertificate): boolean {
    const usage = keyUsageOf(candidate);
    if (usage !== undefined && !(usage & KEY_USAGE.CRL_SIGN)) return false;
    // Its own status stands on a list that it signs, where its issuer pointed there (PKITS 4.14.30).
    if (this.open.has(idOf(candidate))) return true;
    if (this.proofs++ >= revocationPolicy.signerProofs) return false;
    const path = this.prove(candidate);
    return path !== undefined && this.answers(path).every(({ status }) => status === 'good');
  }

  prove(candidate: ParsedCertificate): CertificationPath | undefined {
    const { path, now } = this.input;
    try {
      return validatePath({
        chain: this.certificates.map(({ der }) => der),
        leaf: candidate.der,
        // Which policies a leaf needs is no question to the signer of a list.
        anchors: [{ certificate: path.anchor.certificate }],
        now,
        policy: {},
      });
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  }
}

function idOf({ der }: ParsedCertificate): string {
  return Buffer.from(der).toString('base64');
}
