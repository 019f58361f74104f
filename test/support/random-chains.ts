// Random certification chains, right and wrong in every way that path validation decides on; for comparing our
// validator with another one. A chain is data (ChainSpec), so that a difference can be printed and built again.

import fc from 'fast-check';
import {
  boolean,
  context,
  contextPrimitive,
  integer,
  nullValue,
  objectIdentifier,
  sequence,
  utf8String,
} from '../../core/certificate/der-writer.ts';
import type { NameAttribute } from '../../core/certificate/name-writer.ts';
import { encodeName } from '../../core/certificate/name-writer.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { buildCertificate, signStructure } from '../../local/psc/certificate.ts';
import {
  authorityKeyIdentifier,
  certificatePolicies,
  directoryName,
  dnsName,
  type ExtensionInput,
  emailName,
  extendedKeyUsage,
  ipName,
  keyUsage,
  otherName,
  subjectAltName,
  subjectKeyIdentifier,
  uriName,
} from '../../local/psc/extensions.ts';
import { type KeyKind, spkiOf, testKey } from './certificates.ts';

export const chainNow = new Date('2026-06-15T12:00:00Z');

/** Probability of a fault in one field is small, so that whole chains are right about as often as wrong. */
const rarely = <T>(usual: T, ...faults: readonly T[]) =>
  fc.oneof(
    { weight: 30, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...faults) },
  );
const sometimes = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

const names = [
  'dns:a.example',
  'dns:b.a.example',
  'dns:*.b.a.example',
  'dns:c.example',
  'dns:A.EXAMPLE',
  'dns:xa.example',
  'email:u@a.example',
  'email:u@b.a.example',
  'email:V@A.example',
  'email:v@a.example',
  'uri:https://a.example/x',
  'uri:https://b.a.example:8443/',
  'uri:https://u@c.example',
  'uri:urn:x',
  'ip:0a000001',
  'ip:0a010001',
  'ip:c0000201',
  'ip:20010db8000000000000000000000001',
  'dir:CL',
  'dir:US',
  'other:1.2.3.9',
  'other:1.2.3.10',
  'rid:1.2.3',
] as const;
const bases = [
  'dns:example',
  'dns:a.example',
  'dns:b.a.example',
  'dns:',
  'dns:zz',
  'email:a.example',
  'email:.a.example',
  'email:u@a.example',
  'email:U@a.example',
  'email:zz',
  'uri:a.example',
  'uri:.example',
  'uri:zz',
  'ip:0a000000ff000000',
  'ip:0a000000ffff0000',
  'ip:0a00000100000000',
  'ip:20010db8000000000000000000000000ffffffff000000000000000000000000',
  'dir:CL',
  'dir:US',
  'dir:cl',
  'dir:CL/own',
  'dir:CL/own/x',
  'dir:CL/own/y',
  'other:1.2.3.9',
  'rid:1.2.3',
] as const;
const policies = ['1.2.3.1', '1.2.3.2', '1.2.3.3', '2.5.29.32.0'] as const;

const certificateSpec = fc.record({
  key: rarely<KeyKind>('ec-p256', 'ec-p384', 'ed25519', 'rsa-2048', 'rsa-3072', 'rsa-1024'),
  ca: rarely(true, false),
  basicConstraints: rarely<'critical' | 'plain' | 'absent'>('critical', 'plain', 'absent'),
  pathLength: sometimes(fc.integer({ min: 0, max: 2 })),
  keyUsage: rarely<'right' | 'wrong' | 'absent'>('right', 'wrong', 'absent'),
  validity: rarely<'now' | 'past' | 'future' | 'lastSecond' | 'firstSecond'>(
    'now',
    'past',
    'future',
    'lastSecond',
    'firstSecond',
  ),
  unknown: rarely<'none' | 'plain' | 'critical'>('none', 'plain', 'critical'),
  digest: rarely<'sha256' | 'sha384' | 'sha512' | 'sha1'>('sha256', 'sha384', 'sha512', 'sha1'),
  permitted: sometimes(fc.subarray([...bases], { minLength: 1, maxLength: 3 })),
  excluded: sometimes(fc.subarray([...bases], { minLength: 1, maxLength: 2 })),
  altNames: sometimes(fc.subarray([...names], { minLength: 1, maxLength: 3 })),
  policies: fc.oneof(fc.constant(['2.5.29.32.0']), fc.subarray([...policies])),
  mappings: sometimes(
    fc.array(fc.tuple(fc.constantFrom(...policies), fc.constantFrom(...policies)), {
      minLength: 1,
      maxLength: 3,
    }),
  ),
  explicitPolicy: sometimes(fc.integer({ min: 0, max: 2 })),
  inhibitMapping: sometimes(fc.integer({ min: 0, max: 2 })),
  inhibitAny: sometimes(fc.integer({ min: 0, max: 2 })),
  unit: fc.constantFrom('x', 'y', undefined),
  issuerSpelling: rarely<'same' | 'case' | 'blanks' | 'printable' | 'other'>(
    'same',
    'case',
    'blanks',
    'printable',
    'other',
  ),
  selfIssued: rarely(false, true),
  signer: rarely<'issuer' | 'stranger'>('issuer', 'stranger'),
  authorityKeyId: rarely<'right' | 'absent'>('right', 'absent'),
  purposes: sometimes(fc.constantFrom('clientAuth', 'serverAuth', 'emailProtection')),
  /** One octet of the whole certificate (signature kept) or of what is signed (signed again) is changed. */
  flip: fc.oneof(
    { weight: 40, arbitrary: fc.constant(undefined) },
    {
      weight: 1,
      arbitrary: fc.record({
        at: fc.double({ min: 0, max: 0.9999, noNaN: true }),
        xor: fc.integer({ min: 1, max: 255 }),
        resign: fc.boolean(),
      }),
    },
  ),
});
export type CertificateSpec = typeof certificateSpec extends fc.Arbitrary<infer T> ? T : never;

