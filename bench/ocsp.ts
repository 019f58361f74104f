// O1: OCSP answers of a delegated responder, parsed and verified with every check, against pkijs doing what it does.

import { webcrypto } from 'node:crypto';
import * as pkijs from 'pkijs';
import { nullValue } from '../core/certificate/der-writer.ts';
import { parseCertificate } from '../core/certificate/parse.ts';
import { verifyOcsp } from '../core/certificate/revocation/ocsp.ts';
import { issueLeaf, makeAuthority } from '../test/support/certificates.ts';
import { ocspAnswer } from '../test/support/ocsp-answers.ts';
import { type Figure, isBelievable, paired, print } from './figure.ts';

const leastPerSecond = 2000;

export async function ocspFigure(): Promise<Figure> {
  const psc = makeAuthority({ name: 'bench psc' });
  const leaf = issueLeaf(psc);
  const responder = issueLeaf(psc, {
    subject: [{ type: 'CN', value: 'responder' }],
    keyLabel: 'bench responder',
    keyUsage: ['digitalSignature'],
    extendedKeyUsage: ['OCSPSigning'],
    extensions: [{ oid: '1.3.6.1.5.5.7.48.1.5', value: nullValue() }],
  });
  const now = new Date('2026-06-01T12:00:00Z');
  const hour = 3_600_000;
  const times = { thisUpdate: new Date(now.getTime() - hour), nextUpdate: new Date(now.getTime() + hour) };
  const response = ocspAnswer({
    singles: [{ certificate: leaf.der, issuer: psc.der, ...times }],
    responder: responder.der,
    key: responder.key,
    certificates: [responder.der],
  });
  const question = { certificate: parseCertificate(leaf.der), issuer: parseCertificate(psc.der) };
  const ours = () => {
    const answer = verifyOcsp({ ...question, response, source: 'bench', now });
    if (answer.status !== 'good') throw new Error('not good');
  };
  const peer = await peerOf(leaf.der, psc.der, response);
  const measured = await paired(peer, ours, 40, 25);
  const perSecond = measured.ratio / (measured.milliseconds / 1000);
  const aim = 25;
  return {
    id: 'O1',
    what: `OCSP answer verified (${Math.round(perSecond)}/s of CPU, at least ${leastPerSecond})`,
    value: measured.ratio,
    unit: 'times',
    reference: 'pkijs',
    aim,
    holds: measured.ratio >= aim && perSecond >= leastPerSecond && isBelievable(measured),
    control: measured.control,
  };
}

async function peerOf(leaf: Uint8Array, psc: Uint8Array, response: Uint8Array): Promise<() => Promise<void>> {
  pkijs.setEngine(
    'node',
    new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto as typeof globalThis.crypto }),
  );
  const certificate = pkijs.Certificate.fromBER(Buffer.from(leaf));
  const issuer = pkijs.Certificate.fromBER(Buffer.from(psc));
  return async () => {
    const outer = pkijs.OCSPResponse.fromBER(Buffer.from(response));
    const basic = pkijs.BasicOCSPResponse.fromBER(
      Buffer.from(outer.responseBytes!.response.valueBlock.valueHexView),
    );
    if (!(await basic.verify({ trustedCerts: [issuer] }))) throw new Error('pkijs does not verify');
    const { isForCertificate, status } = await basic.getCertificateStatus(certificate, issuer);
    if (!isForCertificate || status !== 0) throw new Error('pkijs says not good');
  };
}

if (import.meta.main) print([await ocspFigure()]);
