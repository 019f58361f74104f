// What does the participant want disabled, and why? Reads the parameters of `certificate.disable` out of a message
// whose envelope holds; form only. Whether the proof is enough for it is plan.ts.

import type { Thumbprint } from '../certificate/thumbprint.ts';
import { readReason } from '../enrolment/submission.ts';
import { Refusal } from '../errors.ts';
import type { JsonObject } from '../message/envelope.ts';

export const disableCauses = ['incident', 'rotation', 'other'] as const;
export type DisableCause = (typeof disableCauses)[number];

export type DisableTarget =
  | { readonly kind: 'thumbprint'; readonly thumbprint: Thumbprint }
  /** DER of the issuer's name; the serial number in lower-case hex without leading zeros. */
  | { readonly kind: 'issuerSerial'; readonly issuer: Uint8Array; readonly serialNumber: string }
  | { readonly kind: 'all' };

export interface DisableRequest {
  readonly target: DisableTarget;
  readonly cause: DisableCause;
  readonly reason: string;
}

/** @throws Refusal DISABLE_MALFORMED, REASON_* */
export function readDisable(parameters: JsonObject): DisableRequest {
  const cause = disableCauses.find((known) => known === parameters.cause);
  if (!cause)
    throw new Refusal('DISABLE_MALFORMED', { parameter: 'cause', expected: disableCauses.join(', ') });
  const reason = readReason(typeof parameters.reason === 'string' ? parameters.reason : undefined);
  return { target: readTarget(parameters), cause, reason };
}

function readTarget({ thumbprint, issuer_serial, all }: JsonObject): DisableTarget {
  const named = [thumbprint, issuer_serial, all].filter((one) => one !== undefined);
  if (named.length !== 1) throw malformed('thumbprint, issuer_serial, all', 'one of them');
  if (all !== undefined) {
    if (all !== true) throw malformed('all', 'true');
    return { kind: 'all' };
  }
  if (thumbprint !== undefined) {
    if (typeof thumbprint !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(thumbprint))
      throw malformed('thumbprint', 'x5t#S256, 43 characters');
    return { kind: 'thumbprint', thumbprint: thumbprint as Thumbprint };
  }
  return readIssuerSerial(issuer_serial as JsonObject | null);
}

function readIssuerSerial(named: JsonObject | null): DisableTarget {
  const { issuer, serial_number } = named ?? {};
  const der = typeof issuer === 'string' ? Buffer.from(issuer, 'base64') : undefined;
  if (!der || der.length === 0 || der.toString('base64') !== issuer)
    throw malformed('issuer_serial.issuer', 'base64 of the DER of the name');
  if (typeof serial_number !== 'string' || !/^[0-9a-f]{1,64}$/i.test(serial_number))
    throw malformed('issuer_serial.serial_number', 'hex');
  return { kind: 'issuerSerial', issuer: der, serialNumber: plainSerial(serial_number) };
}

/** PSCs print serial numbers with and without leading zeros. */
export function plainSerial(hex: string): string {
  return hex.toLowerCase().replace(/^0+(?=.)/, '');
}

function malformed(parameter: string, expected: string): Refusal {
  return new Refusal('DISABLE_MALFORMED', { parameter, expected });
}
