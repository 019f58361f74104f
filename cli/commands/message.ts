// Messages and their detached signatures, without a network: make one, check one, and find out why one does not hold.

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readChain } from '../../core/certificate/chain-file.ts';
import { thumbprintOf } from '../../core/certificate/thumbprint.ts';
import { causes, diagnose } from '../../core/message/diagnosis.ts';
import {
  type DetachedJws,
  readDetachedJws,
  signerCertificate,
  verifyDetached,
} from '../../core/message/jws.ts';
import type { Call, Noun, Option, Outcome } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { privateKeyOptions, signatureBy } from '../keys/private-key.ts';
import { columns } from '../style.ts';

const file = [{ name: 'file', help: 'the body, exactly as it is sent or was received' }];
const checking: Record<string, Option> = {
  signature: {
    type: 'string',
    value: '<file>',
    required: true,
    help: 'holds the value of the header Shinkansen-JWS-Signature',
  },
  certificate: {
    type: 'string',
    value: '<file>',
    help: "PEM of the certificate that you trust as the sender's; the signature's own when absent",
  },
};

const noun: Noun = {
  summary: 'Sign and verify messages; say why a signature does not hold.',
  verbs: {
    sign: {
      summary: 'print the signature header over the bytes of a file',
      positionals: file,
      options: {
        certificate: { type: 'string', value: '<file>', required: true, help: 'your certificate in PEM' },
        ...privateKeyOptions,
      },
      run: sign,
    },
    verify: {
      summary: 'check a signature over the bytes of a file',
      positionals: file,
      options: checking,
      notes: 'Without --certificate it says that the key in the signature signed, and not whose that is.',
      run: verify,
    },
    diagnose: {
      summary: 'say why a signature does not hold',
      positionals: file,
      options: checking,
      run: explain,
    },
  },
};
export default noun;

async function sign(call: Call): Promise<Outcome> {
  const body = readFileSync(call.argument(0));
  const signature = await signatureBy(call, call.required('certificate'), body);
  return { json: { signature }, text: signature };
}

interface Checked {
  readonly body: Uint8Array;
  readonly jws: DetachedJws;
  readonly thumbprint: string;
  readonly key: X509Certificate['publicKey'];
}

/** @throws Refusal SIGNATURE_MISSING, SIGNATURE_MALFORMED, SIGNATURE_PROFILE */
function read(call: Call): Checked {
  const jws = readDetachedJws(readFileSync(call.required('signature'), 'latin1').trim());
  const trusted = call.text('certificate');
  const der = trusted === undefined ? signerCertificate(jws) : readChain(readFileSync(trusted))[0]!;
  const body = readFileSync(call.argument(0));
  return { body, jws, thumbprint: thumbprintOf(der), key: new X509Certificate(der).publicKey };
}

/** Throws the Refusal that the network would, exit code 3. */
async function verify(call: Call): Promise<Outcome> {
  const { body, jws, thumbprint, key } = read(call);
  verifyDetached(jws, body, { thumbprint: thumbprint as DetachedJws['thumbprint'], publicKey: key });
  const json = { holds: true, thumbprint };
  return {
    json,
    text: columns([
      ['signature', 'holds'],
      ['certificate', thumbprint],
    ]),
  };
}

async function explain(call: Call): Promise<Outcome> {
  const { body, jws, thumbprint, key } = read(call);
  const otherCertificate = thumbprint !== jws.thumbprint;
  const cause = diagnose(jws, body, key);
  const rows: [string, string][] = [[cause, causes[cause]]];
  if (otherCertificate)
    rows.push(['OTHER_CERTIFICATE', `The signature names ${jws.thumbprint}, not the certificate you trust.`]);
  const holds = cause === 'HOLDS' && !otherCertificate;
  return {
    json: { cause, message: causes[cause], otherCertificate, thumbprint: jws.thumbprint },
    text: columns(rows),
    exitCode: holds ? exitCodes.DONE : exitCodes.REFUSED,
  };
}
