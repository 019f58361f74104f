import { describe, expect, test } from 'vitest';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { Refusal } from '../../core/errors.ts';
import { admitEnrolment } from '../../functions/admit-enrolment/admit-enrolment.ts';
import { type Issued, makeAuthority, pemOf, someHolder } from '../support/certificates.ts';
import {
  type EnrolOptions,
  enrolMessage,
  enrolmentNode,
  fintech,
  now,
  signedBy,
} from '../support/enrolment.ts';
import { someProfile } from '../support/manifest.ts';

const caller = { participant: fintech.finId, keyId: 'K1' };
type Node = ReturnType<typeof enrolmentNode>;

function submit(node: Node, options: EnrolOptions = {}, signature?: string) {
  const leaf = options.leaf ?? node.leaf();
  const body = enrolMessage({ ...options, leaf });
  return admitEnrolment(node.ports, { body, signature, caller });
}

async function refusalOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
  return 'ADMITTED';
}

describe('step 1 to 6 at the network', () => {
  test('records a valid certificate as pending, with its chain, its evidence and the start of its workflow', async () => {
    const node = enrolmentNode();
    const leaf = node.leaf({ crlUrls: ['http://psc.example/lista.crl'] });
    const { enrolment, outcome, confirmationCode } = await submit(node, { leaf });
    expect([outcome, enrolment.validity, enrolment.networkStatus]).toEqual(['RECORDED', 'valid', 'pending']);
    expect(confirmationCode).toMatch(/^[0-9A-HJKMNP-TV-Z]{6}$/);
    expect(enrolment.holder).toBe('P-APODERADO');
    expect(node.queues.announced.map((entry) => entry.id)).toEqual([`enrolment.start.${enrolment.id}`]);
    const kinds = [...node.items.values()].map((item) => item.pk.split('#')[0]).sort();
    expect(kinds).toEqual(['CHAIN', 'ENR', 'EVIDNEW', 'MSG', 'OPEN', 'OUT', 'SRC', 'SRC']);
  });

  test('answers a repeated message as the first time and writes nothing more', async () => {
    const node = enrolmentNode();
    const leaf = node.leaf();
    const body = enrolMessage({ leaf });
    const first = await admitEnrolment(node.ports, { body, signature: undefined, caller });
    const before = node.items.size;
    const again = await admitEnrolment(node.ports, { body, signature: undefined, caller });
    expect([again.outcome, again.enrolment.id]).toEqual(['KNOWN', first.enrolment.id]);
    expect(node.items.size).toBe(before);
  });

  test('refuses the same message_id over other bytes', async () => {
    const node = enrolmentNode();
    await submit(node);
    expect(await refusalOf(submit(node, { parameters: { reason: 'otra' } }))).toBe('MESSAGE_ID_REUSED');
  });

  test('the same certificate twice at once is one enrolment', async () => {
    const node = enrolmentNode();
    const leaf = node.leaf();
    const both = await Promise.allSettled([
      submit(node, { leaf, messageId: 'm-1' }),
      submit(node, { leaf, messageId: 'm-2' }),
    ]);
    const codes = both.map((one) => (one.status === 'fulfilled' ? 'RECORDED' : (one.reason as Refusal).code));
    expect(codes.sort()).toEqual(['CERTIFICATE_PENDING', 'RECORDED']);
  });

  test('the same certificate again says what a person can do about the one that waits', async () => {
    const node = enrolmentNode();
    const leaf = node.leaf();
    const { enrolment } = await submit(node, { leaf, messageId: 'm-1' });
    await expect(submit(node, { leaf, messageId: 'm-2' })).rejects.toMatchObject({
      code: 'CERTIFICATE_PENDING',
      detail: { found: enrolment.id },
      message: expect.stringMatching(/confirmation code.*reject it.*72 hours/),
    });
  });

  test('a fourth unsigned enrolment waits until one is answered (S29)', async () => {
    const node = enrolmentNode();
    for (const i of [1, 2, 3])
      await submit(node, { leaf: node.leaf({ keyLabel: `k${i}` }), messageId: `m-${i}` });
    const fourth = submit(node, { leaf: node.leaf({ keyLabel: 'k4' }), messageId: 'm-4' });
    expect(await refusalOf(fourth)).toBe('TOO_MANY_PENDING');
  });
});

