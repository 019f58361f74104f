import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  integer,
  nullValue,
  objectIdentifier,
  sequence,
  time,
} from '../../../core/certificate/der-writer.ts';
import { encodeName, type NameAttribute } from '../../../core/certificate/name-writer.ts';
import { parseCertificate } from '../../../core/certificate/parse.ts';
import { signatureAlgorithm, signStructure } from '../../../local/psc/certificate.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  dnsName,
  type ExtensionInput,
  subjectAltName,
} from '../../../local/psc/extensions.ts';
import {
  type Authority,
  defaultNotAfter,
  defaultNotBefore,
  issueLeaf,
  makeAuthority,
  spkiOf,
} from '../../support/certificates.ts';
import { anchor, intermediate, leaf, refusal, root, validate } from '../../support/paths.ts';

const unknownExtension = (critical: boolean): ExtensionInput => ({
  oid: '1.2.3.4',
  critical,
  value: nullValue(),
});

describe('a path is proved', () => {
  test('from the leaf to below the anchor, whatever the order of the bundle', () => {
    for (const chain of [leaf.chain, [...leaf.chain].reverse(), [intermediate.der, leaf.der]]) {
      const proof = validate(chain);
      expect(proof.leaf.der).toEqual(leaf.der);
      expect(proof.path.map(({ der }) => der)).toEqual([leaf.der, intermediate.der]);
      expect(proof.signatureChecks).toBe(2);
      expect(proof.policies).toEqual([]);
    }
  });

  test('until the earliest end of its certificates, the anchor included', () => {
    const early = new Date('2027-01-01T00:00:00Z');
    const shortRoot = makeAuthority({ notAfter: early });
    expect(validate(leaf.chain, { anchors: [anchor(shortRoot)] }).notAfter).toEqual(early);
    expect(validate(leaf.chain).notAfter).toEqual(defaultNotAfter);
  });

  test('at both bounds of its validity, and at neither second beyond them', () => {
    validate(leaf.chain, { now: defaultNotBefore });
    validate(leaf.chain, { now: defaultNotAfter });
    const second = 1000;
    expect(() => validate(leaf.chain, { now: new Date(defaultNotBefore.getTime() - second) })).toThrow(
      refusal('CERTIFICATE_NOT_YET_VALID'),
    );
    expect(() => validate(leaf.chain, { now: new Date(defaultNotAfter.getTime() + second) })).toThrow(
      refusal('CERTIFICATE_EXPIRED'),
    );
  });

  test('with EC and Edwards keys in the chain', () => {
    for (const key of ['ec-p256', 'ec-p384', 'ed25519'] as const) {
      const other = makeAuthority({ key, keyLabel: key, name: key });
      validate(other.issueCa({ key, keyLabel: `${key} below` }).issue({}).chain, {
        anchors: [anchor(other)],
      });
    }
  });
});

