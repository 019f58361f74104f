import { describe, expect, test } from 'vitest';
import {
  context,
  contextPrimitive,
  objectIdentifier,
  sequence,
} from '../../../core/certificate/der-writer.ts';
import { parseCertificate } from '../../../core/certificate/parse.ts';
import type { PathPolicy } from '../../../core/certificate/path.ts';
import { basicConstraints, certificatePolicies, type ExtensionInput } from '../../../local/psc/extensions.ts';
import { issueLeaf, makeAuthority } from '../../support/certificates.ts';
import {
  anchor,
  intermediate,
  leaf,
  policyConstraints,
  refusal,
  root,
  validate,
} from '../../support/paths.ts';

describe('policies', () => {
  const mapping = (from: string, to: string): ExtensionInput => ({
    oid: '2.5.29.33',
    critical: true,
    value: sequence(sequence(objectIdentifier(from), objectIdentifier(to))),
  });
  const anyPolicy = ['2.5.29.32.0'];
  const demand: PathPolicy = { requireExplicitPolicy: true, acceptedPolicies: ['1.2.1'] };

  test('a policy mapped out of anyPolicy is carried on by the anyPolicy of the next certificate', () => {
    // §6.1.4(b)(1): anyPolicy alone stands, so a node 1.2.1 expecting 1.2.2 is made; §6.1.3(d)(2): the next
    // anyPolicy gives it a child 1.2.2; §6.1.3(d)(1)(i): the leaf's 1.2.2 is expected; it stands for 1.2.1.
    const first = root.issueCa({
      name: 'maps',
      policies: anyPolicy,
      extensions: [mapping('1.2.1', '1.2.2')],
    });
    const second = first.issueCa({ name: 'below', policies: anyPolicy });
    expect(validate(issueLeaf(second, { policies: ['1.2.2'] }).chain, { policy: demand }).policies).toEqual([
      '1.2.1',
    ]);
    expect(() => validate(issueLeaf(second, { policies: ['1.2.3'] }).chain, { policy: demand })).toThrow(
      refusal('POLICY_NOT_ACCEPTED'),
    );
  });

  test('a mapped policy ends where mapping is inhibited, and stands nowhere under its old name', () => {
    const first = root.issueCa({
      name: 'maps',
      policies: ['1.2.1'],
      extensions: [mapping('1.2.1', '1.2.2')],
    });
    const chainWith = (policy: string) => issueLeaf(first, { policies: [policy] }).chain;
    validate(chainWith('1.2.2'), { policy: demand });
    const inhibited = { ...demand, inhibitPolicyMapping: true };
    for (const [policy, given] of [
      ['1.2.1', demand],
      ['1.2.1', inhibited],
      ['1.2.2', inhibited],
    ] as const) {
      expect(() => validate(chainWith(policy), { policy: given })).toThrow(refusal('POLICY_NOT_ACCEPTED'));
    }
  });

  test('nothing is mapped out of an anyPolicy that is inhibited', () => {
    const first = root.issueCa({
      name: 'maps',
      policies: anyPolicy,
      extensions: [mapping('1.2.1', '1.2.1')],
    });
    const { chain } = issueLeaf(first, { policies: ['1.2.1'] });
    validate(chain, { policy: demand });
    expect(() => validate(chain, { policy: { ...demand, inhibitAnyPolicy: true } })).toThrow(
      refusal('POLICY_NOT_ACCEPTED'),
    );
  });

  test('the leaf itself may demand a policy (§6.1.5(b))', () => {
    const demanding = intermediate.issue({ extensions: [policyConstraints(0)] });
    expect(() => validate(demanding.chain)).toThrow(refusal('POLICY_NOT_ACCEPTED'));
    validate(intermediate.issue({ extensions: [policyConstraints(1)] }).chain);
  });

  test('anyPolicy itself is never mapped', () => {
    const first = root.issueCa({
      name: 'maps',
      policies: anyPolicy,
      extensions: [mapping('2.5.29.32.0', '1.2.2')],
    });
    expect(() => validate(issueLeaf(first, {}).chain)).toThrow(refusal('POLICY_MAPPING_WRONG'));
  });
});

