import { describe, expect, test } from 'vitest';
import { createEgress } from '../../adapters/http/egress.ts';
import { enrolmentAnswer } from '../../adapters/http/enrolment.ts';
import { pathRevocation } from '../../adapters/http/path-revocation.ts';
import { context, sequence } from '../../core/certificate/der-writer.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { checkRevocation } from '../../functions/check-revocation/check-revocation.ts';
import { settleEnrolment } from '../../functions/settle-enrolment/settle-enrolment.ts';
import type { Issued, LeafOptions } from '../support/certificates.ts';
import { disableStand } from '../support/disable.ts';
import { now } from '../support/enrolment.ts';
import { serve } from '../support/http-server.ts';
import { listBy } from '../support/listed.ts';
import { deltaIndicator, uri } from '../support/revocation-lists.ts';

const egress = createEgress({ allowPrivate: true });
const day = 24 * 3_600_000;
const fresh = { thisUpdate: now, nextUpdate: new Date(now.getTime() + day) };
type Role = 'network' | 'payoutOperator';

/** A pending enrolment at that node, whose PSC answers its list over HTTP. */
async function pendingAt(
  role: Role,
  answer: (leaf: Issued, root: Issued, path: string) => Uint8Array | number,
  extensions: (at: string) => LeafOptions['extensions'] = () => [],
) {
  const stand = disableStand(role);
  let leaf: Issued | undefined;
  const server = await serve((request, response) => {
    const said = answer(leaf!, stand.root, request.url!);
    if (typeof said === 'number') response.writeHead(said).end();
    else response.end(said);
  });
  leaf = stand.leaf('checked', {
    crlUrls: [`${server.at()}/lista.crl`],
    extensions: extensions(server.at()) ?? [],
  });
  const enrolment = await stand.pending(leaf);
  const kept: string[] = [];
  const keep = async (kind: string) => void kept.push(kind);
  const ports = {
    ...stand.ports,
    enrolments: stand.enrolments,
    trust: { inForce: async () => stand.trust },
    revocationOf: (
      ...asked: [Parameters<typeof pathRevocation>[1], Parameters<typeof pathRevocation>[2], Date]
    ) => pathRevocation({ egress, keep, known: async () => undefined }, ...asked),
  };
  const check = () => checkRevocation(ports, { enrolmentId: enrolment.id });
  const found = async () => (await stand.enrolments.find(enrolment.id))!;
  const evidence = () =>
    [...stand.items.values()]
      .map(({ record }) => record as { kind: string; facts: object; sources?: object[] } | undefined)
      .find((record) => record?.kind === 'enrolment.revocationChecked');
  return { stand, enrolment, check, found, kept, evidence, asked: server.asked };
}

const revoking = (reason?: number) => (leaf: Issued, root: Issued) =>
  listBy(root, fresh, {
    entries: [
      {
        serial: parseCertificate(leaf.der).serialNumber,
        revoked: now,
        ...(reason === undefined ? {} : { reason }),
      },
    ],
  });