describe('malformed input is refused and leaves nothing behind', () => {
  const node = enrolmentNode();
  const leaf = node.leaf();
  const base64 = (der: Uint8Array) => Buffer.from(der).toString('base64');
  const privateKey = leaf.key.export({ type: 'pkcs8', format: 'der' });
  const privatePem = leaf.key.export({ type: 'pkcs8', format: 'pem' }) as string;
  const cases: [string, EnrolOptions, string][] = [
    ['an empty chain', { parameters: { chain: [] } }, 'BODY_SCHEMA'],
    ['a truncated certificate', { parameters: { chain: [base64(leaf.der.slice(0, -3))] } }, 'DER_MALFORMED'],
    ['something that is not base64', { parameters: { chain: ['%%%'] } }, 'CHAIN_NOT_BASE64'],
    ['a private key beside the certificate', { chain: [leaf.der, privateKey] }, 'PRIVATE_KEY_PRESENT'],
    [
      'a PEM file with the private key in it',
      { parameters: { chain: [pemOf(leaf.der) + privatePem] } },
      'PRIVATE_KEY_PRESENT',
    ],
    [
      'two people’s leafs',
      { chain: [leaf.der, node.leaf({ keyLabel: 'other' }).der, node.root.der] },
      'LEAF_UNCLEAR',
    ],
    ['no reason', { parameters: { reason: undefined } }, 'REASON_MISSING'],
    ['a blank reason', { parameters: { reason: ' \t' } }, 'REASON_MISSING'],
    [
      'a reason of blanks that are letters to Unicode',
      { parameters: { reason: '\u3164\u115F' } },
      'REASON_MISSING',
    ],
    ['a reason of braille blanks', { parameters: { reason: '\u2800\u2800' } }, 'REASON_MISSING'],
    [
      'a reason with an invisible letter in it',
      { parameters: { reason: 'ok\u3164no' } },
      'REASON_UNREADABLE',
    ],
    [
      'a reason whose marks cover the lines above it',
      { parameters: { reason: `a${'\u0301'.repeat(40)}` } },
      'REASON_UNREADABLE',
    ],
    ['a reason that turns the text around', { parameters: { reason: 'ok\u202E.exe' } }, 'REASON_UNREADABLE'],
    ['a reason of 201 characters', { parameters: { reason: 'x'.repeat(201) } }, 'REASON_TOO_LONG'],
    ['no proof of possession', { parameters: { proof_of_possession: undefined } }, 'POSSESSION_MISSING'],
    ['a proof by another key', { possessionBy: node.leaf({ keyLabel: 'thief' }) }, 'POSSESSION_NOT_PROVED'],
    ['a proof made for another message', { possessionOver: { messageId: 'm-0' } }, 'POSSESSION_NOT_PROVED'],
    ['a proof made for another node', { possessionOver: { receiver: 'BANCO_CL' } }, 'POSSESSION_NOT_PROVED'],
    ['a message of yesterday', { creationDate: new Date(now.getTime() - 25 * 3_600_000) }, 'MESSAGE_TOO_OLD'],
    ['a replacement without signature', { parameters: { replaces: leaf.thumbprint } }, 'REPLACES_UNSIGNED'],
    ['a chain that is no list', { parameters: { chain: 'MIID' } }, 'BODY_SCHEMA'],
    ['a chain of numbers', { parameters: { chain: [1, null] } }, 'BODY_SCHEMA'],
    ['a member that nobody documented', { parameters: { password: 'x' } }, 'BODY_SCHEMA'],
    ['an unknown use', { parameters: { use: 'both' } }, 'USE_UNKNOWN'],
  ];
  test.each(cases)('%s', async (_title, options, code) => {
    const before = node.items.size;
    expect(await refusalOf(submit(node, { leaf, ...options }))).toBe(code);
    expect(node.items.size).toBe(before);
  });

  test('a hundred intermediates', async () => {
    const chain = [
      leaf.der,
      ...Array.from({ length: 100 }, (_, i) => makeAuthority({ name: `CA ${i}`, keyLabel: 'x' }).der),
    ];
    expect(await refusalOf(submit(node, { leaf, chain }))).toBe('CHAIN_TOO_LONG');
  });
});

