import { describe, expect, test } from 'vitest';
import {
  context,
  contextPrimitive,
  objectIdentifier,
  sequence,
  utf8String,
} from '../../../core/certificate/der-writer.ts';
import { encodeName, type NameAttribute } from '../../../core/certificate/name-writer.ts';
import { parseCertificate } from '../../../core/certificate/parse.ts';
import { validatePath } from '../../../core/certificate/path.ts';
import {
  directoryName,
  dnsName,
  type ExtensionInput,
  emailName,
  ipName,
  otherName,
  subjectAltName,
  uriName,
} from '../../../local/psc/extensions.ts';
import { type LeafOptions, makeAuthority } from '../../support/certificates.ts';

const root = makeAuthority();
const anchors = [{ certificate: parseCertificate(root.der) }];

const constraints = (permitted: readonly Uint8Array[], excluded: readonly Uint8Array[]): ExtensionInput => ({
  oid: '2.5.29.30',
  critical: true,
  value: sequence(
    ...(permitted.length > 0 ? [context(0, ...permitted.map((base) => sequence(base)))] : []),
    ...(excluded.length > 0 ? [context(1, ...excluded.map((base) => sequence(base)))] : []),
  ),
});

/** What becomes of a leaf with these names below a CA with these constraints. */
function verdict(extension: ExtensionInput, leaf: LeafOptions): string {
  const issuer = root.issueCa({ name: 'constrained', extensions: [extension] });
  try {
    validatePath({ chain: issuer.issue(leaf).chain, anchors, now: new Date('2026-06-01'), policy: {} });
    return 'admitted';
  } catch (error) {
    return (error as { code: string }).code;
  }
}
const named = (...names: readonly Uint8Array[]): LeafOptions => ({ extensions: [subjectAltName(...names)] });
const ip = (text: string) => ipName(Buffer.from(text.split('.').map(Number)));
const registeredId = contextPrimitive(8, objectIdentifier('1.2.3').subarray(2));
const x400 = context(3, sequence());
const directory = (...attributes: readonly NameAttribute[]) => directoryName(encodeName(attributes));

const N = 'NAME_NOT_PERMITTED';
const E = 'NAME_EXCLUDED';
const U = 'NAME_CONSTRAINT_UNKNOWN';

/** name, base, verdict when the base is permitted, verdict when it is excluded */
const rows: readonly (readonly [string, Uint8Array, Uint8Array, string, string])[] = [
  ['host itself', dnsName('a.example'), dnsName('a.example'), 'admitted', E],
  ['host below', dnsName('www.a.example'), dnsName('a.example'), 'admitted', E],
  ['host in other case', dnsName('WWW.A.EXAMPLE'), dnsName('a.Example'), 'admitted', E],
  ['host that ends alike', dnsName('xa.example'), dnsName('a.example'), N, 'admitted'],
  ['host above', dnsName('example'), dnsName('a.example'), N, 'admitted'],
  ['any host', dnsName('b.example'), dnsName(''), 'admitted', E],
  ['wildcard below', dnsName('*.a.example'), dnsName('a.example'), 'admitted', E],
  ['wildcard that could be the base', dnsName('*.example'), dnsName('a.example'), N, E],
  ['wildcard of another domain', dnsName('*.b.example'), dnsName('a.example'), N, 'admitted'],
  ['host with a trailing dot', dnsName('a.example.'), dnsName('a.example'), U, U],
  ['host with an inner wildcard', dnsName('w*.a.example'), dnsName('a.example'), U, U],
  ['base with a leading dot', dnsName('www.a.example'), dnsName('.a.example'), U, U],
  ['mailbox on the host', emailName('u@a.example'), emailName('a.example'), 'admitted', E],
  ['mailbox on a host below', emailName('u@b.a.example'), emailName('a.example'), N, 'admitted'],
  ['mailbox below the domain', emailName('u@b.a.example'), emailName('.a.example'), 'admitted', E],
  ['mailbox at the domain itself', emailName('u@a.example'), emailName('.a.example'), N, 'admitted'],
  ['that mailbox', emailName('u@A.example'), emailName('u@a.example'), 'admitted', E],
  ['that mailbox in other case', emailName('U@a.example'), emailName('u@a.example'), N, 'admitted'],
  ['quoted mailbox', emailName('"u@b.example"@a.example'), emailName('a.example'), U, U],
  ['mailbox without host', emailName('u'), emailName('a.example'), U, U],
  ['URI on the host', uriName('https://u@A.example:8443/x?y'), uriName('a.example'), 'admitted', E],
  ['URI on a host below', uriName('https://b.a.example'), uriName('a.example'), N, 'admitted'],
  ['URI below the domain', uriName('https://b.a.example'), uriName('.a.example'), 'admitted', E],
  [
    'URI with another host behind a backslash',
    uriName('https://b.example\\@a.example'),
    uriName('a.example'),
    U,
    U,
  ],
  ['URI with an address', uriName('https://10.0.0.1/'), uriName('a.example'), U, U],
  ['URI with an IPv6 address', uriName('https://[::1]/'), uriName('a.example'), U, U],
  ['URI without authority', uriName('urn:a.example'), uriName('a.example'), U, U],
  ['address in the net', ip('10.1.2.3'), ip('10.0.0.0.255.0.0.0'), 'admitted', E],
  ['address beside the net', ip('11.1.2.3'), ip('10.0.0.0.255.0.0.0'), N, 'admitted'],
  ['address of the other family', ipName(Buffer.alloc(16, 10)), ip('10.0.0.0.255.0.0.0'), N, 'admitted'],
  ['mask with holes', ip('10.1.2.3'), ip('10.0.0.0.255.0.255.0'), U, U],
  ['otherName of the type', otherName('1.2.9', utf8String('x')), otherName('1.2.9', utf8String('x')), U, U],
  [
    'otherName of another type',
    otherName('1.2.8', utf8String('x')),
    otherName('1.2.9', utf8String('x')),
    'admitted',
    'admitted',
  ],
  [
    'mailbox in UTF-8',
    otherName('1.3.6.1.5.5.7.8.9', utf8String('u@a.example')),
    emailName('a.example'),
    U,
    U,
  ],
  ['registeredID', registeredId, registeredId, U, U],
  ['x400Address', x400, x400, U, U],
  ['another form', dnsName('a.example'), emailName('b.example'), 'admitted', 'admitted'],
];

