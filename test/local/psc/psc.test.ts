import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openManifest } from '../../../core/certificate/anchors.ts';
import { identifyHolder } from '../../../core/certificate/holder/holder.ts';
import { parseCertificate } from '../../../core/certificate/parse.ts';
import { pemOf } from '../../../local/psc/issue.ts';
import type { HolderInput } from '../../../local/psc/layouts.ts';
import { startPsc } from '../../../local/psc/psc.ts';
import type { TestPsc } from '../../../local/psc/test-psc.ts';
import { spkiOf, testKey } from '../../support/certificates.ts';
import { sealedManifest, someManifest, testVerifier } from '../../support/manifest.ts';

const folder = mkdtempSync(join(tmpdir(), 'apodera-psc-'));
const dataFolder = join(folder, 'psc');
let now = new Date();
let psc: TestPsc;

beforeAll(async () => {
  psc = await startPsc({ dataFolder, clock: () => now });
});
afterEach(() => {
  psc.faults.clear();
  now = new Date();
});
afterAll(async () => {
  await psc.stop();
  rmSync(folder, { recursive: true });
});

const publicKey = spkiOf(testKey());
const camila: HolderInput = { country: 'CL', name: 'Camila Soto', rut: '12345678-5' };
const holders: [HolderInput, string][] = [
  [camila, '12345678-5'],
  [{ country: 'BR', name: 'JOAO DA SILVA', cpf: '11144477735' }, '11144477735'],
  [{ country: 'MX', name: 'MARIA PEÑA', rfc: 'GODE561231GR8' }, 'GODE561231GR8'],
  [{ country: 'CO', name: 'Andres Gomez', cedula: '79123456' }, '79123456'],
  [{ country: 'PE', name: 'Rosa Quispe', dni: '12345678' }, '12345678'],
];

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

/** Real OpenSSL as the peer; resolves with everything it printed, whatever its exit code. */
async function openssl(...args: string[]): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)('openssl', args);
    return stdout + stderr;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return stdout + stderr;
  }
}

async function get(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(psc.url + path, { headers });
  return { response, body: Buffer.from(await response.arrayBuffer()) };
}

/** `openssl verify` of a leaf against the lists that the PSC serves now. */
async function verifyWithLists(leaf: Uint8Array): Promise<string> {
  const { root, intermediate } = psc.authority('CL');
  const lists = await Promise.all(['root', 'intermediate'].map((name) => get(`/cl/${name}.crl`)));
  const crls = await Promise.all(
    lists.map(({ body }, at) => openssl('crl', '-inform', 'DER', '-in', file(`list${at}.crl`, body))),
  );
  const anchor = file('root.pem', pemOf(root.der));
  const between = file('between.pem', pemOf(intermediate.der) + crls.join(''));
  const options = [
    '-x509_strict',
    '-crl_check_all',
    '-extended_crl',
    '-CAfile',
    anchor,
    '-untrusted',
    between,
  ];
  return openssl('verify', ...options, '-CRLfile', between, file('leaf.pem', pemOf(leaf)));
}

/** `openssl ocsp`: POST with a nonce, answer verified against the root. */
async function askOcsp(leaf: Uint8Array, ...more: string[]): Promise<string> {
  const { root, intermediate } = psc.authority('CL');
  const anchor = file('root.pem', pemOf(root.der));
  const issuer = file('issuer.pem', pemOf(intermediate.der));
  const certificate = file('leaf.pem', pemOf(leaf));
  const place = ['-issuer', issuer, '-url', `${psc.url}/cl/ocsp`, '-CAfile', anchor];
  return openssl('ocsp', ...place, ...more, '-cert', certificate);
}

