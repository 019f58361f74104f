import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseCertificate } from '../../../core/certificate/parse.ts';
import { type CertificationPath, validatePath } from '../../../core/certificate/path.ts';

// NIST PKITS, every one of its 249 subtests. Each is a test of its own, so that a difference names itself.
interface PkitsCase {
  readonly id: string;
  readonly title: string;
  readonly expect: 'accept' | 'reject';
  readonly time: string;
  readonly certs: readonly string[];
  readonly crls: readonly string[];
  readonly policy: {
    readonly initialPolicySet: readonly string[];
    readonly explicitPolicy: boolean;
    readonly inhibitMapping: boolean;
    readonly inhibitAnyPolicy: boolean;
  };
}
interface Pkits {
  readonly certs: Readonly<Record<string, string>>;
  readonly crls: Readonly<Record<string, string>>;
  readonly cases: readonly PkitsCase[];
}

const file = join(import.meta.dirname, '../../vectors/pkits/pkits.json');
const pkits = JSON.parse(readFileSync(file, 'utf8')) as Pkits;
const certificate = (name: string) => new Uint8Array(Buffer.from(pkits.certs[name]!, 'base64'));

/** Bundles that hold a second end entity, the signer of the revocation list: the leaf must be named. */
const twoEnds = new Set(['pkits::4.5.8', 'pkits::4.14.28', 'pkits::4.14.29', 'pkits::4.14.30']);

/** The bundle comes without order and with the anchor in it, as participants send it. */
function pathOf({ id, certs, time, policy }: PkitsCase): CertificationPath {
  return validatePath({
    chain: certs.map(certificate).reverse(),
    ...(twoEnds.has(id) && { leaf: certificate(certs.at(-1)!) }),
    anchors: [{ certificate: parseCertificate(certificate(certs[0]!)) }],
    now: new Date(time),
    policy: {
      acceptedPolicies: policy.initialPolicySet,
      requireExplicitPolicy: policy.explicitPolicy,
      inhibitPolicyMapping: policy.inhibitMapping,
      inhibitAnyPolicy: policy.inhibitAnyPolicy,
    },
  });
}

/** Refused by us, accepted by NIST: the reason. */
const differing: Readonly<Record<string, string>> = {
  'pkits::4.1.4': 'KEY_UNSUPPORTED', // DSA
  'pkits::4.1.5': 'KEY_UNSUPPORTED', // DSA with inherited parameters
};

/** Sections whose refusals need revocation lists: 4.4, 4.5, 4.7.4 and 4.7.5 (cRLSign), 4.14, 4.15. */
const needsLists = (id: string) =>
  id !== 'pkits::4.5.8' && /^pkits::4\.(4|5|14|15)\.|^pkits::4\.7\.[45]$/.test(id);

describe('NIST PKITS, paths', () => {
  test('all 249 subtests are here', () => {
    expect(pkits.cases).toHaveLength(249);
  });

  for (const subtest of pkits.cases) {
    const differs = differing[subtest.id];
    const accept = (subtest.expect === 'accept' || needsLists(subtest.id)) && !differs;
    test(`${accept ? 'admits' : 'refuses'} the path of ${subtest.id.slice(7)} ${subtest.title}`, () => {
      if (accept) {
        expect(pathOf(subtest).signatureChecks).toBeLessThanOrEqual(64);
      } else if (differs) {
        expect(() => pathOf(subtest)).toThrow(expect.objectContaining({ code: differs }));
      } else {
        expect(() => pathOf(subtest)).toThrow(expect.objectContaining({ name: 'Refusal' }));
      }
    });
  }
});
