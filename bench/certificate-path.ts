// C1: a chain of three RSA-2048 certificates, leaf and intermediate from DER, every check of validatePath, against
// its two raw signature checks and against pkijs. Fine interleaving of both, both orders; CPU time; median of
// pairwise ratios. And the dearest bundles that a stranger may send, in milliseconds.

import { createPublicKey, verify, webcrypto } from 'node:crypto';
import * as pkijs from 'pkijs';
import { bitString, integer, nullValue, objectIdentifier, sequence } from '../core/certificate/der-writer.ts';
import { parseCertificate } from '../core/certificate/parse.ts';
import { validatePath } from '../core/certificate/path.ts';
import { buildCertificate } from '../local/psc/certificate.ts';
import { basicConstraints, dnsName, type ExtensionInput, subjectAltName } from '../local/psc/extensions.ts';
import { issueLeaf, makeAuthority, someHolder } from '../test/support/certificates.ts';

export interface Figure {
  readonly id: string;
  readonly what: string;
  /** Median ratio to the reference, or milliseconds. */
  readonly value: number;
  readonly reference: string;
  readonly aim: number;
  readonly holds: boolean;
  readonly unit: 'ratio' | 'ms';
  /** The reference against itself; outside 0.97 to 1.03 the run is invalid. */
  readonly control: number;
}

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

export function certificatePathFigure(pairs = 80, sliceMilliseconds = 4): Figure {
  const { root, intermediate, chain, validate } = realisticChain();
  const signed = chain.map(parseCertificate);
  const keys = [intermediate, root].map(({ key }) => createPublicKey(key));
  const raw = () => {
    signed.forEach(({ tbs, signature }, n) => {
      if (!verify('sha256', tbs, keys[n]!, signature)) throw new Error('the reference does not verify');
    });
  };
  const value = medianRatio(validate, raw, pairs, sliceMilliseconds);
  const control = medianRatio(raw, raw, pairs, sliceMilliseconds);
  const aim = 2.5;
  return {
    id: 'C1',
    what: 'chain of 3 from DER, all checks',
    value,
    reference: 'its two raw RSA-2048 checks',
    aim,
    holds: value <= aim && Math.abs(control - 1) <= 0.03,
    unit: 'ratio',
    control,
  };
}

/** How many times faster than pkijs' chain engine, which also starts from DER. CPU time of all threads. */
export async function certificatePathPeerFigure(rounds = 30): Promise<Figure> {
  const { root, chain, validate } = realisticChain();
  pkijs.setEngine('node', new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto }));
  const peer = async () => {
    const engine = new pkijs.CertificateChainValidationEngine({
      trustedCerts: [pkijs.Certificate.fromBER(exactBuffer(root.der))],
      certs: [...chain].reverse().map((der) => pkijs.Certificate.fromBER(exactBuffer(der))),
      checkDate: now,
    });
    const { result, resultMessage } = await engine.verify();
    if (!result) throw new Error(`pkijs does not verify: ${resultMessage}`);
  };
  for (let n = 0; n < 200; n++) await peer();
  cpuOf(validate, 3000);
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage();
    for (let n = 0; n < 10; n++) await peer();
    const { user, system } = process.cpuUsage(start);
    ratios.push((user + system) / 10 / cpuOf(validate, 100));
  }
  const value = median(ratios);
  const aim = 25;
  const what = 'chain of 3 from DER, times faster';
  return {
    id: 'C1-peer',
    what,
    value,
    reference: 'pkijs',
    aim,
    holds: value >= aim,
    unit: 'ratio',
    control: 1,
  };
}

const exactBuffer = (der: Uint8Array) => new Uint8Array(der).buffer;

/** CPU of `a` over CPU of `b`. */
function medianRatio(a: () => void, b: () => void, pairs: number, sliceMilliseconds: number): number {
  const [countA, countB] = [a, b].map((work) => runsIn(work, sliceMilliseconds));
  const ratios: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const first = pair % 2 === 0;
    const before = first ? cpuOf(a, countA!) : undefined;
    const reference = cpuOf(b, countB!);
    ratios.push((before ?? cpuOf(a, countA!)) / reference);
  }
  return median(ratios);
}

function median(values: readonly number[]): number {
  return values.toSorted((x, y) => x - y)[values.length >> 1]!;
}

/** Warms up, then finds how many runs fill a slice. */
function runsIn(work: () => void, milliseconds: number): number {
  for (let n = 0; n < 3000; n++) work();
  return Math.max(1, Math.round((milliseconds * 1000) / cpuOf(work, 200)));
}

/** Microseconds of CPU per run. */
function cpuOf(work: () => void, runs: number): number {
  const start = process.cpuUsage();
  for (let n = 0; n < runs; n++) work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / runs;
}

/** Milliseconds of CPU for the dearest of the bundles that a stranger may submit; the aim is a quarter second. */
export function hostileBundleFigure(): Figure {
  const root = makeAuthority();
  const anchors = [{ certificate: parseCertificate(root.der) }];
  const bundles = [manyLargeKeys(), meshOfCas([]), meshOfCas([longAltNames()])];
  const costs = bundles.flatMap((chain) =>
    [1, 2, 3].map(() =>
      cpuOf(() => {
        try {
          validatePath({ chain, leaf: chain[0]!, anchors, now, policy: {} });
        } catch {
          return;
        }
        throw new Error('a hostile bundle was admitted');
      }, 1),
    ),
  );
  const value = Math.max(...costs) / 1000;
  const aim = 250;
  const what = 'dearest hostile bundle';
  return { id: 'C1-worst', what, value, reference: 'fixed', aim, holds: value < aim, unit: 'ms', control: 1 };
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