describe('alternative names below a constrained issuer', () => {
  for (const [what, name, base, permitted, excluded] of rows) {
    test(`${what}: ${permitted} when permitted, ${excluded} when excluded`, () => {
      expect(verdict(constraints([base], []), named(name))).toBe(permitted);
      expect(verdict(constraints([], [base]), named(name))).toBe(excluded);
    });
  }
});

describe('the subject is a name too', () => {
  const company: NameAttribute[] = [
    { type: 'C', value: 'CL' },
    { type: 'O', value: 'Empresa  Ñandú' },
    { type: 'CN', value: 'leaf' },
  ];
  const leaf = { subject: company };
  const spelled = directory({ type: 'C', value: 'cl' }, { type: 'O', value: ' empresa ñandú ' });

  test('compared without case, spacing, composition of letters and string type', () => {
    expect(verdict(constraints([spelled], []), leaf)).toBe('admitted');
    expect(verdict(constraints([], [spelled]), leaf)).toBe(E);
    const decomposed = directory(
      { type: 'C', value: 'CL' },
      { type: 'O', value: 'EMPRESA N\u0303andu\u0301' },
    );
    expect(verdict(constraints([], [decomposed]), leaf)).toBe(E);
  });

  test('an RDN more or another value is another subtree', () => {
    const longer = directory(...company, { type: 'CN', value: 'x' });
    expect(verdict(constraints([longer], []), leaf)).toBe(N);
    expect(verdict(constraints([directory({ type: 'C', value: 'PE' })], []), leaf)).toBe(N);
  });

  test('its emailAddress is a mailbox, and its CN a host where no dNSName stands', () => {
    const mail = { subject: [...company, { type: 'emailAddress', value: 'u@b.example' }] };
    expect(verdict(constraints([emailName('a.example')], []), mail)).toBe(N);
    const host = { subject: [{ type: 'CN', value: 'www.b.example' }] };
    expect(verdict(constraints([dnsName('a.example')], []), host)).toBe(N);
    expect(
      verdict(constraints([dnsName('a.example')], []), { ...host, ...named(dnsName('a.example')) }),
    ).toBe('admitted');
  });
});

describe('constraints along the path', () => {
  test('a name must be permitted by every issuer, and excluded by none', () => {
    const wide = root.issueCa({ name: 'wide', extensions: [constraints([dnsName('example')], [])] });
    const narrow = wide.issueCa({ name: 'narrow', extensions: [constraints([dnsName('a.example')], [])] });
    const other = wide.issueCa({ name: 'other', extensions: [constraints([dnsName('a.test')], [])] });
    const check = (chain: readonly Uint8Array[]) =>
      validatePath({ chain, anchors, now: new Date('2026-06-01'), policy: {} });
    check(narrow.issue({ hosts: ['w.a.example'] }).chain);
    expect(() => check(narrow.issue({ hosts: ['w.b.example'] }).chain)).toThrow(
      expect.objectContaining({ code: N }),
    );
    expect(() => check(other.issue({ hosts: ['w.a.test'] }).chain)).toThrow(
      expect.objectContaining({ code: N }),
    );
  });

  test('the CN of an issuer is no host', () => {
    const wide = root.issueCa({ name: 'hosts', extensions: [constraints([dnsName('a.example')], [])] });
    const below = wide.issueCa({ name: 'www.b.example' });
    validatePath({ chain: below.issue({}).chain, anchors, now: new Date('2026-06-01'), policy: {} });
  });

  test('minimum and maximum are not of this profile', () => {
    const withMinimum = sequence(
      context(0, sequence(dnsName('example'), contextPrimitive(0, Uint8Array.of(1)))),
    );
    expect(
      verdict({ oid: '2.5.29.30', critical: true, value: withMinimum }, named(dnsName('a.example'))),
    ).toBe(U);
  });

  test('names and subtrees beyond any real number are refused, not compared', () => {
    const many = Array.from({ length: 250 }, (_, n) => dnsName(`h${n}.example`));
    const hosts = Array.from({ length: 300 }, (_, n) => dnsName(`g${n}.test`));
    expect(verdict(constraints([], many), named(...hosts))).toBe('NAME_CONSTRAINTS_TOO_MANY');
  });
});