describe.each([
  ['A-024', 'network', 3],
  ['A-030', 'payoutOperator', 9],
] as const)('%s at the %s', (id, role, step) => {
  test(`${id} a certificate that its PSC's list does not name is good, and the list is kept as evidence`, async () => {
    const { check, found, kept, evidence, asked } = await pendingAt(role, (_, root) => listBy(root, fresh));
    expect(await check()).toEqual({ outcome: 'GOOD' });
    expect((await found()).steps).toContainEqual(expect.objectContaining({ number: step, outcome: 'GOOD' }));
    expect([kept, asked.length]).toEqual([['crl'], 1]);
    expect(evidence()).toMatchObject({ facts: { outcome: 'GOOD' }, sources: [{ kind: 'crl' }] });
    expect(await check()).toEqual({ outcome: 'GOOD' });
    expect((await found()).steps.filter(({ number }) => number === step)).toHaveLength(1);
  });

  test(`${id} one that the list names is revoked`, async () => {
    const { check, found, evidence } = await pendingAt(role, revoking(1));
    expect(await check()).toEqual({ outcome: 'REVOKED' });
    expect((await found()).steps).toContainEqual(
      expect.objectContaining({ number: step, outcome: 'REVOKED' }),
    );
    expect(evidence()).toMatchObject({ facts: { outcome: 'REVOKED', code: 'CERTIFICATE_REVOKED' } });
  });

  test.each([
    ['cannot be reached', 503, /./],
    ['is stale', 0, /./],
  ])(`${id} a list that %s is asked for again, and decides nothing`, async (_, status) => {
    const past = { thisUpdate: new Date(now.getTime() - 3 * day), nextUpdate: new Date(now.getTime() - day) };
    const { check, found } = await pendingAt(role, (_leaf, root) => status || listBy(root, past));
    await expect(check()).rejects.toThrow(
      expect.objectContaining({ name: 'TransientRevocationUnavailable' }),
    );
    expect(await found()).toMatchObject({ networkStatus: 'pending', validity: 'valid' });
  });

  test(`${id} whom it asked in vain, and why, is shown while it is asked again, and in the end`, async () => {
    let says: number | 'stale' | 'fresh' = 503;
    const past = { thisUpdate: new Date(now.getTime() - 3 * day), nextUpdate: new Date(now.getTime() - day) };
    const { check, found } = await pendingAt(role, (_leaf, root) =>
      typeof says === 'number' ? says : listBy(root, says === 'stale' ? past : fresh),
    );
    const source = expect.stringMatching(/^http:.*\/lista\.crl$/);
    for (const [said, code] of [
      [503, 'UNREACHABLE'],
      ['stale', 'CRL_STALE'],
    ] as const) {
      says = said;
      await expect(check()).rejects.toThrow('lista.crl');
      expect(enrolmentAnswer(await found(), []).unheard).toEqual([{ source, code }]);
    }
    const { version } = await found();
    await expect(check()).rejects.toThrow('CRL_STALE');
    expect((await found()).version).toBe(version);
    const ended = { ...(await found()), code: 'REVOCATION_UNAVAILABLE' } as const;
    expect(enrolmentAnswer(ended, []).message).toMatch(/No word from: http:\S+lista\.crl \(CRL_STALE\)\.$/);
    says = 'fresh';
    expect(await check()).toEqual({ outcome: 'GOOD' });
    expect(enrolmentAnswer(await found(), []).unheard).toBeUndefined();
  });

  test(`A-125 at the ${role}: one that was revoked before it came ends revoked and rejected, and nobody is asked`, async () => {
    const { stand, check, found, enrolment } = await pendingAt(role, revoking());
    const { outcome: finding } = await check();
    const settled = await settleEnrolment(
      {
        ...stand.ports,
        enrolments: stand.enrolments,
        decisions: { find: async () => undefined, record: async () => 'RECORDED' },
        acts: { act: async () => undefined },
        suspended: async () => false,
        lastSensitiveChange: async () => undefined,
        factorPublicKey: async () => {
          throw new Error('no proof is looked at');
        },
        warn: () => undefined,
      } as never,
      { enrolmentId: enrolment.id, finding, final: true },
    );
    expect(settled).toEqual({ outcome: 'REJECTED' });
    expect(await found()).toMatchObject({
      networkStatus: 'rejected',
      validity: 'revoked',
      code: 'REVOKED_WHILE_PENDING',
    });
  });
});