describe('a well-formed certificate that may not enter is recorded as rejected, with its code', () => {
  const node = enrolmentNode();
  const intermediate = node.root.issueCa({ name: 'Intermedia' });
  const other = makeAuthority({ name: 'Otra raiz' });
  const cases: [string, EnrolOptions['leaf'] & object, string, string][] = [
    ['an unknown issuer', other.issue({ holder: someHolder }), 'ANCHOR_NOT_FOUND', 'invalid'],
    [
      'an apoderado of somebody else',
      node.leaf({ holder: { country: 'CL', name: 'Otra Persona', rut: '11111111-1' } }),
      'HOLDER_NOT_APODERADO',
      'invalid',
    ],
    [
      'a wrong check digit',
      node.leaf({ holder: { country: 'CL', name: 'Mal Digito', rut: '12345678-9' } }),
      'TAX_ID_CHECK_DIGIT_WRONG',
      'invalid',
    ],
    ['an EC key for signing', node.leaf({ key: 'ec-p256' }), 'LEAF_KEY_KIND', 'invalid'],
    [
      'a link signed with SHA-1',
      intermediate.issue({ holder: someHolder, digest: 'sha1' }),
      'SIGNATURE_ALGORITHM_WEAK',
      'invalid',
    ],
  ];
  test.each(cases)('%s', async (_title, leaf, code, validity) => {
    const { enrolment } = await submit(node, { leaf, messageId: `m-${code}` });
    expect([enrolment.networkStatus, enrolment.code, enrolment.validity]).toEqual([
      'rejected',
      code,
      validity,
    ]);
  });

  test('an expired certificate is recorded as expired (A-124)', async () => {
    const leaf = node.leaf({ notBefore: new Date('2025-01-01'), notAfter: new Date('2026-01-01') });
    const { enrolment } = await submit(node, { leaf, messageId: 'm-expired' });
    expect([enrolment.networkStatus, enrolment.validity]).toEqual(['rejected', 'expired']);
  });

  test('a refused enrolment burns nothing: the same certificate may be sent again (S11)', async () => {
    const fresh = enrolmentNode();
    const leaf = other.issue({ holder: someHolder, keyLabel: 'again' });
    const first = await submit(fresh, { leaf, messageId: 'm-1' });
    const second = await submit(fresh, { leaf, messageId: 'm-2' });
    expect(first.enrolment.networkStatus).toBe('rejected');
    expect(second.enrolment.id).not.toBe(first.enrolment.id);
  });
});

/** An active certificate of the participant, by the whole way of the store. */
async function active(node: Node, leaf: Issued, messageId: string) {
  const { enrolment: from } = await submit(node, { leaf, messageId });
  const { thumbprint, keyThumbprint, participant, id: enrolmentId, use, notAfter, sources, holder } = from;
  const facts = { thumbprint, keyThumbprint, participant, enrolmentId, use, notAfter, sources };
  const status = {
    ...facts,
    ...(holder !== undefined && { holder }),
    anchor: from.anchor!,
    networkStatus: 'active',
    validity: 'valid',
    acceptingOperators: ['BANCO_CL'],
    activatedAt: now,
  } as const;
  const at = { id: `EV-${messageId}`, scope: participant, kind: 'enrolment.activated', at: now };
  const evidence = { ...at, actor: { kind: 'node', function: 'test' } as const, subjects: {} };
  await node.ports.enrolments.activate({
    from,
    status,
    steps: [],
    proofs: ['p'],
    evidence: [evidence],
    outbox: [],
  });
  return leaf;
}

describe('A-009 several PSCs in one node', () => {
  const other = makeAuthority({ name: 'Otra PSC', keyLabel: 'otra-psc' });
  const profile = someProfile(other, { id: 'cl-otra', name: 'Otra PSC' });
  const node = enrolmentNode();
  node.ports.trust.inForce = async () => ({
    ...node.trust,
    anchors: [...node.trust.anchors, { certificate: parseCertificate(other.der), pscProfile: profile.id }],
    profiles: new Map([...node.trust.profiles, [profile.id, profile]]),
  });

  test('A-009 certificates of either are enrolled, each under the name of its own', async () => {
    const one = await submit(node, { leaf: node.leaf({ keyLabel: 'psc-1' }), messageId: 'm-psc-1' });
    const two = await submit(node, {
      leaf: other.issue({ holder: someHolder, keyLabel: 'psc-2' }),
      messageId: 'm-psc-2',
    });
    expect([one, two].map(({ enrolment: { networkStatus, pscName } }) => [networkStatus, pscName])).toEqual([
      ['pending', 'PSC de prueba'],
      ['pending', 'Otra PSC'],
    ]);
  });

  test('A-009 a chain that mixes their certificates leads to neither', async () => {
    const intermediate = node.root.issueCa({ name: 'De la primera' });
    const leaf = intermediate.issue({ holder: someHolder, keyLabel: 'psc-3' });
    const { enrolment } = await submit(node, {
      leaf,
      chain: [leaf.der, other.issueCa({ name: 'De la primera', keyLabel: 'de la otra' }).der],
      messageId: 'm-psc-3',
    });
    expect(enrolment).toMatchObject({ networkStatus: 'rejected', validity: 'invalid' });
  });
});

