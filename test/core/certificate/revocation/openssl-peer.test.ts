import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEgress } from '../../../../adapters/http/egress.ts';
import { fetchOcsp } from '../../../../adapters/http/revocation-fetch.ts';
import { nullValue } from '../../../../core/certificate/der-writer.ts';
import { parseCertificate } from '../../../../core/certificate/parse.ts';
import { checkRevocationByCrls } from '../../../../core/certificate/revocation/check-by-crls.ts';
import { scanCrl } from '../../../../core/certificate/revocation/crl-scan.ts';
import { verifyOcsp } from '../../../../core/certificate/revocation/ocsp.ts';
import { ocspRequest } from '../../../../core/certificate/revocation/ocsp-request.ts';
import { WantedSerials } from '../../../../core/certificate/revocation/wanted-serials.ts';
import { type Issued, issueLeaf, makeAuthority } from '../../../support/certificates.ts';
import { serve } from '../../../support/http-server.ts';

// What real OpenSSL writes, we read; what we ask, it answers.
const day = 86_400_000;
const window = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + 30 * day) };
const root = makeAuthority({ name: 'peer root', ...window });
const psc = root.issueCa({ name: 'peer psc', ...window });
const kept = issueLeaf(psc, window);
const ended = issueLeaf(psc, {
  ...window,
  serialNumber: Buffer.from('7fffffffffffffffffffffffffffffffffffff01', 'hex'),
});
const held = issueLeaf(psc, window);
const unheard = issueLeaf(psc, window);
const responder = issueLeaf(psc, {
  ...window,
  subject: [{ type: 'CN', value: 'peer responder' }],
  keyLabel: 'peer responder',
  keyUsage: ['digitalSignature'],
  extendedKeyUsage: ['OCSPSigning'],
  extensions: [{ oid: '1.3.6.1.5.5.7.48.1.5', value: nullValue() }],
});

let folder: string;
const at = (name: string) => join(folder, name);
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
const keyPem = ({ key }: Issued) => key.export({ type: 'pkcs8', format: 'pem' }) as string;
const stamp = (date: Date) => `${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`;

/** index.txt of `openssl ca`: status, expiry, revocation[,reason], serial, file, subject. */
function index(): string {
  const line = (issued: Issued, status: string, revoked: string) => {
    const hex = issued.serialNumber.length % 2 ? `0${issued.serialNumber}` : issued.serialNumber;
    return `${status}\t${stamp(window.notAfter)}\t${revoked}\t${hex}\tunknown\t/CN=x\n`;
  };
  return (
    line(kept, 'V', '') +
    line(ended, 'R', `${stamp(window.notBefore)},keyCompromise`) +
    line(held, 'R', `${stamp(window.notBefore)},certificateHold`)
  );
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'apodera-openssl-'));
  for (const [name, issued] of Object.entries({ psc, responder })) {
    writeFileSync(at(`${name}.pem`), issued.pem);
    writeFileSync(at(`${name}.key`), keyPem(issued), { mode: 0o600 });
  }
  writeFileSync(at('index.txt'), index());
  writeFileSync(at('crlnumber'), '1F\n');
  const section = [
    'database = index.txt',
    'crlnumber = crlnumber',
    'default_md = sha256',
    'default_crl_days = 7',
  ];
  const extensions = [
    '[e]',
    'authorityKeyIdentifier = keyid',
    '[i]',
    'issuingDistributionPoint = critical,@idp',
  ];
  const scope = ['[idp]', 'onlyuser = TRUE'];
  writeFileSync(
    at('ca.cnf'),
    ['[ca]', 'default_ca = c', '[c]', ...section, ...extensions, ...scope, ''].join('\n'),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('lists by openssl ca', () => {
  const check = (issued: Issued, bytes: Uint8Array) => {
    const certificate = parseCertificate(issued.der);
    const crl = scanCrl(bytes, WantedSerials.ofContents([certificate.serialNumber]));
    const crls = [{ source: 'openssl', crl }];
    return checkRevocationByCrls({ certificate, issuer: parseCertificate(psc.der), crls, now: new Date() });
  };
  const list = (...args: string[]) => {
    openssl(
      'ca',
      '-config',
      'ca.cnf',
      '-gencrl',
      '-cert',
      'psc.pem',
      '-keyfile',
      'psc.key',
      '-out',
      'list.pem',
      ...args,
    );
    openssl('crl', '-in', 'list.pem', '-outform', 'DER', '-out', 'list.der');
    return readFileSync(at('list.der'));
  };

  test('are read as OpenSSL wrote them', () => {
    const bytes = list('-crlexts', 'e');
    expect(check(kept, bytes)).toMatchObject({ status: 'good', sources: ['openssl'] });
    expect(check(ended, bytes)).toMatchObject({ status: 'revoked', revocationReason: 'keyCompromise' });
    expect(check(held, bytes)).toMatchObject({ status: 'revoked', revocationReason: 'certificateHold' });
  });

  test('cover what their issuingDistributionPoint says and no more', () => {
    const bytes = list('-crlexts', 'i');
    expect(check(kept, bytes)).toMatchObject({ status: 'good' });
    expect(check(psc, bytes)).toMatchObject({ status: 'unknown' });
  });
});

describe('answers by openssl ocsp', () => {
  const question = (issued: Issued) => ({
    certificate: parseCertificate(issued.der),
    issuer: parseCertificate(psc.der),
  });
  const signer = [
    '-index',
    'index.txt',
    '-CA',
    'psc.pem',
    '-rsigner',
    'responder.pem',
    '-rkey',
    'responder.key',
  ];
  const ask = (request: Uint8Array, ...args: string[]) => {
    writeFileSync(at('request.der'), request);
    openssl('ocsp', ...signer, '-reqin', 'request.der', '-respout', 'answer.der', ...args);
    return readFileSync(at('answer.der'));
  };
  const verify = (issued: Issued, response: Uint8Array, nonce?: Uint8Array) =>
    verifyOcsp({
      ...question(issued),
      response,
      source: 'openssl',
      now: new Date(),
      ...(nonce && { nonce }),
    });

  for (const hash of ['sha1', 'sha256'] as const) {
    test(`are believed, for requests with CertID in ${hash}, with the nonce repeated`, () => {
      const nonce = Buffer.alloc(32, 7);
      const answered = (issued: Issued) =>
        verify(issued, ask(ocspRequest(question(issued), { hash, nonce }), '-nmin', '60'), nonce);
      expect(answered(kept)).toMatchObject({ status: 'good', sources: ['openssl'] });
      expect(answered(ended)).toMatchObject({ status: 'revoked', revocationReason: 'keyCompromise' });
      expect(answered(unheard)).toMatchObject({ status: 'unknown', trouble: undefined });
    });
  }

  test('count for the certificate that was asked for only', () => {
    const response = ask(ocspRequest(question(kept)), '-nmin', '60');
    expect(() => verify(ended, response)).toThrow(
      expect.objectContaining({ code: 'OCSP_CERTIFICATE_NOT_NAMED' }),
    );
  });

  test('come over HTTP', async () => {
    // `openssl ocsp -port` would listen on every interface.
    const server = await serve((_, response) => {
      response.end(ask(server.asked.at(-1)!.body, '-nmin', '60'));
    });
    const egress = createEgress({ allowPrivate: true });
    const response = await fetchOcsp(egress, server.at(), ocspRequest(question(ended)));
    expect(verify(ended, response)).toMatchObject({ status: 'revoked', revocationReason: 'keyCompromise' });
  });
});
