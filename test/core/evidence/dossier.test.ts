import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Dossier, dossierBytes, readDossier } from '../../../core/evidence/dossier.ts';
import { verifyDossier } from '../../../core/evidence/dossier-verify.ts';
import { makeAuthority } from '../../support/certificates.ts';
import { dossierNode, someDossier } from '../../support/dossier.ts';
import { evidenceNode } from '../../support/evidence.ts';

let it: Awaited<ReturnType<typeof someDossier>>;
beforeAll(async () => {
  it = await someDossier();
});
const faultsOf = (bytes: Uint8Array) => verifyDossier(bytes, it.trust).faults;
/** Somebody who edits the file as a program would, not as bytes. */
const edited = (edit: (dossier: Dossier) => object) =>
  faultsOf(dossierBytes(edit(structuredClone(it.dossier)) as Dossier));

describe('a dossier', () => {
  test('proves each step in plain words, each by the one who signed it', () => {
    const { proved, faults } = verifyDossier(it.bytes, it.trust);
    expect(faults).toEqual([]);
    const said = proved.map(({ by, says }) => `${by} ${says}`).join('\n');
    expect(said).toMatch(/^FINTECH_CL signed the payout "t-1" of 1500 CLP to the account 123 of 22222222-2/m);
    expect(said).toMatch(
      /^SHINKANSEN recorded at .* that it took this message, byte for byte, with the API key K1/m,
    );
    expect(said).toMatch(/^BANCO_CL answered "ok" \(ok\) for this payout/m);
    expect(said).toMatch(
      /^SHINKANSEN recorded at .* that 2 node operators pinned this certificate of BANCO_CL/m,
    );
    expect(said).toMatch(/^FINTECH_CL sent the certificate .* for the reason "primer certificado"/m);
    expect(said).toMatch(/^The PSC had revoked no certificate of this path/m);
    expect(said).toMatch(
      /^SHINKANSEN recorded .* that the person P-OFFICER \(securityOfficer\) confirmed this certificate/m,
    );
    expect(said).toMatch(
      /the person P-PRESSES \(securityOfficer\) confirmed .*with a passkey, whose own signature/,
    );
    expect(said).toMatch(/^BANCO_CL answered "accepted" for this certificate/m);
    expect(said).toMatch(/^SHINKANSEN recorded at .* that the certificate is active/m);
  });

  test('still holds after the certificate expired, was disabled or revoked: nothing of it asks for today', () => {
    // No clock is given to the verification at all; the certificates of the story ended in 2028.
    expect(verifyDossier.length).toBe(2);
    expect(faultsOf(it.bytes)).toEqual([]);
  });

  test('of one enrolment stands without a payout', async () => {
    const dossier = await it.exportEnrolment();
    const { proved, faults } = verifyDossier(dossierBytes(dossier), it.trust);
    expect(faults).toEqual([]);
    expect(proved.map(({ says }) => says).join()).toContain('confirmed this certificate');
  });

  test('of a payout that nobody answered yet says nothing of an answer', async () => {
    const dossier = await it.exportPayout('t-2');
    const { proved, faults } = verifyDossier(dossierBytes(dossier), it.trust);
    expect(faults).toEqual([]);
    expect(proved.map(({ says }) => says).join()).not.toContain('for this payout');
  });

  test('is not written before a signed head covers what happened', async () => {
    const node = await dossierNode();
    await expect(node.exportPayout()).rejects.toMatchObject({ code: 'RECORD_UNSIGNED' });
  });
});

