// C1: a chain of three RSA-2048 certificates, leaf and intermediate from DER, every check of validatePath, against
// its two raw signature checks. Fine interleaving of both, both orders; CPU time; median of pairwise ratios.

import { createPublicKey, verify } from 'node:crypto';
import { parseCertificate } from '../core/certificate/parse.ts';
import { validatePath } from '../core/certificate/path.ts';
import { makeAuthority, someHolder } from '../test/support/certificates.ts';

export interface Figure {
  readonly id: string;
  readonly what: string;
  /** Median ratio to the reference. */
  readonly value: number;
  readonly reference: string;
  readonly aim: number;
  readonly holds: boolean;
  readonly unit: 'ratio';
  /** The reference against itself; outside 0.97 to 1.03 the run is invalid. */
  readonly control: number;
}

export function certificatePathFigure(pairs = 80, sliceMilliseconds = 4): Figure {
  const root = makeAuthority();
  const intermediate = root.issueCa({ policies: ['2.5.29.32.0'], crlUrls: ['http://psc.example/root.crl'] });
  const leaf = intermediate.issue({
    holder: someHolder,
    policies: ['1.2.3.4'],
    crlUrls: ['http://psc.example/ca.crl'],
  });
  const chain = [leaf.der, intermediate.der];
  const anchors = [{ certificate: parseCertificate(root.der) }];
  const now = new Date('2026-06-01T00:00:00Z');
  const validate = () => void validatePath({ chain, anchors, now, policy: {} });

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
  ratios.sort((x, y) => x - y);
  return ratios[ratios.length >> 1]!;
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
