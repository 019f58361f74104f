import { execFileSync } from 'node:child_process';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { dnsName, subjectAltName } from '../../local/psc/extensions.ts';
import type { HolderInput } from '../../local/psc/layouts.ts';
import { type Issued, issueLeaf, type KeyKind, makeAuthority, pemOf, testKey } from './certificates.ts';

const folder = mkdtempSync(join(tmpdir(), 'apodera-certificates-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** OpenSSL as a peer: `openssl verify -x509_strict`, with the chain's last certificate as the anchor. */
function opensslVerify(issued: Issued): string {
  const write = (name: string, ders: readonly Uint8Array[]) => {
    writeFileSync(join(folder, name), ders.map(pemOf).join(''));
    return join(folder, name);
  };
  const anchor = write('anchor.pem', issued.chain.slice(-1));
  const between = write('between.pem', issued.chain.slice(1, -1));
  const untrusted = issued.chain.length > 2 ? ['-untrusted', between] : [];
  const leaf = write('leaf.pem', issued.chain.slice(0, 1));
  const args = ['verify', '-x509_strict', '-attime', '1790000000', '-CAfile', anchor, ...untrusted, leaf];
  return execFileSync('openssl', args, { encoding: 'utf8', timeout: 60_000 }).trim();
}

const root = makeAuthority({ name: 'Support Root' });
const intermediate = root.issueCa({ name: 'Support Intermediate', pathLength: 0 });

const holders: HolderInput[] = [
  { country: 'CL', name: 'Camila Soto Rojas', rut: '12345678-5' },
  { country: 'BR', name: 'JOAO DA SILVA', cpf: '11144477735' },
  { country: 'BR', kind: 'e-CNPJ', name: 'JOAO DA SILVA', cpf: '11144477735', cnpj: '12ABC34501DE35' },
  { country: 'MX', name: 'MARIA PEÑA', rfc: 'GODE561231GR8', curp: 'HEGG560427MVZRRL04' },
  { country: 'CO', name: 'Andres Gomez', cedula: '79123456', nit: '8001972684', layout: 'gse' },
  { country: 'PE', name: 'Rosa Quispe', dni: '12345678', ruc: '20131312955' },
];

describe('a synthetic chain', () => {
  test.each(holders)('of $country is a chain to OpenSSL in strict mode', (holder) => {
    expect(opensslVerify(issueLeaf(intermediate, { holder }))).toMatch(/: OK$/);
  });

  test.each<KeyKind>(['rsa-4096', 'ec-p256', 'ec-p384', 'ed25519'])(
    'stands on an authority with a key of %s',
    (key) => {
      const authority = makeAuthority({ name: `Root ${key}`, key, digest: 'sha384' });
      expect(opensslVerify(issueLeaf(authority))).toMatch(/: OK$/);
    },
  );

  test('goes from the leaf to the root, each signed by the next', () => {
    const { chain } = issueLeaf(intermediate);
    const [leaf, ca, top] = chain.map((der) => new X509Certificate(der)) as [
      X509Certificate,
      X509Certificate,
      X509Certificate,
    ];
    expect(chain).toHaveLength(3);
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(ca.verify(top.publicKey)).toBe(true);
    expect(top.verify(top.publicKey)).toBe(true);
  });

  test('carries host names, pointers and purposes where asked', () => {
    const leaf = issueLeaf(intermediate, {
      use: 'transport',
      hosts: ['pagos.example.cl'],
      crlUrls: ['http://psc.test/ca.crl'],
      ocspUrl: 'http://psc.test/ocsp',
    });
    const read = new X509Certificate(leaf.der);
    expect(read.checkHost('pagos.example.cl')).toBe('pagos.example.cl');
    expect(read.infoAccess).toContain('OCSP - URI:http://psc.test/ocsp');
    expect(read.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  });

  test('lets a test replace or leave out an extension', () => {
    const replaced = issueLeaf(root, { extensions: [subjectAltName(dnsName('other.example'))] });
    expect(new X509Certificate(replaced.der).subjectAltName).toBe('DNS:other.example');
    const bare = issueLeaf(root, { holder: holders[0]!, without: ['2.5.29.17'] });
    expect(new X509Certificate(bare.der).subjectAltName).toBeUndefined();
  });

  test('has the same key for the same label and another for another', () => {
    const spki = (label: string) =>
      createPublicKey(testKey('rsa-2048', label)).export({ type: 'spki', format: 'der' }).toString('hex');
    expect(spki('leaf')).toBe(spki('leaf'));
    expect(spki('leaf')).not.toBe(spki('another leaf'));
  });
});
