import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { exampleProfile } from '../../cli/commands/anchors.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { manifestHash, openManifest, sealManifest } from '../../core/certificate/anchors.ts';
import { JsonReader } from '../../core/certificate/manifest-json.ts';
import { type PscProfile, readProfile } from '../../core/certificate/psc-profile.ts';
import { type Authority, makeAuthority } from '../support/certificates.ts';
import { manifestSigner, proofBy, someProfile, testVerifier } from '../support/manifest.ts';
import { apodera } from '../support/terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'apodera-anchors-'));
afterAll(() => rmSync(folder, { recursive: true }));
const place = (name: string) => join(folder, name);

const root = makeAuthority({ name: 'CLI Root' });
const other = makeAuthority({ name: 'CLI Other Root' });

function prepared(name: string, roots: readonly Authority[], profiles: readonly PscProfile[]): string[] {
  mkdirSync(place(`${name}/profiles`), { recursive: true });
  mkdirSync(place(`${name}/roots`));
  for (const profile of profiles)
    writeFileSync(place(`${name}/profiles/${profile.id}.json`), JSON.stringify(profile));
  for (const [at, { pem }] of roots.entries()) writeFileSync(place(`${name}/roots/${at}.pem`), pem);
  const places = ['--profiles', place(`${name}/profiles`), '--certificates', place(`${name}/roots`)];
  return ['anchors', 'write', ...places, '--out', place(`${name}/manifest.json`)];
}
const both = [someProfile(root), someProfile(other, { id: 'two' })];

describe('apodera anchors', () => {
  test('writes a manifest that opens at a node once two operators have signed off its hash', async () => {
    const words = prepared('first', [root, other], both);
    const { exitCode, out } = await apodera([...words, '--stage', 'local', '--json']);
    expect(exitCode).toBe(exitCodes.DONE);
    const body = readFileSync(place('first/manifest.json'));
    const report = JSON.parse(out);
    expect(report.manifest_sha256).toBe(Buffer.from(manifestHash(body)).toString('base64url'));
    expect(report.anchors.map(({ thumbprint }: { thumbprint: string }) => thumbprint)).toEqual([
      root.thumbprint,
      other.thumbprint,
    ]);
    const sealed = await sealManifest(body, [proofBy('ana', body), proofBy('beto', body)], manifestSigner());
    expect(openManifest(sealed, testVerifier(), 1).trustAnchors).toHaveLength(2);
    writeFileSync(place('first/sealed.json'), sealed);
    const shown = JSON.parse((await apodera(['anchors', 'show', place('first/sealed.json'), '--json'])).out);
    expect(shown).toMatchObject({ manifest_sha256: report.manifest_sha256, sealed_by: 'manifest' });
  });

  test('counts versions up from the one in force, and tells what is added and taken away', async () => {
    const before = prepared('before', [root], [someProfile(root)]);
    await apodera([...before, '--stage', 'local', '--version', '7']);
    const words = prepared('after', [other], [someProfile(other)]);
    const previous = ['--previous', place('before/manifest.json')];
    const older = await apodera([...words, '--stage', 'local', '--version', '7', ...previous]);
    expect(older.exitCode).toBe(exitCodes.USAGE);
    const { out } = await apodera([...words, '--stage', 'local', ...previous]);
    expect(out).toMatch(/version +8/);
    expect(out).toContain(`+ ${other.thumbprint}`);
    expect(out).toContain(`- ${root.thumbprint}`);
    expect(out).toContain('is disabled when this takes effect');
  });

  test('says of production roots under what name they are known, and asks to compare', async () => {
    const vectors = join(import.meta.dirname, '../vectors/psc/br/root');
    const pem = readFileSync(
      join(vectors, readdirSync(vectors).find((name) => name.includes('Brasileira-v10'))!),
      'utf8',
    );
    const thumbprint = 'bgv_BpommUwV3ixIiMxUr4SILlSVt_v2a-nM_-x0ifY';
    const icp = someProfile(root, {
      id: 'br-icp',
      country: 'BR',
      holder: 'br.icp',
      anchors: [thumbprint as never],
    });
    const words = prepared('prod', [{ ...root, pem }], [icp]);
    const refused = await apodera([...words, '--stage', 'dev']);
    expect(refused.exitCode).toBe(exitCodes.REFUSED);
    expect(refused.err).toContain('ANCHOR_STAGE_MIXED');
    const { out } = await apodera([...words, '--stage', 'prod']);
    expect(out).toContain('BR Autoridade Certificadora Raiz Brasileira v10');
    expect(out).toContain("Compare each SHA-256 with the authority's own publication");
  });

  test('the profile that its help shows is one that a node reads', async () => {
    expect(readProfile(new JsonReader(exampleProfile))).toMatchObject({
      id: 'cl-ejemplo',
      selfSignedLeafs: [],
    });
    const { out } = await apodera(['anchors', 'write', '--help']);
    expect(out).toContain(JSON.stringify(exampleProfile, undefined, 2));
  });

  test.each<[string, readonly Authority[], readonly PscProfile[], number]>([
    ['a profile whose root is missing', [root], both, exitCodes.USAGE],
    [
      'a profile that is malformed',
      [root],
      [{ ...someProfile(root), country: 'AR' as never }],
      exitCodes.REFUSED,
    ],
    ['no profile', [root], [], exitCodes.USAGE],
  ])('refuses %s and writes nothing', async (name, roots, profiles, exitCode) => {
    const words = prepared(name.replaceAll(' ', '-'), roots, profiles);
    expect((await apodera([...words, '--stage', 'local'])).exitCode).toBe(exitCode);
    expect(readdirSync(place(name.replaceAll(' ', '-')))).not.toContain('manifest.json');
  });
});
