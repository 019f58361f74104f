// How is what a dossier proves said to somebody who did not build this? Parts of its sentences.

import type { ParsedCertificate } from '../certificate/certificate.ts';
import type { CertificationPath } from '../certificate/path.ts';
import { thumbprintOf } from '../certificate/thumbprint.ts';
import type { HeadDocument } from './heads.ts';

export const timeOf = (at: Date) => (Number.isNaN(at.getTime()) ? 'no time' : at.toISOString());

export const headWords = ({ number, at }: HeadDocument) =>
  `this stands under its signed head ${number} of ${timeOf(at)}`;

/** Whose certificate it is by its own words, and which anchor vouches for it. */
export function signerWords({ leaf, anchor }: CertificationPath): string {
  return (
    `the certificate ${thumbprintOf(leaf.der)} of ${nameOf(leaf.subject)}, issued by ${nameOf(leaf.issuer)}, ` +
    `which your anchor ${nameOf(anchor.certificate.subject)} vouches for`
  );
}

function nameOf({ rdns }: ParsedCertificate['subject']): string {
  const attributes = rdns.flat();
  const text = (oid: string) => attributes.find((one) => one.oid === oid)?.text;
  return `"${text('2.5.4.3') ?? text('2.5.4.10') ?? text('2.5.4.5') ?? 'no name'}"`;
}
