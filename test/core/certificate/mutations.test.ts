import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkLeafFor } from '../../../core/certificate/leaf.ts';
import { parseCertificate, readChain } from '../../../core/certificate/parse.ts';
import { validatePath } from '../../../core/certificate/path.ts';
import { Refusal } from '../../../core/errors.ts';
import { signStructure } from '../../../local/psc/certificate.ts';
import {
  certificatePolicies,
  directoryName,
  dnsName,
  ipName,
  subjectAltName,
} from '../../../local/psc/extensions.ts';
import { makeAuthority, someHolder } from '../../support/certificates.ts';
import { seed } from '../../support/drawn.ts';
import { opensslVerify, styleOnly } from '../../support/openssl-verify.ts';

// Certificates with octets changed: signed or not, they are refused or mean what OpenSSL thinks they mean, and
// nothing but a Refusal is ever thrown. APODERA_CHAINS=10000 for a long run, APODERA_SEED for another.
const count = Number(process.env.APODERA_CHAINS ?? 300);
const now = new Date('2026-06-01T00:00:00Z');

const key = 'ec-p256' as const;
const root = makeAuthority({ key, keyLabel: 'mutations root' });
const intermediate = root.issueCa({
  key,
  keyLabel: 'mutations below',
  pathLength: 0,
  policies: ['2.5.29.32.0'],
});
const leaf = intermediate.issue({
  holder: someHolder,
  policies: ['1.2.3.4'],
  hosts: ['a.example'],
  crlUrls: ['http://psc.example/ca.crl'],
});
const anchors = [{ certificate: parseCertificate(root.der) }];
const validate = (chain: readonly Uint8Array[], leafDer: Uint8Array) =>
  validatePath({ chain, leaf: leafDer, anchors, now, policy: {} });

/** Undefined: admitted. Anything but a Refusal passes through and fails the test. */
function refusalOf(work: () => unknown): Refusal | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

const change = fc.record({
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  xor: fc.integer({ min: 1, max: 255 }),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;
function changed(bytes: Uint8Array, ...changes: readonly Change[]): Uint8Array {
  const copy = new Uint8Array(bytes);
  for (const { at, xor } of changes) copy[Math.floor(at * copy.length)]! ^= xor;
  return copy;
}

test('one octet changed in a leaf or an intermediate breaks the path', () => {
  fc.assert(
    fc.property(change, fc.boolean(), (one, inLeaf) => {
      const end = inLeaf ? changed(leaf.der, one) : leaf.der;
      const middle = inLeaf ? intermediate.der : changed(intermediate.der, one);
      expect(refusalOf(() => validate([end, middle], end))).toBeInstanceOf(Refusal);
    }),
    { numRuns: count },
  );
});

const realFiles = globSync(join(import.meta.dirname, '../../vectors/psc/*/intermediate/*.pem')).sort();
const real = realFiles
  .filter((_, n) => n % 10 === 0)
  .map((file) => readChain(readFileSync(file, 'utf8'))[0]!);

test('whatever octets arrive, nothing but a Refusal is thrown', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(
        fc.constantFrom(...real, leaf.der, intermediate.der),
        fc.array(change, { minLength: 1, maxLength: 4 }),
      )
      .map(([der, changes]) => changed(der, ...changes)),
  );
  fc.assert(
    fc.property(bytes, fc.constantFrom('signing', 'transport'), (der, use) => {
      refusalOf(() => validate([der, intermediate.der], leaf.der));
      refusalOf(() => validate([intermediate.der], der));
      refusalOf(() => checkLeafFor(use, parseCertificate(der)));
      refusalOf(() => readChain(der));
      refusalOf(() =>
        readChain(
          `-----BEGIN CERTIFICATE-----${Buffer.from(der).toString('base64')}-----END CERTIFICATE-----`,
        ),
      );
    }),
    { numRuns: count },
  );
});

test(`OpenSSL accepts every changed and re-signed certificate that we accept (seed ${seed})`, {
  timeout: 60_000 + count * 100,
}, () => {
  // Without key identifiers: OpenSSL refuses an issuer with another one, to RFC 5280 it is a hint.
  const without = ['2.5.29.14', '2.5.29.35'];
  const rich = {
    without,
    extensions: [
      subjectAltName(
        dnsName('a.example'),
        ipName(Uint8Array.of(10, 0, 0, 1)),
        directoryName(parseCertificate(root.der).subject.der),
      ),
      certificatePolicies('1.2.3.4', '1.2.3.5'),
    ],
  };
  const { tbs } = parseCertificate(intermediate.issue(rich).der);
  const bare = root.issueCa({ key, keyLabel: 'mutations below', pathLength: 0, without });
  const issuerTbs = parseCertificate(bare.der).tbs;
  const changes = fc.sample(fc.tuple(change, fc.boolean()), { numRuns: count, seed });
  const accepted = changes.flatMap(([one, inLeaf], n) => {
    const end = inLeaf ? signStructure(changed(tbs, one), intermediate.key) : leaf.der;
    const middle = inLeaf ? intermediate.der : signStructure(changed(issuerTbs, one), root.key);
    if (refusalOf(() => validate([end, middle], end))) return [];
    return [{ id: `c${n}`, anchor: root.der, intermediates: [middle], leaf: end }];
  });
  expect(accepted.length).toBeGreaterThan(0);
  // Changed intermediates share a name and key: each must be judged alone.
  const alone = accepted.filter(({ intermediates }) => intermediates[0] !== intermediate.der);
  const together = accepted.filter((chain) => !alone.includes(chain));
  const verdicts = [
    ...opensslVerify(together, now, []),
    ...alone.slice(0, 500).flatMap((chain) => [...opensslVerify([chain], now, [])]),
  ];
  expect(verdicts.filter(([, errors]) => errors.some((error) => !styleOnly.has(error)))).toEqual([]);
});
