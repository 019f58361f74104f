import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as ck from '../../../proxy/hsm/constants.ts';
import { Hsm } from '../../../proxy/hsm/hsm.ts';
import { findKey, generateKey, type HsmKey, keyKinds, requireMatch } from '../../../proxy/hsm/key.ts';
import { probe, requestIn, selfTest } from '../../../proxy/hsm/sign.ts';
import { makeAuthority } from '../../support/certificates.ts';
import { requireEdgeMachine } from '../../support/edge-machine.ts';
import { openSoftHsm, tokenLabel, tokenPin } from '../../support/soft-hsm.ts';

const module = requireEdgeMachine();
const folder = mkdtempSync(join(tmpdir(), 'apodera-hsm-'));
let hsm: Hsm;
let close: () => void;
const keys = new Map<string, HsmKey>();

beforeAll(() => {
  close = openSoftHsm(folder);
  hsm = Hsm.open({ module, token: tokenLabel, pin: tokenPin });
  for (const kind of ['RSA-2048', 'P-256', 'P-384'] as const) {
    keys.set(kind, generateKey(hsm, `key ${kind}`, kind));
  }
});
afterAll(() => {
  hsm.end();
  close();
  rmSync(folder, { recursive: true });
});

describe.each(['RSA-2048', 'P-256', 'P-384'] as const)('a key of kind %s', (kind) => {
  it('is found by its label and by its id', () => {
    const byId = findKey(hsm, { id: Buffer.from(`key ${kind}`).toString('hex') });
    expect(byId.public.equals(keys.get(kind)!.public)).toBe(true);
    expect(findKey(hsm, { label: `key ${kind}` }).public.equals(byId.public)).toBe(true);
  });

  it('signs everything that a handshake may ask', () => {
    expect(selfTest(hsm, keys.get(kind)!).filter(({ problem }) => problem)).toEqual([]);
    expect(() => probe(hsm, keys.get(kind)!)).not.toThrow();
  });

  it('signs a certificate request that OpenSSL verifies', async () => {
    const request = await requestIn(hsm, keys.get(kind)!, [{ type: 'CN', value: 'api.node.example' }]);
    const file = join(folder, `${kind}.csr`);
    writeFileSync(file, request);
    const said = execFileSync(
      'openssl',
      ['req', '-inform', 'DER', '-in', file, '-noout', '-verify', '-subject'],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
    expect(said).toContain('api.node.example');
  });

  it('can be neither read nor exported', () => {
    const { private: handle } = keys.get(kind)!;
    const secrets = kind === 'RSA-2048' ? [0x123, 0x124, 0x125] : [0x11];
    for (const secret of secrets) expect(() => hsm.read(handle, [secret])).toThrow(/SENSITIVE/);
    const flags = hsm.read(handle, [ck.CKA_SENSITIVE, ck.CKA_EXTRACTABLE, ck.CKA_NEVER_EXTRACTABLE]);
    expect(flags.map((flag) => flag[0])).toEqual([1, 0, 1]);
  });
});

it('knows the kinds it can make', () => {
  expect(keyKinds).toContain('RSA-4096');
});

it('refuses to make a second key of one label', () => {
  expect(() => generateKey(hsm, 'key P-256', 'P-256')).toThrow(/already/);
});

it('says which key is not there', () => {
  expect(() => findKey(hsm, { label: 'nothing' })).toThrow(
    'expected one key pair "nothing" on the token "apodera", found 0 private and 0 public keys',
  );
});

it('refuses a certificate of another key, and says which', () => {
  const { pem } = makeAuthority({ subject: [{ type: 'CN', value: 'other' }] });
  expect(() => requireMatch(keys.get('RSA-2048')!, pem)).toThrow(
    'the key "key RSA-2048" is not the one in the certificate of "CN=other"',
  );
});

it('tries a wrong PIN once and never says it', () => {
  const opened = () =>
    execFileSync(
      process.execPath,
      [
        '-e',
        `import('${join(import.meta.dirname, '../../../proxy/hsm/hsm.ts')}').then(({ Hsm }) => { try { Hsm.open({ module: '${module}', token: '${tokenLabel}', pin: 'wrong-pin' }) } catch (error) { console.log(error.message, error.pinRefused) } })`,
      ],
      { encoding: 'utf8', env: { ...process.env }, stdio: ['ignore', 'pipe', 'ignore'] },
    );
  const said = opened();
  expect(said).toContain('refused the PIN; it is not tried again');
  expect(said).toContain('true');
  expect(said).not.toContain('wrong-pin');
});

it('names the tokens that are there when the label is not one of them', () => {
  const script = `import('${join(import.meta.dirname, '../../../proxy/hsm/hsm.ts')}').then(({ Hsm }) => { try { Hsm.open({ module: '${module}', token: 'none', pin: 'x' }) } catch (error) { console.log(error.message) } })`;
  const said = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 60_000 });
  expect(said).toContain('expected one token "none", found "apodera"');
});
