import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exitCodes } from '../../cli/exit-codes.ts';
import { localAnchors } from '../../cli/explain/anchors.ts';
import { pemOf } from '../../local/psc/issue.ts';
import type { HolderInput } from '../../local/psc/layouts.ts';
import { startPsc } from '../../local/psc/psc.ts';
import type { TestPsc } from '../../local/psc/test-psc.ts';
import { issueLeaf, makeAuthority, spkiOf, testKey } from '../support/certificates.ts';
import { someProfile } from '../support/manifest.ts';
import { apodera, type Sitting } from '../support/terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'apodera-explain-'));
const now = new Date();
let psc: TestPsc;
beforeAll(async () => {
  psc = await startPsc({ dataFolder: join(folder, 'psc'), clock: () => now, countries: ['CL', 'BR'] });
});
afterAll(async () => {
  await psc.stop();
  rmSync(folder, { recursive: true });
});

const root = makeAuthority({ name: 'Explain Root' });
const intermediate = root.issueCa({ name: 'Explain Intermediate' });
const camila: HolderInput = { country: 'CL', name: 'Camila Soto', rut: '12345678-5' };

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}
const anchors = () => file('anchors.pem', root.pem);
const synthetic = new Date('2026-06-01T00:00:00Z');

async function explained(words: string[], sitting: Sitting = { now: synthetic }) {
  const { exitCode, out } = await apodera(['certificate', 'explain', '--json', ...words], sitting);
  return { exitCode, json: JSON.parse(out) };
}

