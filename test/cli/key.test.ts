import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import { testKey } from '../support/certificates.ts';
import { openSoftHsm, softHsmModule, tokenLabel, tokenPin } from '../support/soft-hsm.ts';
import { apodera } from '../support/terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'apodera-key-'));
afterAll(() => rmSync(folder, { recursive: true }));

const password = 'correct horse battery';
const subject = 'CN=Camila Soto\\, Rojas,serialNumber=12345678-5,C=CL';
const openssl = (...args: string[]) =>
  execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const place = (name: string) => join(folder, name);

describe('apodera key create', () => {
  test.each(['rsa-2048', 'rsa-3072', 'ec-p256', 'ec-p384'])(
    'makes %s that OpenSSL opens with the password alone',
    async (type) => {
      const file = place(`${type}.pem`);
      const { exitCode, out } = await apodera(['key', 'create', '--type', type, '--out', file], {
        typed: [password, password],
      });
      expect(exitCode).toBe(exitCodes.DONE);
      expect(out).toContain(file);
      expect(openssl('pkey', '-in', file, '-passin', `pass:${password}`, '-check', '-noout')).toContain(
        'Key is valid',
      );
      expect(() => openssl('pkey', '-in', file, '-passin', 'pass:wrong password', '-noout')).toThrow();
    },
  );

  test('encrypts with AES-256 under 600,000 rounds of PBKDF2, for the owner to read only', async () => {
    const file = place('parameters.pem');
    await apodera(['key', 'create', '--out', file, '--password-env', 'P'], { env: { P: password } });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const parsed = openssl('asn1parse', '-in', file);
    expect(parsed).toMatch(/PBES2[\s\S]*PBKDF2[\s\S]*:0927C0[\s\S]*hmacWithSHA256[\s\S]*aes-256-cbc/);
    expect(readFileSync(file, 'utf8')).not.toContain('BEGIN PRIVATE KEY');
  });

  test('takes the password from a variable, a file or the keyboard, and never shows it', async () => {
    writeFileSync(place('password'), `${password}\nsecond line\n`);
    const sources: [string[], Parameters<typeof apodera>[1]][] = [
      [['--password-env', 'P'], { env: { P: password } }],
      [['--password-file', place('password')], {}],
      [[], { typed: [password, password] }],
    ];
    for (const [at, [more, sitting]] of sources.entries()) {
      const file = place(`source${at}.pem`);
      const { exitCode, out, err } = await apodera(
        ['key', 'create', '--out', file, '--json', ...more],
        sitting,
      );
      expect(exitCode).toBe(exitCodes.DONE);
      expect(out + err).not.toContain(password);
      expect(createPrivateKey({ key: readFileSync(file), passphrase: password }).type).toBe('private');
    }
  });

  test.each<[string, string[], Parameters<typeof apodera>[1]]>([
    ['two passwords that differ', [], { typed: [password, 'correct horse bettery'] }],
    ['a short password', [], { typed: ['short', 'short'] }],
    ['an empty variable', ['--password-env', 'MISSING'], {}],
    ['a variable and a file', ['--password-env', 'P', '--password-file', 'x'], { env: { P: password } }],
    ['an unknown type', ['--type', 'rsa-1024'], { typed: [password, password] }],
    ['nobody to type', [], {}],
  ])('refuses %s and writes nothing', async (_, more, sitting) => {
    const file = place('nothing.pem');
    expect((await apodera(['key', 'create', '--out', file, ...more], sitting)).exitCode).toBe(
      exitCodes.USAGE,
    );
    expect(existsSync(file)).toBe(false);
  });

  test('writes over nothing', async () => {
    const file = place('precious.pem');
    writeFileSync(file, 'precious');
    const { exitCode } = await apodera(['key', 'create', '--out', file], { typed: [password, password] });
    expect(exitCode).toBe(exitCodes.USAGE);
    expect(readFileSync(file, 'utf8')).toBe('precious');
  });
});

