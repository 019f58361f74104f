// Does the six-digit code of the authenticator app fit, and at which step? RFC 6238 with the parameters every app
// knows: SHA-1, 6 digits, 30 s. Each step counts once (§5.2); who remembers the last one is the store.

import { Secret, TOTP } from 'otpauth';
import { Refusal } from '../errors.ts';
import { peoplePolicy } from '../policy.ts';

/** @param random 20 bytes. Base32, 32 characters. */
export function newTotpSecret(random: Uint8Array): string {
  return new Secret({ buffer: Uint8Array.from(random).buffer }).base32;
}

/** Shown once to the person who sets it up, as text and as a QR code. */
export function otpauthUri(secret: string, issuer: string, account: string): string {
  return totpOf(secret, issuer, account).toString();
}

/**
 * The step that the code belongs to, one step of drift either way.
 * @param lastStep the last step that counted; this one and earlier ones do not count again
 * @throws Refusal FACTOR_WRONG, FACTOR_STEP_USED
 */
export function checkTotp(secret: string, code: string, lastStep: number, now: Date): number {
  const digits = code.replace(/\s/g, '');
  if (!/^\d{6}$/.test(digits)) throw new Refusal('FACTOR_WRONG');
  const delta = totpOf(secret).validate({
    token: digits,
    timestamp: now.getTime(),
    window: peoplePolicy.totpWindowSteps,
  });
  if (delta === null) throw new Refusal('FACTOR_WRONG');
  const step = Math.floor(now.getTime() / 1000 / peoplePolicy.totpPeriodSeconds) + delta;
  if (step <= lastStep) throw new Refusal('FACTOR_STEP_USED');
  return step;
}

export function totpAt(secret: string, now: Date): string {
  return totpOf(secret).generate({ timestamp: now.getTime() });
}

function totpOf(secret: string, issuer = 'Apodera', label = ''): TOTP {
  if (!/^[A-Z2-7]{32}$/.test(secret)) throw new Refusal('TOTP_SECRET_MALFORMED');
  return new TOTP({
    secret: Secret.fromBase32(secret),
    issuer,
    label,
    algorithm: 'SHA1',
    digits: 6,
    period: peoplePolicy.totpPeriodSeconds,
  });
}