describe('a delta at enrolment', () => {
  const freshest = (at: string) => [
    {
      oid: '2.5.29.46',
      critical: false,
      value: sequence(sequence(context(0, context(0, uri(`${at}/delta.crl`))))),
    },
  ];
  const says = (complete: number, base: number, number: number) =>
    pendingAt(
      'network',
      (leaf, root, path) => {
        if (path === '/lista.crl') return listBy(root, fresh, { number: complete });
        const { serialNumber: serial } = parseCertificate(leaf.der);
        const entries = [{ serial, revoked: now, reason: 1 }];
        return listBy(root, fresh, { number, entries, extensions: [deltaIndicator(base)] });
      },
      freshest,
    );

  test('on a newer list than the one that came revokes at once', async () => {
    const { check } = await says(7, 9, 10);
    expect(await check()).toEqual({ outcome: 'REVOKED' });
  });

  test('on the list that came revokes with it; an older one than the list says nothing', async () => {
    expect(await (await says(7, 7, 8)).check()).toEqual({ outcome: 'REVOKED' });
    expect(await (await says(9, 7, 8)).check()).toEqual({ outcome: 'GOOD' });
  });
});

describe.each(['network', 'payoutOperator'] as const)('a certificate on hold, at the %s', (role) => {
  const hold = 6;

  test('is revoked at enrolment', async () => {
    const { check, evidence } = await pendingAt(role, revoking(hold));
    expect(await check()).toEqual({ outcome: 'REVOKED' });
    expect(evidence()).toMatchObject({ facts: { code: 'CERTIFICATE_REVOKED' } });
  });

  test('burns nothing while it was not active: lifted, the same certificate is good again', async () => {
    let held = true;
    const { stand, enrolment, check, found } = await pendingAt(role, (leaf, root) =>
      held ? revoking(hold)(leaf, root) : listBy(root, fresh, { number: 2 }),
    );
    await check();
    await stand.enrolments.move({
      from: await found(),
      to: { validity: 'revoked', networkStatus: 'rejected' },
      code: 'REVOKED_WHILE_PENDING',
      steps: [],
      evidence: [],
      outbox: [],
    });
    held = false;
    const again = await stand.pending({ ...stand.leaf('checked'), ...(await leafOf(stand, enrolment)) });
    expect(again).toMatchObject({ networkStatus: 'pending', validity: 'valid' });
  });

  test('A-128 is recorded as revoked when it comes again after it was active, and nobody is asked', async () => {
    const { stand, enrolment } = await pendingAt(role, (_, root) => listBy(root, fresh));
    const leaf = { ...stand.leaf('checked'), ...(await leafOf(stand, enrolment)) };
    await stand.activate(enrolment);
    const key = { pk: `CERT#${enrolment.thumbprint}`, sk: 'STATUS' };
    const gone = { set: { networkStatus: 'disabled', validity: 'revoked' }, remove: ['seal'] };
    await stand.table.write({ update: key, change: gone });
    await stand.table.write({
      delete: { pk: `OPEN#${enrolment.participant}`, sk: `CERT#${enrolment.thumbprint}` },
    });
    const again = await stand.pending(leaf);
    expect(again).toMatchObject({
      networkStatus: 'rejected',
      validity: 'revoked',
      code: 'CERTIFICATE_REVOKED',
    });
    expect(stand.queues.announced.map(({ id }) => id)).not.toContain(`enrolment.start.${again.id}`);
  });
});

/** The very certificate of an enrolment, as its participant would send it again. */
async function leafOf(
  { enrolments }: ReturnType<typeof disableStand>,
  { thumbprint }: { thumbprint: never | string },
) {
  const chain = (await enrolments.chainOf(thumbprint as never))!;
  return { der: chain[0]!, chain, thumbprint: thumbprint as never };
}

test('an enrolment that ended meanwhile is not asked about any more', async () => {
  const { stand, enrolment, check, asked } = await pendingAt('network', (_, root) => listBy(root, fresh));
  await stand.enrolments.move({
    from: enrolment,
    to: { validity: 'valid', networkStatus: 'rejected' },
    code: 'WITHDRAWN',
    steps: [],
    evidence: [],
    outbox: [],
  });
  expect([await check(), asked.length]).toEqual([{ outcome: 'ENDED' }, 0]);
});