describe('the anchor', () => {
  test('is refused once expired, or when it is no CA', () => {
    const old = makeAuthority({ notAfter: new Date('2026-02-01T00:00:00Z') });
    expect(() => validate(leaf.chain, { anchors: [anchor(old)] })).toThrow(refusal('CERTIFICATE_EXPIRED'));
    const end = makeAuthority({ extensions: [basicConstraints(false)], keyUsage: ['digitalSignature'] });
    expect(() => validate(leaf.chain, { anchors: [anchor(end)] })).toThrow(refusal('ISSUER_NOT_CA'));
  });

  test('constrains paths as an intermediate would (RFC 5937)', () => {
    const short = makeAuthority({ pathLength: 0 });
    expect(() => validate(leaf.chain, { anchors: [anchor(short)] })).toThrow(refusal('PATH_LENGTH_EXCEEDED'));
    const explicit = makeAuthority({ extensions: [policyConstraints(0)] });
    expect(() => validate(leaf.chain, { anchors: [anchor(explicit)] })).toThrow(
      refusal('POLICY_NOT_ACCEPTED'),
    );
    const policed = makeAuthority({ policies: ['1.2.3'] });
    const middle = policed.issueCa({ policies: ['2.5.29.32.0'] });
    const under = (policy: string) => issueLeaf(middle, { policies: [policy] }).chain;
    const given = { anchors: [anchor(policed)], policy: { requireExplicitPolicy: true } };
    expect(validate(under('1.2.3'), given).policies).toEqual(['1.2.3']);
    expect(() => validate(under('1.2.4'), given)).toThrow(refusal('POLICY_NOT_ACCEPTED'));
    const subtree = sequence(context(1, sequence(contextPrimitive(2, Buffer.from('example')))));
    const nameless = makeAuthority({ extensions: [{ oid: '2.5.29.30', critical: true, value: subtree }] });
    const host = intermediate.issue({ hosts: ['www.example'] });
    expect(() => validate(host.chain, { anchors: [anchor(nameless)] })).toThrow(refusal('NAME_EXCLUDED'));
  });

  test('demands its own accepted policies where it says so', () => {
    const issuer = root.issueCa({ name: 'with policy', policies: ['2.5.29.32.0'] });
    const end = issueLeaf(issuer, { policies: ['1.2.3', '1.2.4'] });
    const demanding = anchor(root, { acceptedPolicies: ['1.2.3', '1.2.5'], requireExplicitPolicy: true });
    expect(validate(end.chain, { anchors: [demanding] }).policies).toEqual(['1.2.3']);
    const other = issueLeaf(issuer, { extensions: [certificatePolicies('1.2.4')] });
    expect(() => validate(other.chain, { anchors: [demanding] })).toThrow(refusal('POLICY_NOT_ACCEPTED'));
  });

  test('issues nothing where it is a pinned leaf, CA or not', () => {
    const pinned = anchor(root, { pinnedLeaf: true });
    expect(() => validate(leaf.chain, { anchors: [pinned] })).toThrow(refusal('ANCHOR_NOT_FOUND'));
  });

  test('is no leaf, unless an enabled profile pins it', () => {
    const self = makeAuthority({ extensions: [basicConstraints(false)], keyUsage: ['digitalSignature'] });
    const pinned = anchor(self, { pinnedLeaf: true });
    expect(() => validate([self.der], { anchors: [anchor(self)] })).toThrow(refusal('ANCHOR_NOT_FOUND'));
    expect(validate([self.der], { anchors: [pinned] }).path).toHaveLength(1);
    const forged = new Uint8Array(self.der);
    forged[forged.length - 1]! ^= 1;
    const pinnedForgery = { certificate: parseCertificate(forged), pinnedLeaf: true };
    expect(() => validate([forged], { anchors: [pinnedForgery] })).toThrow(refusal('SIGNATURE_WRONG'));
    expect(() => validate([self.der], { anchors: [pinned], now: new Date('2030-01-01') })).toThrow(
      refusal('CERTIFICATE_EXPIRED'),
    );
  });
});
