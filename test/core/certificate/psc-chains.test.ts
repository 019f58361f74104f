import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sameName } from '../../../core/certificate/name-match.ts';
import { parseCertificate, readChain } from '../../../core/certificate/parse.ts';
import { validatePath } from '../../../core/certificate/path.ts';

// Real intermediates of PSCs, each validated up to a real root of its country, one year into its life.
const vectors = join(import.meta.dirname, '../../vectors/psc');

/** First eight hex digits of the SHA-256 -> why no path is admitted. */
const refused: Readonly<Record<string, string>> = {
  // SHA-1 links: Acepta, E-Certchile, E-Sign (CL), SAT and Advantage Security (MX), RENIEC 2011 (PE).
  cac7fe39: 'SIGNATURE_ALGORITHM_WEAK',
  '328bfc31': 'SIGNATURE_ALGORITHM_WEAK',
  '861068c4': 'SIGNATURE_ALGORITHM_WEAK',
  '5dedd29f': 'SIGNATURE_ALGORITHM_WEAK',
  f1980f99: 'SIGNATURE_ALGORITHM_WEAK',
  '2a54111f': 'SIGNATURE_ALGORITHM_WEAK',
  '4e166a2a': 'SIGNATURE_ALGORITHM_WEAK',
  '4f5ccb5d': 'SIGNATURE_ALGORITHM_WEAK',
  '80f86a68': 'SIGNATURE_ALGORITHM_WEAK',
  cef5304a: 'SIGNATURE_ALGORITHM_WEAK',
  c6e6032d: 'SIGNATURE_ALGORITHM_WEAK',
  '5ca727c8': 'SIGNATURE_ALGORITHM_WEAK',
  '847768d3': 'SIGNATURE_ALGORITHM_WEAK',
  '6a74208e': 'SIGNATURE_ALGORITHM_WEAK',
  // Brazil's Ministry of Foreign Affairs (homologation): an EC key with explicit parameters.
  c0f2f18f: 'KEY_UNSUPPORTED',
  // RACER (PE): an RSA modulus of 2047 bits.
  f1712177: 'KEY_TOO_WEAK',
  // Peru's list names these issuers without their roots: Comodo, Camerfirma TSA, Digi-Sign, WISeKey.
  '5344871d': 'ANCHOR_NOT_FOUND',
  '65695d50': 'ANCHOR_NOT_FOUND',
  '4709d81e': 'ANCHOR_NOT_FOUND',
  '68e6292f': 'ANCHOR_NOT_FOUND',
  '0ad741d9': 'ANCHOR_NOT_FOUND',
};

const load = (folder: string) =>
  globSync(join(vectors, folder, '*.pem'))
    .sort()
    .map((file) => ({
      name: basename(file, '.pem'),
      certificate: parseCertificate(readChain(readFileSync(file, 'utf8'))[0]!),
    }));

for (const country of ['br', 'cl', 'mx', 'pe']) {
  const intermediates = load(`${country}/intermediate`);
  const anchors = load(`${country}/root`).map(({ certificate }) => ({ certificate }));

  describe(`real intermediates of ${country.toUpperCase()}`, () => {
    for (const { name, certificate } of intermediates) {
      const code = refused[name.slice(-8)];
      test(`${code ? `refuses (${code})` : 'admits'} ${name}`, () => {
        const issuers = intermediates
          .map((other) => other.certificate)
          .filter((other) => sameName(other.subject, certificate.issuer));
        const validate = () =>
          validatePath({
            chain: issuers.map(({ der }) => der),
            leaf: certificate.der,
            anchors,
            now: new Date(certificate.notBefore.getTime() + 365 * 86_400_000),
            policy: {},
          });
        if (code) expect(validate).toThrow(expect.objectContaining({ code }));
        else expect(validate().path[0]!.der).toEqual(certificate.der);
      });
    }
  });
}