describe('apodera key csr', () => {
  test.each(['rsa-2048', 'ec-p256', 'ec-p384'])(
    'writes for %s a request that OpenSSL verifies',
    async (type) => {
      const key = place(`csr-${type}.pem`);
      await apodera(['key', 'create', '--type', type, '--out', key], { typed: [password, password] });
      const out = place(`csr-${type}.csr`);
      const ran = await apodera(['key', 'csr', '--key', key, '--subject', subject, '--out', out], {
        typed: [password],
      });
      expect(ran.exitCode).toBe(exitCodes.DONE);
      const text = openssl('req', '-in', out, '-verify', '-noout', '-subject', '-nameopt', 'RFC2253');
      expect(text).toContain('C=CL,serialNumber=12345678-5,CN=Camila Soto\\, Rojas');
    },
  );

  test('refuses a wrong password, a file without key, and a subject that is no name', async () => {
    const key = place('refuse.pem');
    await apodera(['key', 'create', '--out', key], { typed: [password, password] });
    const csr = (more: string[], typed: string[]) =>
      apodera(['key', 'csr', '--subject', subject, ...more], { typed });
    expect((await csr(['--key', key], ['a wrong password'])).err).toContain('this password opens');
    writeFileSync(place('text.pem'), 'hello');
    expect((await csr(['--key', place('text.pem')], [])).exitCode).toBe(exitCodes.USAGE);
    const bad = await apodera(['key', 'csr', '--key', key, '--subject', 'Camila'], { typed: [password] });
    expect(bad.err).toContain('NAME=value');
  });
});

describe('apodera key protect', () => {
  test('puts a delivered key, encrypted or not, under a new password, unchanged', async () => {
    const delivered = testKey('rsa-2048', 'delivered');
    const plain = place('delivered.pem');
    writeFileSync(plain, delivered.export({ type: 'pkcs8', format: 'pem' }));
    const weak = place('weak.pem');
    const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'old' } as const;
    writeFileSync(weak, delivered.export(options));
    for (const [from, typed] of [
      [plain, [password, password]],
      [weak, ['old', password, password]],
    ] as const) {
      const out = `${from}.protected`;
      expect((await apodera(['key', 'protect', from, '--out', out], { typed })).exitCode).toBe(
        exitCodes.DONE,
      );
      const opened = createPrivateKey({ key: readFileSync(out), passphrase: password });
      expect(opened.equals(delivered)).toBe(true);
    }
  });
});

// Where SoftHSM2 is installed the key really lives in it.
if (softHsmModule) {
  const module = softHsmModule;
  describe('a key in an HSM', () => {
    const token = ['--module', module, '--token', tokenLabel, '--pin-env', 'PIN'];
    const sitting = { env: { PIN: tokenPin } };
    let close: () => void;

    beforeAll(() => {
      close = openSoftHsm(folder);
    });
    afterAll(() => close());

    test('is made there, signs its request there, and is not made twice', async () => {
      const create = ['key', 'create', ...token, '--label', 'camila', '--json'];
      const made = await apodera(create, sitting);
      expect(made.exitCode).toBe(exitCodes.DONE);
      const csr = ['key', 'csr', ...token, '--label', 'camila', '--subject', subject];
      const ran = await apodera([...csr, '--out', place('hsm.csr')], sitting);
      expect(ran.exitCode).toBe(exitCodes.DONE);
      expect(openssl('req', '-in', place('hsm.csr'), '-verify', '-noout', '-subject')).toContain('Camila');
      expect((await apodera(create, sitting)).err + (await apodera(create, sitting)).out).toContain(
        'already',
      );
    });

    test('names the tokens there are, and refuses a wrong PIN', async () => {
      const other = [
        'key',
        'create',
        '--module',
        module,
        '--token',
        'nobody',
        '--label',
        'x',
        '--pin-env',
        'PIN',
      ];
      expect((await apodera(other, sitting)).err).toContain('"apodera"');
      const wrong = await apodera(['key', 'create', ...token, '--label', 'x'], { env: { PIN: '000000' } });
      expect(wrong.exitCode).toBe(exitCodes.USAGE);
      expect(wrong.err).toContain('refused the PIN');
    });
  });
}

test('a PKCS #11 module that is not there is named', async () => {
  const words = ['key', 'create', '--module', '/nowhere/module.so', '--label', 'x', '--pin-env', 'PIN'];
  const { exitCode, err } = await apodera(words, { env: { PIN: '1' } });
  expect(exitCode).toBe(exitCodes.USAGE);
  expect(err).toContain('--module');
});