export const chainSpec = fc.record({
  /** Anchor first, leaf last. */
  certificates: fc.array(certificateSpec, { minLength: 2, maxLength: 5 }),
  demand: fc.constantFrom('none', 'none', 'explicit', 'one', 'inhibitAny', 'inhibitMapping'),
});
export type ChainSpec = typeof chainSpec extends fc.Arbitrary<infer T> ? T : never;

/** DER, anchor first. `id` keeps the names of one chain apart from those of others. */
export function buildChain({ certificates }: ChainSpec, id: string): Uint8Array[] {
  const built: Uint8Array[] = [];
  let issuer: readonly NameAttribute[] | undefined;
  let issuerKey: ReturnType<typeof testKey> | undefined;
  // Without key identifiers OpenSSL takes the first issuer of the right name, and does not come back.
  const hinted = certificates.some(({ selfIssued }) => selfIssued);
  certificates.forEach((spec, depth) => {
    const isLeaf = depth === certificates.length - 1;
    const key = testKey(spec.key, `random-${depth}`);
    const subject = spec.selfIssued && issuer ? issuer : subjectOf(spec, depth, id);
    const signer = spec.signer === 'stranger' && issuer ? testKey('ec-p256', 'stranger') : (issuerKey ?? key);
    const der = buildCertificate(
      {
        serialNumber: depth + 1,
        issuer: issuer ? respelled(issuer, spec.issuerSpelling) : subject,
        subject,
        ...validityOf(spec),
        spki: spkiOf(key),
        extensions: [
          ...(spec.authorityKeyId === 'absent' && !hinted
            ? []
            : [authorityKeyIdentifier(spkiOf(issuerKey ?? key))]),
          subjectKeyIdentifier(spkiOf(key)),
          ...extensionsOf(spec, isLeaf, id),
        ],
      },
      signer,
      spec.digest,
    );
    built.push(spec.flip ? flipped(der, spec, signer) : der);
    issuer = subject;
    issuerKey = key;
  });
  return built;
}

function flipped(
  der: Uint8Array,
  { flip, digest }: CertificateSpec,
  signer: ReturnType<typeof testKey>,
): Uint8Array {
  const change = (bytes: Uint8Array) => {
    const copy = new Uint8Array(bytes);
    copy[Math.floor(flip!.at * copy.length)]! ^= flip!.xor;
    return copy;
  };
  return flip!.resign ? signStructure(change(parseCertificate(der).tbs), signer, digest) : change(der);
}

function subjectOf(spec: CertificateSpec, depth: number, id: string): NameAttribute[] {
  return [
    { type: 'C', value: 'CL' },
    { type: 'O', value: `Chain ${id}` },
    ...(spec.unit ? [{ type: 'OU', value: spec.unit }] : []),
    { type: 'CN', value: `Certificate ${depth} of ${id}` },
  ];
}

function respelled(
  name: readonly NameAttribute[],
  spelling: CertificateSpec['issuerSpelling'],
): NameAttribute[] {
  return name.map((attribute) => {
    const { type, value } = attribute;
    if (type === 'C') return attribute;
    if (spelling === 'case') return { type, value: value.toUpperCase() };
    if (spelling === 'blanks') return { type, value: `  ${value.replace(' ', '   ')} ` };
    if (spelling === 'printable') return { type, value, as: 'printable' };
    if (spelling === 'other' && type === 'CN') return { type, value: `${value}x` };
    return attribute;
  });
}