describe('an edited dossier', () => {
  test('of a payout still stands where it was written before envelopes were part of it', () => {
    const { envelope, ...payout } = it.dossier.payout!;
    expect(envelope).toBeNull();
    expect(faultsOf(dossierBytes({ ...it.dossier, payout }))).toEqual([]);
  });

  test('fails whatever single byte of it is changed', () => {
    const positions = fc.integer({ min: 0, max: it.bytes.length - 1 });
    fc.assert(
      fc.property(positions, fc.integer({ min: 1, max: 255 }), (at, by) => {
        const bytes = Buffer.from(it.bytes);
        bytes[at] = bytes[at]! ^ by;
        expect(faultsOf(bytes).length).toBeGreaterThan(0);
      }),
      { numRuns: 400 },
    );
  });

  /** Every text, number and list of the file, by its path. */
  function leaves(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
    if (typeof value !== 'object' || value === null) return [path];
    return Object.entries(value).flatMap(([name, one]) =>
      leaves(one, [...path, Array.isArray(value) ? Number(name) : name]),
    );
  }

  test('fails in every single part, well-formed as the edit may be', () => {
    const all = leaves(it.dossier);
    expect(all.length).toBeGreaterThan(80);
    for (const path of all) {
      const faults = edited((dossier) => {
        const last = path.at(-1)!;
        const holder = path
          .slice(0, -1)
          .reduce((one, name) => (one as never)[name], dossier) as unknown as Record<
          string | number,
          unknown
        >;
        holder[last] = changed(holder[last]);
        return dossier;
      });
      expect(faults.length, `changed ${path.join('.')}`).toBeGreaterThan(0);
    }
  });

  function changed(value: unknown): unknown {
    if (typeof value === 'number') return value + 1;
    if (typeof value !== 'string') return 'other';
    if (value === '') return 'x';
    const at = Math.floor(value.length / 2);
    const other = value[at] === 'A' ? 'B' : 'A';
    return value.slice(0, at) + other + value.slice(at + 1);
  }

  test.each([
    ['heads', 'DOSSIER_RECORD_FORGED'],
    ['certificates', 'DOSSIER_INCOMPLETE'],
    ['revocation', 'DOSSIER_INCOMPLETE'],
  ] as const)('fails without its %s', (part, code) => {
    const codes = edited((dossier) => ({ ...dossier, [part]: {} })).map((fault) => fault.code);
    expect(codes).toContain(code);
  });

  test('fails without one of its records, its answer or its enrolment', () => {
    const needed = [
      'payouts.admitted',
      'payout.answered',
      'enrolment.received',
      'confirmation.voted',
      'enrolment.answered',
      'enrolment.activated',
    ];
    for (const kind of needed) {
      const faults = edited((dossier) => ({
        ...dossier,
        records: dossier.records.filter(({ body }) => (body as { kind: string }).kind !== kind),
      }));
      expect(faults.length, kind).toBeGreaterThan(0);
    }
    expect(
      edited((dossier) => ({ ...dossier, payout: { ...dossier.payout!, answer: null } })).length,
    ).toBeGreaterThan(0);
    expect(edited((dossier) => ({ ...dossier, enrolments: [] })).length).toBeGreaterThan(0);
    expect(
      edited((dossier) => ({ ...dossier, enrolments: [{ ...dossier.enrolments[0]!, proofs: [] }] })).length,
    ).toBeGreaterThan(0);
  });

  test('fails where another certificate or list is put beside what is needed', () => {
    const [name] = Object.keys(it.dossier.certificates);
    const more = { ...it.dossier.certificates, other: it.dossier.certificates[name!]! };
    expect(edited((dossier) => ({ ...dossier, certificates: more })).map(({ code }) => code)).toEqual([
      'DOSSIER_SURPLUS',
    ]);
    expect(edited((dossier) => ({ ...dossier, note: 'x' })).map(({ place }) => place)).toEqual([
      'the file: note',
    ]);
  });

  test('fails for another spelling of a key that OpenSSL reads alike', () => {
    const more = (spki: string) =>
      Buffer.concat([Buffer.from(spki, 'base64'), Buffer.of(0)]).toString('base64');
    const factor = edited((dossier) => ({ ...dossier, factor_key: more(dossier.factor_key!) }));
    expect(factor[0]?.place).toBe('enrolments[0]: factor_key');
    const [enrolment] = it.dossier.enrolments;
    const passkeys = enrolment!.passkeys.map((one) => ({ ...one, public_key: more(one.public_key) }));
    expect(edited((dossier) => ({ ...dossier, enrolments: [{ ...enrolment!, passkeys }] }))[0]?.place).toBe(
      'enrolments[0]: passkeys',
    );
  });

  test('says where: a changed amount is a changed message', () => {
    const faults = edited((dossier) => {
      const text = Buffer.from(dossier.payout!.message, 'base64').toString().replace('"1500"', '"9500"');
      return { ...dossier, payout: { ...dossier.payout!, message: Buffer.from(text).toString('base64') } };
    });
    expect(faults[0]).toMatchObject({ place: 'payout: message', code: 'DOSSIER_DIFFERS' });
  });
});

describe('who verifies', () => {
  test('must hold the anchor and the evidence key: others prove nothing', () => {
    const strange = makeAuthority({ name: 'Otra raiz', keyLabel: 'other' });
    const byAnchor = verifyDossier(it.bytes, { ...it.trust, anchors: [strange.der] });
    expect(byAnchor.faults.map(({ code }) => code)).toContain('DOSSIER_ANCHOR_UNKNOWN');
    const { publicKey } = evidenceNode().signer;
    // The same process has one evidence key: a seal key is another P-256 key.
    expect(publicKey).toBe(it.trust.evidenceKeys[0]!.key);
    // Another node's key under the same name, and the right one under another node's.
    for (const evidenceKeys of [[], [{ node: 'BANCO_CL', key: publicKey }]]) {
      const byKey = verifyDossier(it.bytes, { ...it.trust, evidenceKeys });
      expect(byKey.faults.map(({ code }) => code)).toContain('DOSSIER_HEAD_FORGED');
    }
  });

  test('meets a fault, not a crash, whatever the file is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.jsonValue().map((value) => Buffer.from(`${JSON.stringify(value)}\n`)),
        ),
        (bytes) => {
          expect(faultsOf(bytes)[0]?.code).toBe('DOSSIER_UNREADABLE');
        },
      ),
    );
    expect(() => readDossier(Buffer.from('{}\n'))).toThrow(/not a dossier/);
  });
});
