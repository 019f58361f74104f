// May this invitation be accepted now, by whoever holds its link and its code? 72 h, once, 5 tries; a reset's opens
// after 24 h (S14). It does not release the person: a second act does.

import { createHash, timingSafeEqual } from 'node:crypto';
import { Refusal } from '../errors.ts';
import { peoplePolicy } from '../policy.ts';

export interface Invitation {
  readonly invitationId: string;
  readonly personId: string;
  readonly kind: 'first' | 'reset';
  /** The node's first people need no release. */
  readonly bootstrap: boolean;
  readonly codeHash: string;
  readonly opensAt: Date;
  readonly expiresAt: Date;
  readonly state: 'open' | 'used' | 'replaced';
  readonly wrongCodes: number;
  readonly version: number;
}

/** Digits and letters that cannot be mistaken for each other over the telephone. */
const alphabet = '23456789ABCDEFGHJKLMNPQRSTVWXYZ';

/** @param random at least 24 bytes. Twelve characters in three groups, 59 bits: `7KQ4-ZD2M-P9XT` */
export function newInvitationCode(random: Uint8Array): string {
  const fit = [...random].filter((byte) => byte < 248).slice(0, 12);
  if (fit.length < 12) throw new RangeError('not enough random bytes for a code');
  const text = fit.map((byte) => alphabet[byte % 31]).join('');
  return `${text.slice(0, 4)}-${text.slice(4, 8)}-${text.slice(8)}`;
}

const plainCode = (typed: string) => typed.toUpperCase().replace(/[^0-9A-Z]/g, '');

export function invitationCodeHash(invitationId: string, code: string): string {
  const plain = plainCode(code);
  return createHash('sha256').update(`apodera/invitation/v1\n${invitationId}\n${plain}`).digest('hex');
}

export function openInvitation(
  to: Pick<Invitation, 'invitationId' | 'personId' | 'kind' | 'bootstrap'>,
  code: string,
  now: Date,
  waitMs = to.kind === 'reset' ? peoplePolicy.resetWaitMs : 0,
): Invitation {
  const opensAt = new Date(now.getTime() + waitMs);
  return {
    ...to,
    codeHash: invitationCodeHash(to.invitationId, code),
    opensAt,
    expiresAt: new Date(opensAt.getTime() + peoplePolicy.invitationLifeMs),
    state: 'open',
    wrongCodes: 0,
    version: 1,
  };
}

/**
 * Is there still anything to accept? Asked before the code, so that the page can say what is true now.
 * @throws Refusal INVITATION_USED, INVITATION_EXPIRED, TRIES_EXHAUSTED, INVITATION_NOT_YET
 */
export function admitInvitation(invitation: Invitation, now: Date): void {
  if (invitation.state !== 'open') throw new Refusal('INVITATION_USED');
  if (now >= invitation.expiresAt) throw new Refusal('INVITATION_EXPIRED');
  if (invitation.wrongCodes >= peoplePolicy.invitationCodeTries) throw new Refusal('TRIES_EXHAUSTED');
  if (now < invitation.opensAt)
    throw new Refusal('INVITATION_NOT_YET', { expected: invitation.opensAt.toISOString() });
}

/** @throws Refusal INVITATION_CODE_INCOMPLETE, which can be nobody's code; INVITATION_CODE_WRONG, which the caller counts */
export function admitInvitationCode(invitation: Invitation, code: string, now: Date): void {
  admitInvitation(invitation, now);
  const plain = plainCode(code);
  if (plain.length !== 12 || [...plain].some((character) => !alphabet.includes(character)))
    throw new Refusal('INVITATION_CODE_INCOMPLETE');
  const [found, expected] = [invitationCodeHash(invitation.invitationId, code), invitation.codeHash];
  if (!timingSafeEqual(Buffer.from(found, 'hex'), Buffer.from(expected, 'hex')))
    throw new Refusal('INVITATION_CODE_WRONG');
}
