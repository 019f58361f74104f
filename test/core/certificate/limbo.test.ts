import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseCertificate } from '../../../core/certificate/parse.ts';
import { validatePath } from '../../../core/certificate/path.ts';

interface LimboCase {
  readonly id: string;
  readonly expected: 'SUCCESS' | 'FAILURE';
  readonly anchors: readonly string[];
  readonly intermediates: readonly string[];
  readonly leaf: string;
  readonly time: string | null;
}
const file = join(import.meta.dirname, '../../vectors/limbo/limbo.json');
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: readonly LimboCase[] };
const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));

/** Verdicts that we do not share, and why. */
const differing: Readonly<Record<string, readonly string[]>> = {
  'key identifiers are hints, and real PSCs leave them out': [
    'rfc5280::aki::leaf-missing-aki',
    'rfc5280::aki::intermediate-missing-aki',
    'rfc5280::aki::cross-signed-root-missing-aki',
    'rfc5280::ski::root-missing-ski',
    'rfc5280::ski::intermediate-missing-ski',
    'webpki::aki::root-with-aki-missing-keyidentifier',
    'webpki::aki::root-with-aki-authoritycertissuer',
    'webpki::aki::root-with-aki-authoritycertserialnumber',
    'webpki::aki::root-with-aki-all-fields',
    'webpki::aki::root-with-aki-ski-mismatch',
  ],
  'it is heeded, though it should be critical': [
    'rfc5280::nc::permitted-dns-match-noncritical',
    'rfc5280::pc::ica-noncritical-pc',
    'rfc5280::root-non-critical-basic-constraints',
  ],
  'leaf.ts asks for purposes, usages and CAs': [
    'rfc5280::eku::ee-wrong-eku',
    'webpki::eku::ee-anyeku',
    'webpki::eku::ee-critical-eku',
    'webpki::eku::ee-without-eku',
    'rfc5280::ca-as-leaf-wrong-san',
    'webpki::ee-basicconstraints-ca',
    'webpki::ca-as-leaf',
    'webpki::v1-cert',
  ],
  'how an issuer should write, without meaning for a path': [
    'rfc5280::san::underscore-dns',
    'rfc5280::san::ip-in-dns',
    'rfc5280::serial::too-long',
    'rfc5280::serial::zero',
    'webpki::malformed-aia',
  ],
  'browsers demand it': [
    'webpki::eku::root-has-eku',
    'webpki::forbidden-rsa-not-divisible-by-8-in-root',
    'webpki::forbidden-rsa-key-not-divisible-by-8-in-leaf',
  ],
  'the longest path is our own number': [
    'pathlen::max-chain-depth-0-exhausted',
    'pathlen::max-chain-depth-1-exhausted',
  ],
  'a certificate ends with its last second, not within the next': ['rfc5280::validity::notafter-fractional'],
};
const reasons = new Map(
  Object.entries(differing).flatMap(([why, ids]) => ids.map((id) => [id, why] as const)),
);

function validate({ anchors, intermediates, leaf, time }: LimboCase): void {
  validatePath({
    chain: intermediates.map(bytes),
    leaf: bytes(leaf),
    anchors: anchors.map((anchor) => ({ certificate: parseCertificate(bytes(anchor)) })),
    now: new Date(time ?? '2026-06-01T00:00:00Z'),
    policy: {},
  });
}

describe('x509-limbo, paths', () => {
  for (const limbo of cases) {
    const why = reasons.get(limbo.id);
    const admit = (limbo.expected === 'SUCCESS') !== (why !== undefined);
    test(`${admit ? 'admits' : 'refuses'} ${limbo.id}${why ? ` (not its verdict: ${why})` : ''}`, () => {
      if (admit) validate(limbo);
      else expect(() => validate(limbo)).toThrow(expect.objectContaining({ name: 'Refusal' }));
    });
  }
});
