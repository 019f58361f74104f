// C1: a chain of three RSA-2048 certificates, leaf and intermediate from DER, every check of validatePath, against
// its two raw signature checks and against pkijs. And the dearest bundles that a stranger may send.

import { createPublicKey, verify, webcrypto } from 'node:crypto';
import * as pkijs from 'pkijs';
import { bitString, integer, nullValue, objectIdentifier, sequence } from '../core/certificate/der-writer.ts';
import { parseCertificate } from '../core/certificate/parse.ts';
import { validatePath } from '../core/certificate/path.ts';
import { buildCertificate } from '../local/psc/certificate.ts';
import { basicConstraints, dnsName, type ExtensionInput, subjectAltName } from '../local/psc/extensions.ts';
import { issueLeaf, makeAuthority, someHolder } from '../test/support/certificates.ts';
import { cpuOf, type Figure, isBelievable, paired, print } from './figure.ts';

const now = new Date('2026-06-01T00:00:00Z');

function realisticChain() {
  const root = makeAuthority();
  const intermediate = root.issueCa({ policies: ['2.5.29.32.0'], crlUrls: ['http://psc.example/root.crl'] });
  const leaf = intermediate.issue({
    holder: someHolder,
    policies: ['1.2.3.4'],
    crlUrls: ['http://psc.example/ca.crl'],
  });
  const chain = [leaf.der, intermediate.der];
  const anchors = [{ certificate: parseCertificate(root.der) }];
  const validate = () => void validatePath({ chain, anchors, now, policy: {} });
  return { root, intermediate, chain, validate };
}

export async function certificatePathFigures(): Promise<readonly Figure[]> {
  const { root, intermediate, chain, validate } = realisticChain();
  const signed = chain.map(parseCertificate);
  const keys = [intermediate, root].map(({ key }) => createPublicKey(key));
  const raw = () => {
    signed.forEach(({ tbs, signature }, n) => {
      if (!verify('sha256', tbs, keys[n]!, signature)) throw new Error('the reference does not verify');
    });
  };
  const own = await paired(validate, raw, 80);
  const what = 'chain of 3 from DER, all checks';
  const peer = await paired(pkijsOver(root.der, chain), validate, 40, 8);
  return [
    {
      id: 'C1',
      what,
      value: own.ratio,
      reference: 'its two raw RSA-2048 checks',
      aim: 2.5,
      holds: own.ratio <= 2.5 && isBelievable(own),
      unit: 'ratio',
      control: own.control,
    },
    {
      id: 'C1-peer',
      what,
      value: peer.ratio,
      reference: 'pkijs',
      aim: 25,
      holds: peer.ratio >= 25 && isBelievable(peer),
      unit: 'times',
      control: peer.control,
    },
    await hostileBundleFigure(),
  ];
}

/** pkijs' chain engine, which also starts from DER. */
function pkijsOver(root: Uint8Array, chain: readonly Uint8Array[]): () => Promise<void> {
  pkijs.setEngine('node', new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto }));
  return async () => {
    const engine = new pkijs.CertificateChainValidationEngine({
      trustedCerts: [pkijs.Certificate.fromBER(exactBuffer(root))],
      certs: [...chain].reverse().map((der) => pkijs.Certificate.fromBER(exactBuffer(der))),
      checkDate: now,
    });
    const { result, resultMessage } = await engine.verify();
    if (!result) throw new Error(`pkijs does not verify: ${resultMessage}`);
  };
}

const exactBuffer = (der: Uint8Array) => new Uint8Array(der).buffer;

/** Milliseconds of CPU for the dearest of the bundles that a stranger may submit; the aim is a quarter second. */
async function hostileBundleFigure(): Promise<Figure> {
  const anchors = [{ certificate: parseCertificate(makeAuthority().der) }];
  const costs: number[] = [];
  for (const chain of [manyLargeKeys(), meshOfCas([]), meshOfCas([longAltNames()])]) {
    const refuse = () => {
      try {
        validatePath({ chain, leaf: chain[0]!, anchors, now, policy: {} });
      } catch {
        return;
      }
      throw new Error('a hostile bundle was admitted');
    };
    // The first run of each: a stranger does not wait until we are warm.
    costs.push((await cpuOf(refuse, 1)) / 1000);
  }
  const value = Math.max(...costs);
  const what = 'dearest hostile bundle, first run';
  return { id: 'C1-worst', what, value, reference: 'the clock', aim: 250, holds: value < 250, unit: 'ms' };
}

/** Eight layers of three certificates of one name and key each: 3^8 paths. */
function meshOfCas(extensions: readonly ExtensionInput[]): Uint8Array[] {
  const key = 'rsa-4096' as const;
  const layers = Array.from({ length: 9 }, (_, n) =>
    makeAuthority({ name: `L${n}`, keyLabel: `L${n}`, key }),
  );
  const mesh = layers.slice(0, -1).flatMap((below, n) =>
    [1, 2, 3].map((serialNumber) => {
      const { subject } = below;
      return layers[n + 1]!.issueCa({ subject, key, keyLabel: `L${n}`, serialNumber, extensions }).der;
    }),
  );
  return [issueLeaf(layers[0]!, {}).der, ...mesh];
}

const longAltNames = () => subjectAltName(...Array.from({ length: 6000 }, (_, n) => dnsName(`h${n}`)));

/** 31 possible issuers with RSA keys of 8192 bits and an exponent of 32: one check each. */
function manyLargeKeys(): Uint8Array[] {
  const root = makeAuthority();
  const subject = [{ type: 'CN', value: 'large' }];
  const { tbs, signatureAlgorithm } = parseCertificate(issueLeaf({ ...root, subject }, {}).der);
  const leaf = sequence(tbs, signatureAlgorithm.der, bitString(new Uint8Array(1024).fill(0x55)));
  const issuers = Array.from({ length: 31 }, (_, n) => {
    const modulus = new Uint8Array(1024).map((_, at) => (at * 7 + n * 13) | 0x81);
    const spki = sequence(
      sequence(objectIdentifier('1.2.840.113549.1.1.1'), nullValue()),
      bitString(sequence(integer(modulus), integer(2n ** 32n - 1n))),
    );
    const dates = { notBefore: new Date('2026-01-01'), notAfter: new Date('2028-01-01') };
    const issuer = [{ type: 'CN', value: 'nobody' }];
    const extensions = [basicConstraints(true)];
    return buildCertificate({ serialNumber: n + 1, issuer, subject, ...dates, spki, extensions }, root.key);
  });
  return [leaf, ...issuers];
}

if (import.meta.main) print(await certificatePathFigures());