describe('apodera certificate explain', () => {
  test('says offline that nothing speaks against a good certificate, and what was not checked', async () => {
    const leaf = issueLeaf(intermediate, { holder: camila, crlUrls: ['http://psc.test/ca.crl'] });
    const { exitCode, json } = await explained([file('good.pem', leaf.chainPem), '--anchors', anchors()]);
    expect(exitCode).toBe(exitCodes.DONE);
    expect(json).toMatchObject({
      verdict: { outcome: 'UNDECIDED' },
      holder: {
        layout: 'cl.san',
        country: 'CL',
        tax_id_type: 'CLID',
        tax_id: '12345678-5',
        name: 'Camila Soto',
      },
      anchor: { thumbprint: root.thumbprint },
      certificates: [
        { role: 'leaf', thumbprint: leaf.thumbprint, key: 'RSA-2048', crl: ['http://psc.test/ca.crl'] },
        { role: 'issuer' },
        { role: 'root' },
      ],
    });
    const notChecked = json.checks.filter(({ outcome }: { outcome: string }) => outcome !== 'GOOD');
    expect(notChecked).toEqual([expect.objectContaining({ check: 'revocation', outcome: 'NOT_CHECKED' })]);
  });

  test('reads PEM or DER, a file or standard input, anchors in a folder', async () => {
    const { der, chainPem } = issueLeaf(root, { holder: camila });
    mkdirSync(join(folder, 'roots/cl'), { recursive: true });
    file('roots/cl/root.crt', root.der);
    const words = ['--anchors', join(folder, 'roots')];
    for (const given of [
      await explained([file('leaf.der', der), ...words]),
      await explained(['-', ...words], { now: synthetic, input: chainPem }),
    ]) {
      expect(given.json.verdict.outcome).toBe('UNDECIDED');
    }
  });

  test('knows the test PSC of this folder for its own certificates, and for no others', async () => {
    const place = join(folder, 'psc', 'roots.pem');
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { chainPem } = await psc.issue({ holder: camila, publicKey });
    expect(localAnchors(Buffer.from(chainPem), place)).toMatchObject({ place });
    expect(localAnchors(Buffer.from(chainPem), place)?.anchors).toHaveLength(2);
    expect(localAnchors(Buffer.from(issueLeaf(root, { holder: camila }).chainPem), place)).toBeUndefined();
    expect(localAnchors(Buffer.from(chainPem), join(folder, 'nowhere.pem'))).toBeUndefined();
  });

  test('trusts no root that only the file itself brings', async () => {
    const { json } = await explained([file('own.pem', issueLeaf(root, { holder: camila }).chainPem)]);
    expect(json.checks).toContainEqual(expect.objectContaining({ check: 'trust', outcome: 'NOT_CHECKED' }));
  });

  test('says everything that is wrong at once, by code', async () => {
    const leaf = issueLeaf(intermediate, {
      holder: { ...camila, rut: '12345678-4' },
      key: 'ec-p256',
      notAfter: new Date('2026-02-01T00:00:00Z'),
    });
    const { exitCode, json } = await explained([file('bad.pem', leaf.chainPem), '--anchors', anchors()]);
    expect(exitCode).toBe(exitCodes.REFUSED);
    const codes = json.checks.flatMap(({ code }: { code?: string }) => (code ? [code] : []));
    expect(codes).toEqual(['LEAF_KEY_KIND', 'CERTIFICATE_EXPIRED', 'TAX_ID_CHECK_DIGIT_WRONG']);
    expect(json.certificates[0]).toMatchObject({ validity: 'expired', days_left: expect.any(Number) });
  });

  test.each<[string, HolderInput, string]>([
    [
      'a Brazilian A1',
      { country: 'BR', name: 'J', cpf: '11144477735', policy: '2.16.76.1.2.1.5' },
      'POLICY_NOT_ACCEPTED',
    ],
    [
      'a Brazilian seal',
      { country: 'BR', name: 'J', cpf: '11144477735', policy: '2.16.76.1.2.201.5' },
      'HOLDER_IS_SEAL',
    ],
    [
      'a Mexican CSD',
      { country: 'MX', name: 'M', rfc: 'GODE561231GR8', organizationalUnit: 'X' },
      'HOLDER_IS_SEAL',
    ],
    [
      'a Peruvian passport',
      { country: 'PE', name: 'R', dni: '12345678', dniPrefix: 'PASPE-' },
      'HOLDER_FIELD_MALFORMED',
    ],
  ])('refuses %s with its own code', async (_, holder, code) => {
    const leaf = issueLeaf(root, { holder });
    const { exitCode, json } = await explained([file('odd.pem', leaf.chainPem), '--anchors', anchors()]);
    expect(exitCode).toBe(exitCodes.REFUSED);
    expect(json.verdict).toMatchObject({ outcome: 'REFUSED', code });
  });

  test('finds the layout of a country by trying those that its PSCs use', async () => {
    const holder: HolderInput = {
      country: 'CO',
      name: 'Andres Gomez',
      cedula: '79123456',
      nit: '8001972684',
      layout: 'gse',
    };
    const { json } = await explained([
      file('co.pem', issueLeaf(root, { holder }).chainPem),
      '--anchors',
      anchors(),
    ]);
    expect(json.holder).toMatchObject({ layout: 'co.gse', tax_id: '79123456', company_tax_id: '8001972684' });
  });

  test("judges by a node's own profile where one is given", async () => {
    const profile = someProfile(root, { pscTaxId: '76192083-9' });
    const words = ['--anchors', anchors(), '--profile', file('profile.json', JSON.stringify(profile))];
    const { json } = await explained([
      file('pinned.pem', issueLeaf(root, { holder: camila }).chainPem),
      ...words,
    ]);
    expect(json.verdict).toEqual({ outcome: 'REFUSED', code: 'PSC_NUMBER_WRONG' });
  });

  test('names the owner of a transport certificate', async () => {
    const leaf = issueLeaf(root, {
      use: 'transport',
      holder: camila,
      hosts: ['pagos.example.cl'],
      key: 'ec-p256',
    });
    const words = [file('tls.pem', leaf.chainPem), '--anchors', anchors(), '--use', 'transport'];
    expect((await explained(words)).json.holder).toMatchObject({
      company: { taxId: '12345678-5' },
      hosts: ['pagos.example.cl'],
    });
  });

  test('refuses a file with a private key in it, without showing any of it', async () => {
    const pem = testKey().export({ type: 'pkcs8', format: 'pem' }) as string;
    const given = file('key.pem', pem + issueLeaf(root).pem);
    const { exitCode, out, err } = await apodera(['certificate', 'explain', given]);
    expect(exitCode).toBe(exitCodes.REFUSED);
    expect(err).toContain('PRIVATE_KEY_PRESENT');
    expect(out + err).not.toContain(pem.slice(40, 80));
  });

  test.each([
    [['/nowhere.pem']],
    [['FILE', '--anchors', '/nowhere']],
    [['/']],
    [['FILE', '--at', 'soon']],
    [['FILE', '--country', 'AR']],
    [['FILE', '--use', 'encryption']],
    [['FILE', '--profile', '/nowhere.json']],
  ])('refuses %j with exit code 2', async (words) => {
    const given = words.map((word) => (word === 'FILE' ? file('any.pem', root.pem) : word));
    expect((await apodera(['certificate', 'explain', ...given])).exitCode).toBe(exitCodes.USAGE);
  });

  test('shows no escape sequence or direction mark that a certificate brings', async () => {
    const subject = [{ type: 'CN', value: 'Camila\u001b[2J\u202eSoto' }];
    const given = file('evil.pem', issueLeaf(root, { subject }).chainPem);
    const { out } = await apodera(['certificate', 'explain', given, '--country', 'CL'], {
      now: synthetic,
      tty: true,
    });
    expect(out).not.toContain('\u001b[2J');
    expect(out).not.toContain('\u202e');
  });

  test('tells people the verdict, the holder and each reason, in colour on a terminal only', async () => {
    const given = file(
      'shown.pem',
      issueLeaf(intermediate, { holder: { ...camila, rut: '12345678-4' } }).chainPem,
    );
    const words = ['certificate', 'explain', given, '--anchors', anchors()];
    const { out } = await apodera(words, { now: synthetic });
    expect(out).toContain('Enrolment for signing would be refused: TAX_ID_CHECK_DIGIT_WRONG');
    expect(out).toContain('no pointer: the PSC profile must name a source');
    expect(out).not.toContain('\u001b');
    expect((await apodera(words, { now: synthetic, tty: true })).out).toContain('\u001b[31m');
  });
});