describe('a test PSC', () => {
  test.each(holders)(
    'issues for $0.country a leaf that its own profile identifies',
    async (holder, taxId) => {
      const issued = await psc.issue({ holder, publicKey });
      const profile = psc.profiles.find(({ country }) => country === holder.country)!;
      expect(identifyHolder(parseCertificate(issued.der), profile).taxId).toBe(taxId);
    },
  );

  test('gives anchors and profiles that make a manifest of a local node, and of no other', async () => {
    const { root } = psc.authority('CL');
    const manifest = { ...someManifest({ ...root } as never), anchors: psc.anchors, profiles: psc.profiles };
    const { trustAnchors } = openManifest(await sealedManifest(manifest), testVerifier(), 1);
    expect(trustAnchors).toHaveLength(5);
  });

  test('certifies the key of a certificate request, and refuses one that its key did not sign', async () => {
    const key = file('key.pem', testKey().export({ type: 'pkcs8', format: 'pem' }));
    const csr = await openssl('req', '-new', '-key', key, '-subj', '/CN=whoever');
    const issued = await psc.issue({ holder: camila, csr });
    expect(Buffer.from(parseCertificate(issued.der).spki).equals(publicKey)).toBe(true);
    const der = Buffer.from(csr.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    der[der.length - 1]! ^= 1;
    await expect(psc.issue({ holder: camila, csr: der })).rejects.toThrow('not signed by its own key');
  });

  test('revokes in the next list and the next answer, to OpenSSL', async () => {
    const { der, serialNumber } = await psc.issue({ holder: camila, publicKey });
    expect(await verifyWithLists(der)).toMatch(/: OK$/m);
    expect(await askOcsp(der)).toMatch(/leaf\.pem: good[\s\S]*Response verify OK/);
    psc.revoke(serialNumber, 'keyCompromise');
    expect(await verifyWithLists(der)).toContain('certificate revoked');
    expect(await askOcsp(der)).toMatch(/leaf\.pem: revoked[\s\S]*Reason: keyCompromise/);
  });

  test('lifts a hold, and nothing but a hold', async () => {
    const { der, serialNumber } = await psc.issue({ holder: camila, publicKey });
    psc.revoke(serialNumber, 'certificateHold');
    expect(await askOcsp(der)).toContain('leaf.pem: revoked');
    psc.release(serialNumber);
    expect(await askOcsp(der)).toContain('leaf.pem: good');
    psc.revoke(serialNumber, 'superseded');
    expect(() => psc.release(serialNumber)).toThrow('certificateHold');
  });

  test('answers OCSP by GET as by POST, and SHA-256 CertIDs as SHA-1 ones', async () => {
    const { der } = await psc.issue({ holder: camila, publicKey });
    expect(await askOcsp(der, '-sha256')).toContain('leaf.pem: good');
    const issuer = file('issuer.pem', pemOf(psc.authority('CL').intermediate.der));
    const request = join(folder, 'request.der');
    await openssl(
      'ocsp',
      '-issuer',
      issuer,
      '-cert',
      file('leaf.pem', pemOf(der)),
      '-no_nonce',
      '-reqout',
      request,
    );
    const { readFileSync } = await import('node:fs');
    const encoded = encodeURIComponent(readFileSync(request).toString('base64'));
    const { response, body } = await get(`/cl/ocsp/${encoded}`);
    expect(response.headers.get('content-type')).toBe('application/ocsp-response');
    expect(await openssl('ocsp', '-respin', file('answer.der', body), '-noverify', '-resp_text')).toContain(
      'Cert Status: good',
    );
  });

  test('says unknown of a serial number that it did not issue', async () => {
    const { der } = await psc.issue({ holder: camila, publicKey });
    expect(await askOcsp(der, '-serial', '0x77')).toContain('0x77: unknown');
  });

  test('serves the same list until something is revoked or half its life is over', async () => {
    const first = await get('/cl/intermediate.crl');
    const etag = first.response.headers.get('etag')!;
    const again = await get('/cl/intermediate.crl', { 'if-none-match': etag });
    expect(again.response.status).toBe(304);
    const { serialNumber } = await psc.issue({ holder: camila, publicKey });
    psc.revoke(serialNumber);
    const second = await get('/cl/intermediate.crl', { 'if-none-match': etag });
    expect(second.response.status).toBe(200);
    now = new Date(now.getTime() + 4 * 3_600_000);
    const third = await get('/cl/intermediate.crl', {
      'if-none-match': second.response.headers.get('etag')!,
    });
    expect(third.response.status).toBe(200);
  });

  test('keeps keys, anchors and register over a restart at another port', async () => {
    const { serialNumber } = await psc.issue({ holder: camila, publicKey });
    const anchors = psc.anchors.map(({ thumbprint }) => thumbprint);
    const again = await startPsc({ dataFolder });
    try {
      expect(again.anchors.map(({ thumbprint }) => thumbprint)).toEqual(anchors);
      expect(again.register.find(serialNumber)).toBeDefined();
      expect(again.url).not.toBe(psc.url);
    } finally {
      await again.stop();
    }
  });

  test('names the port that is taken', async () => {
    const port = Number(new URL(psc.url).port);
    await expect(startPsc({ dataFolder, port })).rejects.toThrow(`${port}`);
  });
});

describe('a fault of the test PSC', () => {
  const strike = (fault: Parameters<TestPsc['faults']['add']>[0]) => psc.faults.add(fault);

  test.each([
    ['status500', 500],
    ['tryLater', 503],
  ] as const)('%s answers a list with %i', async (fault, status) => {
    strike({ fault, service: 'crl' });
    expect((await get('/cl/intermediate.crl')).response.status).toBe(status);
  });

  test('html is a page with status 200', async () => {
    strike({ fault: 'html' });
    const { response, body } = await get('/cl/intermediate.crl');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html']);
    expect(body.toString()).toContain('<!doctype html>');
  });

  test('down closes the connection, once where it was asked for once', async () => {
    strike({ fault: 'down', times: 1 });
    await expect(get('/cl/intermediate.crl')).rejects.toThrow();
    expect((await get('/cl/intermediate.crl')).response.status).toBe(200);
  });

  test('slow waits for the first byte, stalled for the last', async () => {
    for (const fault of ['slow', 'stalled'] as const) {
      psc.faults.clear();
      strike({ fault });
      const signal = AbortSignal.timeout(150);
      await expect(
        fetch(`${psc.url}/cl/intermediate.crl`, { signal }).then((response) => response.arrayBuffer()),
      ).rejects.toThrow(expect.objectContaining({ name: 'TimeoutError' }));
    }
  });

  test('of one country and service strikes nobody else', async () => {
    strike({ fault: 'status500', country: 'CL', service: 'crl' });
    expect((await get('/br/intermediate.crl')).response.status).toBe(200);
    const { der } = await psc.issue({ holder: camila, publicKey });
    expect(await askOcsp(der)).toContain('leaf.pem: good');
  });

  test.each([
    ['stale', /CRL has expired/],
    ['future', /CRL is not yet valid/],
    ['wrongSigner', /CRL signature failure/],
    ['wrongScope', /[Dd]ifferent CRL scope/],
  ] as const)('%s makes a list that OpenSSL refuses', async (fault, words) => {
    const { der } = await psc.issue({ holder: camila, publicKey });
    strike({ fault, service: 'crl' });
    expect(await verifyWithLists(der)).toMatch(words);
  });

  test.each([
    ['stale', /[Ss]tatus expired|[Ss]tatus times invalid/],
    ['future', /not yet valid|[Ss]tatus times invalid/],
    ['wrongSigner', /Response Verify Failure/],
    ['wrongScope', /No Status found/],
    ['wrongNonce', /Nonce Verify error/],
    ['tryLater', /trylater/],
    ['postUnsupported', /405|error/i],
  ] as const)('%s makes an OCSP answer that OpenSSL refuses', async (fault, words) => {
    const { der } = await psc.issue({ holder: camila, publicKey });
    strike({ fault, service: 'ocsp' });
    expect(await askOcsp(der)).toMatch(words);
  });

  test('revokedResponder signs with a certificate that the list revokes', async () => {
    const { checkedResponder } = psc.authority('CL');
    strike({ fault: 'revokedResponder', service: 'ocsp' });
    const { der } = await psc.issue({ holder: camila, publicKey });
    expect(await askOcsp(der)).toContain('Response verify OK');
    expect(await verifyWithLists(checkedResponder.der)).toContain('certificate revoked');
  });

  test('getUnsupported refuses GET and answers POST', async () => {
    strike({ fault: 'getUnsupported' });
    expect((await get('/cl/ocsp/MAA=')).response.status).toBe(405);
    const { der } = await psc.issue({ holder: camila, publicKey });
    expect(await askOcsp(der)).toContain('leaf.pem: good');
  });
});

describe('the admin endpoint', () => {
  const post = async (path: string, body: unknown) => {
    const response = await fetch(`${psc.url}/admin/${path}`, { method: 'POST', body: JSON.stringify(body) });
    return { status: response.status, text: await response.text() };
  };

  test('issues, revokes, and switches faults on and off', async () => {
    const pem = Buffer.from(publicKey).toString('base64');
    const asked = {
      holder: camila,
      publicKey: `-----BEGIN PUBLIC KEY-----\n${pem}\n-----END PUBLIC KEY-----\n`,
    };
    const { serialNumber } = JSON.parse((await post('issue', asked)).text);
    expect((await post('revoke', { serialNumber, reason: 'superseded' })).status).toBe(200);
    expect(psc.register.find(serialNumber)?.revocationReason).toBe('superseded');
    await post('faults', { fault: 'down', service: 'ocsp' });
    expect(psc.faults.list()).toEqual([{ fault: 'down', service: 'ocsp' }]);
    await fetch(`${psc.url}/admin/faults`, { method: 'DELETE' });
    expect(psc.faults.list()).toEqual([]);
  });

  test('says what is wrong with a fault, a reason or a serial number', async () => {
    expect(await post('faults', { fault: 'gone' })).toMatchObject({
      status: 400,
      text: expect.stringContaining('slow'),
    });
    expect(await post('revoke', { serialNumber: '1', reason: 'bored' })).toMatchObject({ status: 400 });
    expect(await post('revoke', { serialNumber: 'FF' })).toMatchObject({
      text: expect.stringContaining('"FF"'),
    });
  });
});