describe('one bad branch does not end the search', () => {
  // The same name and key, certified by a stranger, by an expired certificate and by the root.
  const stranger = makeAuthority({ name: 'Stranger' });
  const foreign = stranger.issueCa();
  const expired = root.issueCa({ notAfter: new Date('2026-02-01T00:00:00Z') });
  const notCa = root.issueCa({ extensions: [basicConstraints(false)], keyUsage: ['digitalSignature'] });

  test('cross-signed intermediates: the one that leads to the anchor is found', () => {
    const others = [foreign.der, expired.der, notCa.der, stranger.der];
    for (const chain of [
      [leaf.der, ...others, intermediate.der],
      [leaf.der, intermediate.der, ...others],
    ]) {
      expect(validate(chain, { leaf: leaf.der }).path[1]!.der).toEqual(intermediate.der);
    }
  });

  test('key identifiers decide what is tried first, and nothing else', () => {
    const sameNameOtherKey = [1, 2, 3].map((n) => root.issueCa({ keyLabel: `other ${n}` }).der);
    expect(validate([leaf.der, ...sameNameOtherKey, intermediate.der]).signatureChecks).toBe(2);
    const hint = authorityKeyIdentifier(spkiOf(stranger.key));
    const misled = intermediate.issue({ extensions: [hint] });
    expect(validate(misled.chain).path).toHaveLength(2);
  });

  test('what fails at the anchor speaks before a deeper dead end', () => {
    const past = makeAuthority({ name: 'Stranger', notAfter: new Date('2026-02-01T00:00:00Z') });
    const bundle = [leaf.der, intermediate.der, foreign.der, past.der];
    expect(() => validate([leaf.der, foreign.der, past.der])).toThrow(refusal('CERTIFICATE_EXPIRED'));
    expect(() => validate(bundle, { policy: { requireExplicitPolicy: true } })).toThrow(
      refusal('POLICY_NOT_ACCEPTED'),
    );
  });

  test('where all fail, the branch that came farthest speaks', () => {
    expect(() => validate([leaf.der, expired.der])).toThrow(refusal('CERTIFICATE_EXPIRED'));
    expect(() => validate([leaf.der, foreign.der])).toThrow(refusal('ANCHOR_NOT_FOUND'));
  });

  test('two intermediates that sign each other end the search, not the process', () => {
    const a = { ...makeAuthority({ name: 'A' }) };
    const b = makeAuthority({ name: 'B' });
    const aByB = b.issueCa({ name: 'A', keyLabel: 'A' });
    const bByA = a.issueCa({ name: 'B', keyLabel: 'B' });
    const end = issueLeaf(a, {});
    expect(() => validate([end.der, aByB.der, bByA.der])).toThrow(refusal('ANCHOR_NOT_FOUND'));
  });

  test('a mesh of cross-signed CAs costs at most 64 signature checks', () => {
    // Each layer has three certificates of one name and key: 3^7 paths, none of which ends at the anchor.
    const layers = Array.from({ length: 8 }, (_, n) => makeAuthority({ name: `L${n}`, keyLabel: `L${n}` }));
    const mesh = layers
      .slice(0, -1)
      .flatMap((below, n) =>
        [1, 2, 3].map(
          (serialNumber) =>
            layers[n + 1]!.issueCa({ subject: below.subject, keyLabel: `L${n}`, serialNumber }).der,
        ),
      );
    const end = issueLeaf(layers[0]!, {});
    expect(() => validate([end.der, ...mesh])).toThrow(refusal('PATH_BUDGET_SPENT'));
  });
});

