// The node's own certificate from the command line: ask the node for a request that its key signs, announce what the PSC
// made of it, see who has confirmed it. The key stays in KMS; the acts are signed as every act is.

import { readFileSync } from 'node:fs';
import { findLeaf } from '../../core/certificate/bundle.ts';
import { readChain } from '../../core/certificate/chain-file.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { thumbprintOf } from '../../core/certificate/thumbprint.ts';
import type { Call, Outcome, Verb } from '../command.ts';
import { pem, writeNew } from '../keys/key-file.ts';
import { readSubject } from '../keys/subject.ts';
import { columns, printable } from '../style.ts';
import { adminApi } from './admin-api.ts';

export const nodeRequest: Verb = {
  summary: 'write a certificate request (PKCS #10) for the key that this node signs messages with',
  options: {
    subject: {
      type: 'string',
      value: '<name>',
      required: true,
      help: 'CN=Banco Andino,O=Banco Andino,C=CL; PSCs write the final name themselves',
    },
    out: {
      type: 'string',
      short: 'o',
      value: '<file>',
      help: 'where to write it; standard output by default',
    },
  },
  notes:
    'The node signs it with its own key, which stays in KMS. What the PSC issues is announced by "announce-certificate".',
  async run(call) {
    const subject = readSubject(call.required('subject'));
    const answer = await adminApi(call.terminal).post<{
      certificate_request: string;
      public_key_thumbprint: string;
    }>('node-request', { subject });
    const text = pem('CERTIFICATE REQUEST', Buffer.from(answer.certificate_request, 'base64'));
    const file = call.text('out');
    const json = { ...answer, certificate_request: text, ...(file !== undefined && { file }) };
    if (file === undefined) return { json, text: text.trimEnd() };
    writeNew(file, text, 0o644);
    return { json, text: `request written to ${file}` };
  },
};

/** Parameters of `node.announceCertificate`: the leaf first, whatever the order of the file; no root. */
export function announcement(call: Call) {
  const chain = readChain(readFileSync(call.required('chain'))).map(parseCertificate);
  const leaf = findLeaf(chain);
  const isSelfIssued = ({ issuer, subject }: (typeof chain)[number]) =>
    Buffer.from(issuer.der).equals(Buffer.from(subject.der));
  const others = chain.filter((one) => one !== leaf && !isSelfIssued(one));
  return {
    certificate_thumbprint: thumbprintOf(leaf.der),
    certificate_chain: [leaf, ...others].map(({ der }) => Buffer.from(der).toString('base64')),
    signs_from: call.text('signs-from') ?? null,
  };
}

interface NodeCertificateJson {
  readonly fin_id: string;
  readonly thumbprint: string;
  readonly network_status: string;
  readonly signs: boolean;
  readonly signs_from: string;
  readonly not_after: string;
  readonly peers: readonly {
    readonly fin_id: string;
    readonly status: string;
    readonly code: string | null;
  }[];
}

export async function nodeCertificates(call: Call): Promise<Outcome> {
  const body = await adminApi(call.terminal).get<{ node_certificates: readonly NodeCertificateJson[] }>(
    'node-certificates',
  );
  const rows = body.node_certificates.map((one) => {
    const when = one.signs ? 'signs now' : `signs from ${one.signs_from}`;
    const state = one.network_status === 'active' ? when : one.network_status;
    const peers = one.peers.map(
      ({ fin_id, status, code }) => `${fin_id}: ${status}${code ? ` (${code})` : ''}`,
    );
    const words = [one.fin_id.padEnd(16), state, `ends ${one.not_after}`, ...peers].join('  ');
    return [one.thumbprint, printable(words)] as const;
  });
  const text = rows.length > 0 ? columns(rows, '') : 'none yet; "apodera admin pin-peer" proposes the first';
  return { json: body, text };
}
