// Which certificates does this node sign its messages with? At most two, byte-stable, published at
// GET /v1/network/certificates; a successor is listed at least 30 days before it signs. They grant nothing
// here: whoever edits them makes this node's own signatures fail, and nothing else.

import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import { thumbprintOf } from '../../core/certificate/thumbprint.ts';
import { type Item, type Key, type Table, text, type Write } from './table.ts';

export interface NodeCertificate {
  readonly der: Uint8Array;
  readonly thumbprint: Thumbprint;
  /** Messages are signed with it now; exactly one. */
  readonly signs: boolean;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const key: Key = { pk: 'NODE', sk: 'CERTIFICATES' };
const MOST = 2;

export async function nodeCertificates(table: Table): Promise<readonly NodeCertificate[]> {
  const item = await table.get(key);
  return ((item?.certificates as readonly Item[] | undefined) ?? []).map((one) => {
    const der = one.der as Uint8Array;
    const times = { notBefore: new Date(text(one, 'notBefore')), notAfter: new Date(text(one, 'notAfter')) };
    return { der, thumbprint: thumbprintOf(der), signs: one.signs === true, ...times };
  });
}

/** @throws Error while no certificate signs: nothing can be sent. */
export async function signingCertificate(table: Table): Promise<NodeCertificate> {
  const signing = (await nodeCertificates(table)).find(({ signs }) => signs);
  if (!signing) throw new Error('this node has no certificate to sign its messages with');
  return signing;
}

/** For bootstrap and the act that changes them. @throws TypeError for more than two, or not exactly one that signs */
export function nodeCertificatesWrite(certificates: readonly Omit<NodeCertificate, 'thumbprint'>[]): Write {
  if (certificates.length > MOST || certificates.filter(({ signs }) => signs).length !== 1) {
    throw new TypeError('expected one or two certificates, exactly one of which signs');
  }
  const items = certificates.map(({ der, signs, notBefore, notAfter }) => ({
    der,
    signs,
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
  }));
  return { put: { ...key, certificates: items } };
}