describe('issuers', () => {
  const refused: [string, Parameters<Authority['issueCa']>[0], string][] = [
    ['is no CA', { extensions: [basicConstraints(false)], keyUsage: ['digitalSignature'] }, 'ISSUER_NOT_CA'],
    ['has no basicConstraints', { without: ['2.5.29.19'], keyUsage: ['digitalSignature'] }, 'ISSUER_NOT_CA'],
    ['may not sign certificates', { keyUsage: ['cRLSign'] }, 'ISSUER_KEY_USAGE'],
    ['has expired', { notAfter: new Date('2026-02-01T00:00:00Z') }, 'CERTIFICATE_EXPIRED'],
    [
      'has an unknown critical extension',
      { extensions: [unknownExtension(true)] },
      'CRITICAL_EXTENSION_UNKNOWN',
    ],
    ['has a keyUsage without any bit', { keyUsage: [] }, 'DER_MALFORMED'],
    ['was signed with SHA-1', { digest: 'sha1' }, 'SIGNATURE_ALGORITHM_WEAK'],
    ['has an RSA key of 1024 bits', { key: 'rsa-1024' }, 'KEY_TOO_WEAK'],
  ];
  for (const [what, options, code] of refused) {
    test(`refuses an issuer that ${what}`, () => {
      const issuer = root.issueCa({ ...options, keyLabel: what });
      expect(() => validate([issueLeaf(issuer, {}).der, issuer.der])).toThrow(refusal(code));
    });
  }

  /** A certificate of version 1: no extensions, no version field. */
  const version1 = (
    issuer: readonly NameAttribute[],
    subject: readonly NameAttribute[],
    key: KeyObject,
    signer: KeyObject,
  ) => {
    const tbs = sequence(
      integer(7),
      signatureAlgorithm(signer),
      encodeName(issuer),
      sequence(time(defaultNotBefore), time(defaultNotAfter)),
      encodeName(subject),
      spkiOf(key),
    );
    return signStructure(tbs, signer);
  };

  test('refuses an issuer of version 1, unless it is the anchor', () => {
    const old = version1(root.subject, intermediate.subject, intermediate.key, root.key);
    expect(() => validate([leaf.der, old])).toThrow(refusal('ISSUER_NOT_CA'));
    const oldRoot = version1(root.subject, root.subject, root.key, root.key);
    validate(leaf.chain, { anchors: [{ certificate: parseCertificate(oldRoot) }] });
  });

  test('refuses names that are empty where one must stand', () => {
    const nameless = { ...root, subject: [] };
    const empty = issueLeaf(nameless, { subject: [{ type: 'CN', value: 'leaf' }] });
    expect(() => validate([empty.der])).toThrow(refusal('CERTIFICATE_NAME_EMPTY'));
    expect(() => validate([issueLeaf(root, { subject: [] }).der])).toThrow(refusal('CERTIFICATE_NAME_EMPTY'));
    const host = subjectAltName(dnsName('a.example'));
    expect(() => validate([issueLeaf(root, { subject: [], extensions: [host] }).der])).toThrow(
      refusal('CERTIFICATE_NAME_EMPTY'),
    );
    validate([issueLeaf(root, { subject: [], extensions: [{ ...host, critical: true }] }).der]);
  });

  test('refuses a leaf whose signature is another one', () => {
    const forged = new Uint8Array(leaf.der);
    forged[forged.length - 1]! ^= 1;
    expect(() => validate([forged, intermediate.der])).toThrow(refusal('SIGNATURE_WRONG'));
  });

  test('refuses an issuer that stands farther from the leaf than its pathLength', () => {
    const narrow = root.issueCa({ name: 'narrow', pathLength: 0 });
    validate(narrow.issue({}).chain);
    expect(() => validate(narrow.issueCa({ name: 'below' }).issue({}).chain)).toThrow(
      refusal('PATH_LENGTH_EXCEEDED'),
    );
  });

  test('admits paths of eight certificates, refuses nine', () => {
    let issuer = root;
    for (let n = 1; n < 8; n++) issuer = issuer.issueCa({ name: `deep ${n}`, keyLabel: 'deep' });
    expect(validate(issuer.issue({}).chain).path).toHaveLength(8);
    issuer = issuer.issueCa({ name: 'deep 8', keyLabel: 'deep' });
    expect(() => validate(issuer.issue({}).chain)).toThrow(refusal('PATH_TOO_LONG'));
  });
});

