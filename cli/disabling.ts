// How does a participant take certificates out of use from the command line? It names one, or all, and says why; what the
// API key alone may do, and what needs a signature, the node decides.

import { readFileSync } from 'node:fs';
import { readChain } from '../core/certificate/chain-file.ts';
import { parseCertificate } from '../core/certificate/parse.ts';
import { type DisableCause, disableCauses } from '../core/disable/request.ts';
import { type JsonObject, writeEnvelope } from '../core/message/envelope.ts';
import type { Call, Option, Outcome } from './command.ts';
import { headerFor } from './enrolling.ts';
import { exitCodes, UsageError } from './exit-codes.ts';
import { privateKeyOptions, signatureBy } from './keys/private-key.ts';
import { apiOptions, nodeApi } from './node-api.ts';
import { columns } from './style.ts';

export const disableOptions: Record<string, Option> = {
  'serial-number': {
    type: 'string',
    value: '<hex>',
    help: 'instead of the thumbprint, with --issuer: as the PSC prints it',
  },
  issuer: {
    type: 'string',
    value: '<file>',
    help: "with --serial-number: the issuing PSC's certificate, PEM",
  },
  all: { type: 'boolean', help: 'every certificate of yours, and every enrolment that waits' },
  cause: { type: 'string', value: '<cause>', required: true, help: disableCauses.join(', ') },
  reason: { type: 'string', value: '<text>', required: true, help: 'why; your people are told' },
  certificate: {
    type: 'string',
    value: '<file>',
    help: 'an active certificate of yours that signs this, PEM; it may be the one that is disabled',
  },
  ...privateKeyOptions,
  key: { ...privateKeyOptions.key!, help: 'its private key in PEM, or --module for one in an HSM' },
  ...apiOptions,
};

export const disableNotes = [
  'Takes effect with the answer; payout operators, your people and your systems are told. Cause "incident" ends every',
  'certificate on the same key. Without --certificate the API key alone vouches for it: then the last certificate that',
  'you sign with, or --all, suspends you instead (exit code 5), until your officer or apoderado confirms.',
].join('\n');

export async function disable(call: Call): Promise<Outcome> {
  const api = nodeApi(call);
  const target = targetOf(call);
  const cause: DisableCause = call.oneOf('cause', disableCauses);
  const parameters: JsonObject = { ...target, cause, reason: call.required('reason') };
  const body = writeEnvelope(headerFor(api), { action: 'certificate.disable', parameters });
  const signature = await signatureOf(call, body);
  const path = 'thumbprint' in target ? `/v1/certificates/${target.thumbprint}/disable` : allPath;
  return said((await api.post(path, body, signature)) as unknown as DisableJson);
}

const allPath = '/v1/certificates/disable';

type Target =
  | { readonly thumbprint: string }
  | { readonly issuer_serial: { readonly issuer: string; readonly serial_number: string } }
  | { readonly all: true };

/** @throws UsageError unless exactly one way of naming is used */
function targetOf(call: Call): Target {
  const thumbprint = call.argument(0);
  const serial = call.text('serial-number');
  const named = [thumbprint !== '', serial !== undefined, call.flag('all')].filter(Boolean);
  if (named.length !== 1)
    throw new UsageError(
      'name one certificate by its thumbprint or by "--serial-number" and "--issuer", or "--all"',
    );
  if (call.flag('all')) return { all: true };
  if (serial === undefined) {
    if (!/^[A-Za-z0-9_-]{43}$/.test(thumbprint))
      throw new UsageError(
        `"${thumbprint}" is no thumbprint (x5t#S256, 43 characters); "apodera certificate list" shows yours`,
      );
    return { thumbprint };
  }
  const [issuer] = readChain(readFileSync(call.required('issuer')));
  const name = parseCertificate(issuer!).subject.der;
  const hex = serial.replaceAll(/[\s:]/g, '').toLowerCase();
  if (!/^[0-9a-f]{1,64}$/.test(hex)) throw new UsageError('"--serial-number": expected hexadecimal digits');
  return { issuer_serial: { issuer: Buffer.from(name).toString('base64'), serial_number: hex } };
}

async function signatureOf(call: Call, body: Uint8Array): Promise<string | undefined> {
  const file = call.text('certificate');
  if (file === undefined) {
    if (call.text('key') === undefined && call.text('module') === undefined) return undefined;
    throw new UsageError('"--certificate" is missing: the one that the key signs for');
  }
  return signatureBy(call, file, body);
}

interface DisableJson {
  readonly disabled: readonly string[];
  readonly withdrawn: readonly string[];
  readonly suspended: boolean;
  readonly warnings: readonly string[];
}

const meanings: Readonly<Record<string, string>> = {
  LAST_ACTIVE_CERTIFICATE:
    'it was the last one that you sign with: nothing you send is accepted until another is active',
  ALREADY_DISABLED: 'it was disabled before; nothing changed',
  NOTHING_TO_DISABLE: 'you have no certificate that is active, and no enrolment that waits',
  PENDING_NEEDS_SIGNATURE:
    'an enrolment on the same key still waits: to end it too, sign with --certificate and --key',
  SUSPENDED_INSTEAD:
    'no certificate was disabled: with the API key alone this suspends you, and your officer and apoderado are asked by mail',
};

function said(answer: DisableJson): Outcome {
  const { disabled, withdrawn, suspended, warnings } = answer;
  const rows: [string, string][] = [];
  for (const thumbprint of disabled) rows.push(['disabled', thumbprint]);
  for (const id of withdrawn) rows.push(['withdrawn', `enrolment ${id}`]);
  if (suspended) rows.push(['suspended', 'nothing of yours is accepted, forwarded or paid']);
  for (const code of warnings) rows.push(['note', meanings[code] ?? code]);
  return {
    json: answer,
    text: columns(rows),
    // People have to confirm what the API key alone asked for.
    exitCode: suspended ? exitCodes.PENDING : exitCodes.DONE,
  };
}
