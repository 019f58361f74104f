import { execFile, execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPsc } from '../../local/psc/psc.ts';
import { pem } from '../../proxy/trust.ts';
import { makeAuthority } from '../support/certificates.ts';
import { requireEdgeMachine } from '../support/edge-machine.ts';
import { holder } from '../support/edge-stand.ts';
import { openSoftHsm, tokenLabel, tokenPin } from '../support/soft-hsm.ts';

const module = requireEdgeMachine();
const folder = mkdtempSync(join(tmpdir(), 'apodera-ceremony-'));
let close: () => void;
beforeAll(() => {
  close = openSoftHsm(folder);
});
afterAll(() => {
  close();
  rmSync(folder, { recursive: true });
});

async function ceremony(...args: string[]): Promise<string> {
  const all = [
    'proxy/ceremony.ts',
    ...args,
    '--module',
    module,
    '--token',
    tokenLabel,
    '--pin-env',
    'HSM_PIN',
  ];
  const { stdout } = await promisify(execFile)(process.execPath, all, {
    env: { ...process.env, HSM_PIN: tokenPin },
  });
  return stdout.trim();
}

it('makes a key, tries it, asks for its certificate and knows the certificate by its key', async () => {
  expect(await ceremony('generate', '--label', 'edge-2026', '--kind', 'RSA-2048')).toContain(
    'it cannot leave it',
  );
  expect(await ceremony('self-test', '--label', 'edge-2026')).toBe(
    'RSASSA-PKCS1-v1_5 SHA-256: works\nRSASSA-PSS SHA-256: works',
  );
  const csr = join(folder, 'edge.csr');
  await ceremony('csr', '--label', 'edge-2026', '--host', 'api.node.example', '--out', csr);
  const said = execFileSync('openssl', ['req', '-in', csr, '-noout', '-verify', '-subject'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect(said).toContain('api.node.example');
});

it('says so when a certificate came back for another key', async () => {
  const chain = join(folder, 'other.pem');
  writeFileSync(chain, makeAuthority({ subject: [{ type: 'CN', value: 'other' }] }).pem);
  await expect(ceremony('match', '--label', 'edge-2026', '--chain', chain)).rejects.toThrow(
    /the key "edge-2026" is not the one in the certificate of "CN=other"/,
  );
});

it('puts no chain into service that no edge could serve', async () => {
  const psc = await startPsc({ dataFolder: join(folder, 'psc'), countries: ['CL'] });
  const csr = ['req', '-in', join(folder, 'edge.csr'), '-noout', '-pubkey'];
  const publicKey = createPublicKey(execFileSync('openssl', csr));
  const host = 'api.node.example';
  const install = async (more: object, order: readonly number[]) => {
    const issued = await psc.issue({
      ...{ holder, publicKey, use: 'transport', purposes: ['serverAuth'], hosts: [host] },
      ...more,
    });
    const chain = join(folder, 'chain.pem');
    writeFileSync(chain, order.map((at) => pem('CERTIFICATE', issued.chain[at]!)).join(''));
    const where = ['--parameters', '/apodera/test/edge', '--name', 'x', '--chain', chain];
    return ceremony('install', '--label', 'edge-2026', '--host', host, ...where);
  };
  const day = 86_400_000;
  const [past, future] = [new Date(Date.now() - 3 * day), new Date(Date.now() + day)];
  const wrong: readonly (readonly [object, readonly number[], RegExp])[] = [
    [{ hosts: ['other.node.example'] }, [0, 1], /is not one of "api\.node\.example"/],
    [{ notBefore: past, days: 1 }, [0, 1], /is valid from/],
    [{ notBefore: future }, [0, 1], /is valid from/],
    [{}, [0, 2], /is not followed by its issuer's/],
  ];
  for (const [more, order, problem] of wrong) await expect(install(more, order)).rejects.toThrow(problem);
  await psc.stop();
});

it('takes no PIN from the command line', async () => {
  await expect(ceremony('generate', '--pin', '123456')).rejects.toThrow(/Unknown option '--pin'/);
});

it('takes a key in that its holder wrapped, and never in the clear', async () => {
  const file = (name: string) => join(folder, name);
  await ceremony('transport', '--label', 'way-in', '--out', file('transport.pem'));
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(file('key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const wrap = [
    'wrap',
    '--key',
    file('key.pem'),
    '--transport',
    file('transport.pem'),
    '--out',
    file('wrapped'),
  ];
  await promisify(execFile)(process.execPath, ['proxy/ceremony.ts', ...wrap]);
  const said = ['--transport', 'way-in', '--label', 'brought', '--wrapped', file('wrapped')];
  expect(await ceremony('import', ...said)).toContain('cannot leave it');
  expect(await ceremony('self-test', '--label', 'brought')).toBe('ECDSA: works');
  await expect(ceremony('import', ...said.with(3, 'again'))).rejects.toThrow(/"way-in"/);
});

it('destroys a key by its label, and says so where there is none', async () => {
  await ceremony('generate', '--label', 'old');
  expect(await ceremony('destroy', '--label', 'old')).toContain('is gone');
  await expect(ceremony('self-test', '--label', 'old')).rejects.toThrow(/found 0 private and 0 public keys/);
  await expect(ceremony('destroy', '--label', 'old')).rejects.toThrow(/has no key "old"/);
});
