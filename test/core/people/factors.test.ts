import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { admitAttempt, pairLimits } from '../../../core/people/failures.ts';
import { invitationCodeHash, newInvitationCode } from '../../../core/people/invitation.ts';
import { linkHash, newLinkId } from '../../../core/people/link.ts';
import { admitPassword, checkPassword, hashPassword } from '../../../core/people/password.ts';
import { checkTotp, newTotpSecret, otpauthUri, totpAt } from '../../../core/people/totp.ts';
import { minutes, noon } from '../../support/people.ts';

// RFC 6238 appendix B, SHA-1, secret "12345678901234567890"; the last six of its eight digits.
const rfcSecret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
test.each([
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
])('RFC 6238 appendix B: at %d s the code is %s', (seconds, code) => {
  const now = new Date(seconds * 1000);
  expect(totpAt(rfcSecret, now)).toBe(code);
  expect(checkTotp(rfcSecret, code, 0, now)).toBe(Math.floor(seconds / 30));
});

test('a step counts once, and no earlier step counts after it', () => {
  const step = checkTotp(rfcSecret, totpAt(rfcSecret, noon), 0, noon);
  for (const code of [totpAt(rfcSecret, noon), totpAt(rfcSecret, minutes(-0.5))])
    expect(() => checkTotp(rfcSecret, code, step, noon)).toThrow(
      expect.objectContaining({ code: 'FACTOR_STEP_USED' }),
    );
});

test.each([
  ['two steps old', totpAt(rfcSecret, minutes(-1))],
  ['letters', 'abcdef'],
  ['seven digits', '1234567'],
  ['empty', ''],
])('refuses a code that is %s', (_, code) => {
  expect(() => checkTotp(rfcSecret, code, 0, noon)).toThrow(
    expect.objectContaining({ code: 'FACTOR_WRONG' }),
  );
});

test('a new secret has 160 bits and its URI names node and person', () => {
  const secret = newTotpSecret(new Uint8Array(20).fill(7));
  expect(secret).toMatch(/^[A-Z2-7]{32}$/);
  expect(otpauthUri(secret, 'Banco del Puerto', 'maria@example.com')).toContain(
    'issuer=Banco%20del%20Puerto',
  );
});

test('the right password passes, any other is FACTOR_WRONG, also for a person without one', () => {
  const stored = hashPassword('correct horse battery', new Uint8Array(16).fill(1));
  expect(() => checkPassword('correct horse battery', stored)).not.toThrow();
  expect(() => checkPassword('correct horse batterz', stored)).toThrow(
    expect.objectContaining({ code: 'FACTOR_WRONG' }),
  );
  expect(() => checkPassword('correct horse battery', undefined)).toThrow(
    expect.objectContaining({ code: 'FACTOR_WRONG' }),
  );
});

test.each([
  ['short', 'PASSWORD_TOO_SHORT'],
  ['aaaaaaaaaaaaaaaa', 'PASSWORD_TOO_COMMON'],
  ['password1234', 'PASSWORD_TOO_COMMON'],
  ['Contraseña2026!', 'PASSWORD_TOO_COMMON'],
  ['123456789012', 'PASSWORD_TOO_COMMON'],
  ['qwertyuiopas', 'PASSWORD_TOO_COMMON'],
  ['MariaRojas12', 'PASSWORD_TOO_COMMON'],
  ['x'.repeat(129), 'PASSWORD_TOO_LONG'],
])('refuses the password %s', (password, code) => {
  expect(() => admitPassword(password, ['Maria Rojas'])).toThrow(expect.objectContaining({ code }));
});

test('a long phrase passes, with accents and spaces', () => {
  expect(() => admitPassword('tres gatos miran la lluvia', [])).not.toThrow();
});

test('five failures of one account from one source close that pair, and only it, for a quarter of an hour', () => {
  const limits = pairLimits('p1', '192.0.2.1');
  const counted = (tries: number) => limits.map(({ key }) => ({ key, failures: tries, windowStart: noon }));
  const refused = expect.objectContaining({ code: 'TRIES_EXHAUSTED' });
  expect(() => admitAttempt(limits, counted(5), noon)).not.toThrow();
  expect(() => admitAttempt(limits, counted(6), minutes(14))).toThrow(refused);
  expect(() => admitAttempt(pairLimits('p1', '192.0.2.2'), counted(6), minutes(14))).not.toThrow();
  expect(() => admitAttempt(limits, counted(6), minutes(15))).not.toThrow();
});

test('a link id has at least 128 bits, and only its hash is looked up', () => {
  expect(() => newLinkId(new Uint8Array(15))).toThrow(RangeError);
  const link = newLinkId(createHash('sha256').update('x').digest().subarray(0, 20));
  expect(link).toMatch(/^[A-Za-z0-9_-]{27}$/);
  expect(linkHash(link)).toMatch(/^[0-9a-f]{64}$/);
  expect(linkHash('../etc/passwd')).toBeUndefined();
});

test('an invitation code is read as meant: case, spaces and hyphens do not matter', () => {
  const code = newInvitationCode(new Uint8Array(24).map((_, index) => index * 9));
  expect(code).toMatch(/^[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}$/);
  expect(invitationCodeHash('i1', code.toLowerCase().replaceAll('-', ' '))).toBe(
    invitationCodeHash('i1', code),
  );
  expect(invitationCodeHash('i2', code)).not.toBe(invitationCodeHash('i1', code));
});
