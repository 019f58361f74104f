import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseCertificate } from '../../../../core/certificate/parse.ts';
import { validatePath } from '../../../../core/certificate/path.ts';
import { requireUnrevoked } from '../../../../core/certificate/revocation/answer.ts';
import { checkPathByCrls, serialsOf } from '../../../../core/certificate/revocation/check-path.ts';
import { scanCrl } from '../../../../core/certificate/revocation/crl-scan.ts';

// NIST PKITS with its revocation lists: every subtest, path and revocation together, must end as NIST says.
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

const file = join(import.meta.dirname, '../../../vectors/pkits/pkits.json');
const pkits = JSON.parse(readFileSync(file, 'utf8')) as Pkits;
const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const certificate = (name: string) => bytes(pkits.certs[name]!);

/** Bundles with a second end entity, the signer of a list: the leaf must be named. */
const twoEnds = new Set(['pkits::4.5.8', 'pkits::4.14.28', 'pkits::4.14.29', 'pkits::4.14.30']);
/** DSA is refused by us as a key, path or no path. */
const dsa = new Set(['pkits::4.1.4', 'pkits::4.1.5']);

function check({ id, certs, crls, time, policy }: PkitsCase): void {
  const now = new Date(time);
  const certificates = certs.map(certificate);
  const path = validatePath({
    chain: certificates,
    ...(twoEnds.has(id) && { leaf: certificates.at(-1)! }),
    anchors: [{ certificate: parseCertificate(certificates[0]!) }],
    now,
    policy: {
      acceptedPolicies: policy.initialPolicySet,
      requireExplicitPolicy: policy.explicitPolicy,
      inhibitPolicyMapping: policy.inhibitMapping,
      inhibitAnyPolicy: policy.inhibitAnyPolicy,
    },
  });
  const wanted = serialsOf(path, certificates);
  const lists = crls.flatMap((source) => {
    try {
      return [{ source, crl: scanCrl(bytes(pkits.crls[source]!), wanted) }];
    } catch {
      return [];
    }
  });
  requireUnrevoked(checkPathByCrls({ path, crls: lists, certificates, now }));
}

describe('NIST PKITS, paths with revocation lists', () => {
  for (const subtest of pkits.cases.filter(({ id }) => !dsa.has(id))) {
    const admit = subtest.expect === 'accept';
    test(`${admit ? 'admits' : 'refuses'} ${subtest.id.slice(7)} ${subtest.title}`, () => {
      if (admit) check(subtest);
      else expect(() => check(subtest)).toThrow(expect.objectContaining({ name: 'Refusal' }));
    });
  }
});