describe('apodera certificate explain, with lists and responders', () => {
  const online = async (given: string, ...more: string[]) => {
    const roots = file(
      'psc-roots.pem',
      psc.authorities.map(({ root: anchor }) => pemOf(anchor.der)).join(''),
    );
    return explained([given, '--anchors', roots, '--online', '--allow-private', ...more], { now });
  };
  const issue = (pointers: 'both' | 'crl' | 'ocsp' | 'none') =>
    psc.issue({ holder: camila, publicKey: spkiOf(testKey()), pointers });

  test.each(['crl', 'ocsp', 'both'] as const)(
    'admits what the PSC calls good by %s, and refuses it once revoked',
    async (pointers) => {
      const { chainPem, serialNumber } = await issue(pointers);
      const given = file(`${pointers}.pem`, chainPem);
      expect((await online(given)).json).toMatchObject({
        verdict: { outcome: 'ADMITTED' },
        revocation: {
          answers: [{ status: 'good', next_update: expect.any(String) }, { status: 'good' }],
          silent: [],
        },
      });
      psc.revoke(serialNumber, 'keyCompromise');
      const { exitCode, json } = await online(given);
      expect(exitCode).toBe(exitCodes.REFUSED);
      expect(json.verdict.code).toBe('CERTIFICATE_REVOKED');
      expect(json.revocation.answers[0]).toMatchObject({
        status: 'revoked',
        revocation_reason: 'keyCompromise',
      });
    },
  );

  test('refuses a certificate without pointer, and one whose PSC is silent, each by its code', async () => {
    expect((await online(file('none.pem', (await issue('none')).chainPem))).json.verdict.code).toBe(
      'NO_REVOCATION_SOURCE',
    );
    const { chainPem } = await issue('both');
    // A node asks a responder only where no list is named: so does explain.
    psc.faults.add({ fault: 'status500', service: 'crl' });
    const { json } = await online(file('silent.pem', chainPem));
    psc.faults.clear();
    expect(json.verdict.code).toBe('REVOCATION_UNAVAILABLE');
    expect(json.revocation.silent.length).toBeGreaterThan(0);
  });

  test('reaches no private address unless told to', async () => {
    const { chainPem } = await issue('crl');
    const { json } = await explained([file('private.pem', chainPem), '--online'], { now });
    expect(json.revocation.silent[0].why).toContain('not on the public network');
    expect(psc.faults.list()).toEqual([]);
  });

  test('looks into lists given as files, without a network', async () => {
    const { chainPem, serialNumber } = await issue('crl');
    psc.revoke(serialNumber, 'superseded');
    const lists = (['root', 'intermediate'] as const).flatMap((name) => [
      '--crl',
      file(`${name}.crl`, psc.crl('CL', name).der),
    ]);
    const before = new Map(psc.requests);
    const { json } = await explained([file('offline.pem', chainPem), ...lists], { now });
    expect(json.verdict.code).toBe('CERTIFICATE_REVOKED');
    expect(psc.requests).toEqual(before);
  });
});

test('every real intermediate of the vectors is described, whatever enrolment would say of it', async () => {
  const vectors = join(import.meta.dirname, '../vectors/psc/cl/intermediate');
  for (const name of readdirSync(vectors)) {
    const { exitCode, json } = await explained([join(vectors, name)]);
    expect(exitCode).toBe(exitCodes.REFUSED);
    expect(json.checks[0]).toMatchObject({ check: 'usage', outcome: 'REFUSED' });
  }
});
