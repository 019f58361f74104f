// NIST PKITS as data: its subtests, certificates and lists, and the path of one subtest as NIST sets it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { type CertificationPath, validatePath } from '../../core/certificate/path.ts';

export interface PkitsCase {
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

const file = join(import.meta.dirname, '../vectors/pkits/pkits.json');
const pkits = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly certs: Readonly<Record<string, string>>;
  readonly crls: Readonly<Record<string, string>>;
  readonly cases: readonly PkitsCase[];
};
const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));

export const pkitsCases = pkits.cases;
/** The anchor first, the leaf last. */
export const pkitsChain = ({ certs }: PkitsCase) => certs.map((name) => bytes(pkits.certs[name]!));
export const pkitsList = (name: string) => bytes(pkits.crls[name]!);

/** Bundles that hold a second end entity, the signer of the revocation list: the leaf must be named. */
const twoEnds = new Set(['pkits::4.5.8', 'pkits::4.14.28', 'pkits::4.14.29', 'pkits::4.14.30']);

/** `chain`: the subtest's bundle, in any order. @throws Refusal */
export function pkitsPath(subtest: PkitsCase, chain = pkitsChain(subtest)): CertificationPath {
  const { id, time, policy } = subtest;
  const inOrder = pkitsChain(subtest);
  return validatePath({
    chain,
    ...(twoEnds.has(id) && { leaf: inOrder.at(-1)! }),
    anchors: [{ certificate: parseCertificate(inOrder[0]!) }],
    now: new Date(time),
    policy: {
      acceptedPolicies: policy.initialPolicySet,
      requireExplicitPolicy: policy.explicitPolicy,
      inhibitPolicyMapping: policy.inhibitMapping,
      inhibitAnyPolicy: policy.inhibitAnyPolicy,
    },
  });
}