const day = 86_400_000;
function validityOf({ validity }: CertificateSpec): { notBefore: Date; notAfter: Date } {
  const at = (offset: number) => new Date(chainNow.getTime() + offset);
  const [from, to] = {
    now: [-day, day],
    past: [-2 * day, -day],
    future: [day, 2 * day],
    // OpenSSL leaves out the last second; RFC 5280 §4.1.2.5 does not.
    lastSecond: [-day, 1000],
    firstSecond: [0, day],
  }[validity] as [number, number];
  return { notBefore: at(from), notAfter: at(to) };
}

function extensionsOf(spec: CertificateSpec, isLeaf: boolean, id: string): ExtensionInput[] {
  const ca = isLeaf ? !spec.ca : spec.ca;
  const constraints: ExtensionInput[] = isLeaf
    ? []
    : [...nameConstraints(spec, id), ...policyExtensions(spec)];
  const usage = spec.keyUsage === 'wrong' ? 'cRLSign' : ca ? 'keyCertSign' : 'digitalSignature';
  return [
    ...(spec.basicConstraints === 'absent' ? [] : [basicConstraintsOf(spec, ca)]),
    ...(spec.keyUsage === 'absent' ? [] : [keyUsage(usage)]),
    ...(spec.policies.length > 0 ? [certificatePolicies(...spec.policies)] : []),
    ...(spec.altNames ? [subjectAltName(...spec.altNames.map((name) => generalName(name, id)))] : []),
    ...(spec.unknown === 'none'
      ? []
      : [{ oid: '1.2.3.4', critical: spec.unknown === 'critical', value: nullValue() }]),
    ...(spec.purposes && isLeaf ? [extendedKeyUsage(spec.purposes)] : []),
    ...constraints,
  ];
}

function basicConstraintsOf(spec: CertificateSpec, ca: boolean): ExtensionInput {
  const length = ca && spec.pathLength !== undefined ? [integer(spec.pathLength)] : [];
  const value = sequence(...(ca ? [boolean(true)] : []), ...length);
  return { oid: '2.5.29.19', critical: spec.basicConstraints === 'critical', value };
}

function nameConstraints({ permitted, excluded }: CertificateSpec, id: string): ExtensionInput[] {
  if (!permitted && !excluded) return [];
  const subtrees = (list: readonly string[]) => list.map((base) => sequence(generalName(base, id)));
  const value = sequence(
    ...(permitted ? [context(0, ...subtrees(permitted))] : []),
    ...(excluded ? [context(1, ...subtrees(excluded))] : []),
  );
  return [{ oid: '2.5.29.30', critical: true, value }];
}

function policyExtensions(spec: CertificateSpec): ExtensionInput[] {
  const { mappings, explicitPolicy, inhibitMapping, inhibitAny } = spec;
  const extensions: ExtensionInput[] = [];
  if (mappings) {
    const pairs = mappings.map(([from, to]) => sequence(objectIdentifier(from), objectIdentifier(to)));
    extensions.push({ oid: '2.5.29.33', critical: true, value: sequence(...pairs) });
  }
  if (explicitPolicy !== undefined || inhibitMapping !== undefined) {
    const counts = [explicitPolicy, inhibitMapping].flatMap((count, tag) =>
      count === undefined ? [] : [contextPrimitive(tag, integer(count).subarray(2))],
    );
    extensions.push({ oid: '2.5.29.36', critical: true, value: sequence(...counts) });
  }
  if (inhibitAny !== undefined)
    extensions.push({ oid: '2.5.29.54', critical: true, value: integer(inhibitAny) });
  return extensions;
}

function generalName(text: string, id: string): Uint8Array {
  const [form, ...rest] = text.split(':');
  const value = rest.join(':');
  switch (form) {
    case 'dns':
      return dnsName(value);
    case 'email':
      return emailName(value);
    case 'uri':
      return uriName(value);
    case 'ip':
      return ipName(Buffer.from(value, 'hex'));
    case 'other':
      return otherName(value, utf8String('x'));
    case 'rid':
      return contextPrimitive(8, objectIdentifier(value).subarray(2));
    default: {
      const [country, own, unit] = value.split('/');
      return directoryName(
        encodeName([
          { type: 'C', value: country! },
          ...(own ? [{ type: 'O', value: `Chain ${id}` }] : []),
          ...(unit ? [{ type: 'OU', value: unit }] : []),
        ]),
      );
    }
  }
}