describe('an enrolment with a signature', () => {
  test('A-047 by an active certificate is verified and recorded, with the signature itself', async () => {
    const node = enrolmentNode();
    const signer = await active(node, node.leaf({ keyLabel: 'signer' }), 'm-signer');
    const leaf = node.leaf({ keyLabel: 'next' });
    const body = enrolMessage({ leaf, messageId: 'm-next', parameters: { replaces: signer.thumbprint } });
    const signature = await signedBy(signer, body);
    const { enrolment } = await admitEnrolment(node.ports, { body, signature, caller });
    expect(await node.ports.enrolments.find(enrolment.id)).toMatchObject({
      networkStatus: 'pending',
      signedBy: signer.thumbprint,
      replaces: signer.thumbprint,
    });
    const kept = await node.ports.enrolments.messageOf(enrolment);
    expect([Buffer.from(kept!.bytes).equals(body), kept!.signature]).toEqual([true, signature]);
    const evidence = [...node.items.values()]
      .map(({ record }) => record as { kind: string; actor: object; subjects: object } | undefined)
      .find((one) => (one?.subjects as { enrolmentId?: string })?.enrolmentId === enrolment.id);
    expect(evidence?.actor).toMatchObject({
      finId: fintech.finId,
      apiKeyId: 'K1',
      thumbprint: signer.thumbprint,
    });
  });

  test('A-047 by an active certificate, over other bytes, is refused', async () => {
    const node = enrolmentNode();
    const signer = await active(node, node.leaf({ keyLabel: 'signer' }), 'm-signer');
    const body = enrolMessage({ leaf: node.leaf({ keyLabel: 'next' }), messageId: 'm-next' });
    const signature = await signedBy(signer, Buffer.concat([body, Buffer.from(' ')]));
    expect(await refusalOf(admitEnrolment(node.ports, { body, signature, caller }))).toBe(
      'SIGNATURE_INVALID',
    );
  });

  test('A-052 a third and a fourth beside two active ones are admitted, with a warning', async () => {
    const node = enrolmentNode();
    const first = await active(node, node.leaf({ keyLabel: 'k1' }), 'm-1');
    const signed = async (label: string) => {
      const body = enrolMessage({ leaf: node.leaf({ keyLabel: label }), messageId: `m-${label}` });
      return admitEnrolment(node.ports, { body, signature: await signedBy(first, body), caller });
    };
    expect((await signed('k2')).warnings).toEqual([]);
    await active(node, node.leaf({ keyLabel: 'k3' }), 'm-3');
    for (const label of ['k4', 'k5']) {
      const { enrolment, warnings } = await signed(label);
      expect([enrolment.networkStatus, warnings]).toEqual(['pending', ['MORE_THAN_TWO_ACTIVE']]);
    }
  });

  test('a signature by a certificate that is not enrolled is refused', async () => {
    const node = enrolmentNode();
    const leaf = node.leaf();
    const body = enrolMessage({ leaf });
    const signature = await signedBy(leaf, body);
    expect(await refusalOf(admitEnrolment(node.ports, { body, signature, caller }))).toBe(
      'CERTIFICATE_UNKNOWN',
    );
  });

  test('the sender must be the participant of the API key', async () => {
    const node = enrolmentNode();
    const body = enrolMessage({ leaf: node.leaf() });
    const attempt = admitEnrolment(node.ports, {
      body,
      signature: undefined,
      caller: { ...caller, participant: 'OTHER' },
    });
    expect(await refusalOf(attempt)).toBe('PARTICIPANT_UNKNOWN');
  });
});
