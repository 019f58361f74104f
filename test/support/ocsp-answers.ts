// Builds OCSP answers for tests and benchmarks, true ones and forged ones. What must hold of an answer to be
// believed is said in core/certificate/revocation/ocsp.ts.

import type { KeyObject } from 'node:crypto';
import * as der from '../../core/certificate/der-writer.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import {
  type CertIdHash,
  certIdOf,
  digest,
  NONCE,
  publicKeyBits,
} from '../../core/certificate/revocation/ocsp-request.ts';
import { ecdsaWithSha256, extension, sha256WithRsa, signatureOver } from './revocation-lists.ts';

export interface AnsweredStatus {
  /** DER of the certificate that is asked for. */
  readonly certificate: Uint8Array;
  /** DER of its issuer. */
  readonly issuer: Uint8Array;
  readonly hash?: CertIdHash;
  readonly status?: 'good' | 'unknown' | { readonly revoked: Date; readonly reason?: number };
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date | undefined;
  /** DER of each Extension. */
  readonly extensions?: readonly Uint8Array[];
}

export interface Answer {
  readonly singles: readonly AnsweredStatus[];
  /** DER of the responder's certificate, and its key. */
  readonly responder: Uint8Array;
  readonly key: KeyObject;
  readonly named?: 'byName' | 'byKey';
  readonly certificates?: readonly Uint8Array[];
  readonly producedAt?: Date;
  readonly nonce?: Uint8Array;
  readonly extensions?: readonly Uint8Array[];
  readonly algorithm?: Uint8Array;
}

export function ocspAnswer(answer: Answer): Uint8Array {
  const responder = parseCertificate(answer.responder);
  const id =
    answer.named === 'byKey'
      ? der.context(2, der.octetString(digest('sha1', publicKeyBits(responder.spki))))
      : der.context(1, responder.subject.der);
  const extensions = [
    ...(answer.nonce ? [extension(NONCE, der.octetString(answer.nonce))] : []),
    ...(answer.extensions ?? []),
  ];
  const tbs = der.sequence(
    id,
    der.generalizedTime(answer.producedAt ?? answer.singles[0]!.thisUpdate),
    der.sequence(...answer.singles.map(singleOf)),
    ...(extensions.length > 0 ? [der.context(1, der.sequence(...extensions))] : []),
  );
  const algorithm =
    answer.algorithm ?? (answer.key.asymmetricKeyType === 'ec' ? ecdsaWithSha256 : sha256WithRsa);
  const certificates = answer.certificates ? [der.context(0, der.sequence(...answer.certificates))] : [];
  const basic = der.sequence(tbs, algorithm, der.bitString(signatureOver(tbs, answer.key)), ...certificates);
  const bytes = der.sequence(der.objectIdentifier('1.3.6.1.5.5.7.48.1.1'), der.octetString(basic));
  return der.sequence(der.enumerated(0), der.context(0, bytes));
}

/** An answer that is none: `tryLater` is 3. */
export const refusedAnswer = (status: number) => der.sequence(der.enumerated(status));

function singleOf(single: AnsweredStatus): Uint8Array {
  const question = {
    certificate: parseCertificate(single.certificate),
    issuer: parseCertificate(single.issuer),
  };
  return der.sequence(
    certIdOf(question, single.hash ?? 'sha1'),
    statusOf(single.status ?? 'good'),
    der.generalizedTime(single.thisUpdate),
    ...(single.nextUpdate ? [der.context(0, der.generalizedTime(single.nextUpdate))] : []),
    ...(single.extensions?.length ? [der.context(1, der.sequence(...single.extensions))] : []),
  );
}

function statusOf(status: NonNullable<AnsweredStatus['status']>): Uint8Array {
  if (status === 'good') return der.contextPrimitive(0, new Uint8Array());
  if (status === 'unknown') return der.contextPrimitive(2, new Uint8Array());
  const reason = status.reason === undefined ? [] : [der.context(0, der.enumerated(status.reason))];
  return der.context(1, der.generalizedTime(status.revoked), ...reason);
}