describe('the leaf', () => {
  test('refuses an unknown critical extension, admits one that is not critical', () => {
    validate(intermediate.issue({ extensions: [unknownExtension(false)] }).chain);
    expect(() => validate(intermediate.issue({ extensions: [unknownExtension(true)] }).chain)).toThrow(
      refusal('CRITICAL_EXTENSION_UNKNOWN'),
    );
  });

  test('is the one that was named by thumbprint, or none', () => {
    expect(validate(leaf.chain, { leaf: leaf.thumbprint }).leaf.der).toEqual(leaf.der);
    const other = intermediate.issue({ subject: [{ type: 'CN', value: 'other' }] });
    expect(() => validate(other.chain, { leaf: leaf.thumbprint })).toThrow(refusal('LEAF_UNCLEAR'));
    expect(validate([other.der, ...leaf.chain], { leaf: leaf.thumbprint }).leaf.der).toEqual(leaf.der);
  });

  test('is the only certificate that is no CA, whatever CAs come along', () => {
    expect(validate([...leaf.chain, root.issueCa({ name: 'bystander' }).der]).leaf.der).toEqual(leaf.der);
  });

  test('may carry the very name of an issuer', () => {
    const named = issueLeaf(intermediate, { subject: root.subject });
    expect(validate([intermediate.der, named.der]).leaf.der).toEqual(named.der);
  });

  test('refuses a bundle with two leafs', () => {
    expect(() =>
      validate([...leaf.chain, intermediate.issue({ subject: [{ type: 'CN', value: 'two' }] }).der]),
    ).toThrow(refusal('LEAF_UNCLEAR'));
  });

  test('refuses one larger than any real certificate', () => {
    const large = { oid: '1.2.3.4', value: new Uint8Array(70_000) };
    expect(() => validate(intermediate.issue({ extensions: [large] }).chain)).toThrow(
      refusal('CERTIFICATE_TOO_LARGE'),
    );
  });

  test('refuses one with more extensions or RDNs than any real certificate', () => {
    const extensions = Array.from({ length: 65 }, (_, n) => ({ oid: `1.2.3.${n}`, value: nullValue() }));
    const subject = Array.from({ length: 65 }, (_, n) => ({ type: 'OU', value: `${n}` }));
    for (const options of [{ extensions }, { subject }]) {
      expect(() => validate(intermediate.issue(options).chain)).toThrow(refusal('CERTIFICATE_TOO_LARGE'));
    }
  });

  test('refuses an extension that stands twice', () => {
    const twice = intermediate.issue({ extensions: [unknownExtension(false), unknownExtension(false)] });
    expect(() => validate(twice.chain)).toThrow(refusal('CERTIFICATE_EXTENSION_REPEATED'));
  });

  const rsa = (modulusLength: number, publicExponent?: number) =>
    spkiOf(
      generateKeyPairSync('rsa', { modulusLength, ...(publicExponent && { publicExponent }) }).publicKey,
    );
  /** SubjectPublicKeyInfo with any modulus and exponent: no key pair is needed to ask a verifier to work hard. */
  const rawRsa = (modulus: Uint8Array, exponent: bigint) => {
    const key = sequence(integer(modulus), integer(exponent));
    const bits = Buffer.concat([Buffer.from([0]), key]);
    const length = [0x82, bits.length >> 8, bits.length & 0xff];
    return sequence(
      sequence(objectIdentifier('1.2.840.113549.1.1.1'), nullValue()),
      Buffer.concat([Buffer.from([3, ...length]), bits]),
    );
  };
  const odd = (octets: number) => new Uint8Array(octets).fill(0xff);
  const keys: [string, () => Uint8Array, string][] = [
    ['RSA with 1024 bits', () => rsa(1024), 'KEY_TOO_WEAK'],
    ['RSA with 16384 bits', () => rawRsa(odd(2048), 65537n), 'KEY_TOO_LARGE'],
    ['RSA with an exponent above 2^32', () => rawRsa(odd(256), 2n ** 32n + 1n), 'KEY_TOO_LARGE'],
    ['RSA with exponent 1', () => rawRsa(odd(256), 1n), 'KEY_TOO_WEAK'],
    ['RSA with an even modulus', () => rawRsa(odd(256).fill(0xfe, 255), 65537n), 'KEY_TOO_WEAK'],
    ['RSA with an even exponent', () => rawRsa(odd(256), 65536n), 'KEY_TOO_WEAK'],
    [
      'secp256k1',
      () => spkiOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey),
      'KEY_UNSUPPORTED',
    ],
    [
      'EC with explicit parameters',
      () =>
        generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).publicKey.export({
          type: 'spki',
          format: 'der',
        }),
      'KEY_UNSUPPORTED',
    ],
    [
      'DSA',
      () => spkiOf(generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).publicKey),
      'KEY_UNSUPPORTED',
    ],
  ];
  for (const [what, spki, code] of keys) {
    test(`refuses a key: ${what}`, () => {
      expect(() => validate(intermediate.issue({ spki: spki() }).chain)).toThrow(refusal(code));
    });
  }
});
