import { describe, expect, test } from 'vitest';
import { bank, certificateOf, network, participant, twoNodes } from '../support/node-certificates.ts';

const base64Of = ({ der }: { der: Uint8Array }) => Buffer.from(der).toString('base64');

describe('A-163 the certificate that the network will sign with next', () => {
  test('goes to a payout operator signed by the current one and counts once two of its operators confirmed it', async () => {
    const { net, op, announce, run, open } = await twoNodes();
    const next = certificateOf(network);
    await announce(net, next);
    await run();
    expect([await net.state(next.thumbprint), await op.state(next.thumbprint)]).toEqual([
      'active',
      'unknown',
    ]);
    const [act] = await open(op);
    expect(act).toMatchObject({
      proposedBy: network,
      parameters: { fin_id: network, certificate_thumbprint: next.thumbprint },
    });
    expect(op.world.outbox('mail.act').filter(({ refs }) => refs.actId === act!.actId)).toHaveLength(3);
    await op.admin.sign(act!.actId, op.operators[0]!);
    expect(await op.state(next.thumbprint)).toBe('unknown');
    await op.admin.sign(act!.actId, op.operators[1]!);
    expect(await op.state(next.thumbprint)).toBe('active');
    await run();
    expect([net.refused, op.refused]).toEqual([[], []]);
  });

  test('signs nothing before 30 days have passed, then every message, and none is refused on the way', async () => {
    const { net, op, announce, run, open, advanceDays, first } = await twoNodes();
    const next = certificateOf(network);
    await announce(net, next);
    await run();
    const [act] = await open(op);
    for (const operator of op.operators.slice(0, 2)) await op.admin.sign(act!.actId, operator);
    await run();
    for (const [day, certificate] of [
      [0, first[network]!],
      [29, first[network]!],
      [2, next],
    ] as const) {
      advanceDays(day);
      expect(await net.signsWith(bank)).toBe(base64Of(certificate));
      expect(await net.says(bank, `after-${day}`)).toBe('RECEIVED');
    }
    expect((await net.published(network)).map(({ thumbprint, signs }) => [thumbprint, signs])).toEqual([
      [next.thumbprint, true],
      [first[network]!.thumbprint, false],
    ]);
  });

  test('goes on with the current one to an operator that has not confirmed the next', async () => {
    const { net, announce, run, advanceDays, first } = await twoNodes();
    const next = certificateOf(network);
    await announce(net, next);
    await run();
    advanceDays(40);
    expect(await net.signsWith(bank)).toBe(base64Of(first[network]!));
    expect(await net.says(bank, 'm')).toBe('RECEIVED');
    // Published clients read what is published: at most two, byte for byte.
    expect(await net.signsWith()).toBe(base64Of(next));
  });

  test('is told to participants, with its chain and the time from which it signs', async () => {
    const { net, announce, run } = await twoNodes();
    const next = certificateOf(network);
    await announce(net, next);
    await run();
    expect(net.events.map(({ body }) => body)).toMatchObject([
      {
        type: 'apodera.node.certificate.v1',
        subject: participant,
        data: { fin_id: network, thumbprint: next.thumbprint, certificate: base64Of(next), issuers: [] },
      },
    ]);
    const { signs_from } = net.events[0]!.body.data as { signs_from: string };
    expect(new Date(signs_from).getTime() - net.world.clock.now().getTime()).toBeGreaterThan(
      29.9 * 86_400_000,
    );
  });
});

describe('A-011 the certificate that a payout operator will sign with next', () => {
  test('reaches the network, its operators, and then the participants who have an account there', async () => {
    const { net, op, announce, run, open } = await twoNodes();
    const next = certificateOf(bank);
    await announce(op, next);
    await run();
    expect(net.events).toEqual([]);
    const [act] = await open(net);
    for (const operator of net.operators.slice(0, 2)) await net.admin.sign(act!.actId, operator);
    await run();
    expect(net.events.map(({ body }) => body.data)).toMatchObject([
      { fin_id: bank, thumbprint: next.thumbprint, certificate: base64Of(next) },
    ]);
    const listed = await net.published(bank);
    expect(listed.map(({ thumbprint, signs }) => [thumbprint, signs])).toEqual([
      [expect.any(String), true],
      [next.thumbprint, false],
    ]);
    expect(op.refused).toEqual([]);
  });

  test('is not announced twice, and a third one waits until the oldest has ended', async () => {
    const { op, announce, first } = await twoNodes();
    await announce(op, certificateOf(bank));
    await expect(announce(op, certificateOf(bank))).rejects.toThrow(
      expect.objectContaining({ code: 'NODE_CERTIFICATES_TWO' }),
    );
    const ended = { fin_id: bank, certificate_thumbprint: first[bank]!.thumbprint, incident: false };
    await op.admin.perform('peer.endCertificate', ended, op.operators.slice(0, 1));
    await announce(op, certificateOf(bank));
  });
});

describe('a node’s key in other hands', () => {
  test('ends every certificate on it by one act, the announced successor too, and tells the node operators', async () => {
    const { op, announce, first } = await twoNodes();
    const next = certificateOf(bank);
    await announce(op, next);
    const ended = { fin_id: bank, certificate_thumbprint: first[bank]!.thumbprint, incident: true };
    await op.admin.perform('peer.endCertificate', ended, op.operators.slice(0, 1));
    expect([await op.state(first[bank]!.thumbprint), await op.state(next.thumbprint)]).toEqual([
      'disabled',
      'disabled',
    ]);
    const told = op.world.outbox('mail.disabled').map(({ refs }) => refs.personId);
    expect([...new Set(told)].sort()).toEqual([...op.operators].sort());
  });

  test('for no incident the other certificate goes on', async () => {
    const { op, announce, first } = await twoNodes();
    const next = certificateOf(bank);
    await announce(op, next);
    const ended = { fin_id: bank, certificate_thumbprint: first[bank]!.thumbprint, incident: false };
    await op.admin.perform('peer.endCertificate', ended, op.operators.slice(0, 1));
    expect(await op.state(next.thumbprint)).toBe('active');
  });
});

describe('a successor that must not count', () => {
  test('is one that a node operator rejects: it ends at once, and the announcing node hears why', async () => {
    const { net, op, announce, run, open } = await twoNodes();
    const next = certificateOf(network);
    await announce(net, next);
    await run();
    const [act] = await open(op);
    await op.admin.sign(act!.actId, op.operators[0]!, 'reject');
    await run();
    const rows = await net.delivering.enrolments.rows((await enrolmentIdOf(net, next))!);
    expect(rows).toMatchObject([{ operator: bank, status: 'rejected', code: 'NODE_OPERATOR_REJECTED' }]);
  });

  test('is one that nobody confirms in 72 hours', async () => {
    const { net, op, announce, run, open, advanceDays } = await twoNodes();
    const next = certificateOf(network);
    await announce(net, next);
    await run();
    const [act] = await open(op);
    advanceDays(3.1);
    await op.settled((act!.parameters as { enrolment_id: string }).enrolment_id);
    await expect(op.admin.sign(act!.actId, op.operators[0]!)).rejects.toThrow(
      expect.objectContaining({ code: 'ACT_CLOSED' }),
    );
    await run();
    const rows = await net.delivering.enrolments.rows((await enrolmentIdOf(net, next))!);
    expect(rows).toMatchObject([{ status: 'rejected', code: 'NO_ANSWER' }]);
  });

  test('may be announced again after that, and counts when it is confirmed then', async () => {
    const { net, op, announce, run, open, advanceDays } = await twoNodes();
    const next = certificateOf(network);
    await announce(net, next);
    await run();
    const [first] = await open(op);
    advanceDays(3.1);
    await op.settled((first!.parameters as { enrolment_id: string }).enrolment_id);
    await announce(net, next);
    await run();
    const again = (await open(op)).find(({ actId }) => actId !== first!.actId);
    for (const operator of op.operators.slice(0, 2)) await op.admin.sign(again!.actId, operator);
    await run();
    expect(await op.state(next.thumbprint)).toBe('active');
    advanceDays(30);
    expect(await net.signsWith(bank)).toBe(base64Of(next));
    expect(await net.says(bank, 'm')).toBe('RECEIVED');
  });

  test('is one that the PSC has revoked: nobody is asked', async () => {
    const { net, op, announce, run, open } = await twoNodes();
    const next = certificateOf(network);
    op.revocation.of = (der) => (der === base64Of(next) ? 'revoked' : 'good');
    await announce(net, next);
    await run();
    expect(await open(op)).toEqual([]);
    expect(await op.state(next.thumbprint)).toBe('unknown');
    const rows = await net.delivering.enrolments.rows((await enrolmentIdOf(net, next))!);
    expect(rows).toMatchObject([{ status: 'rejected', code: 'REVOKED_WHILE_PENDING' }]);
  });

  test('is one that signs sooner than 30 days after it is published', async () => {
    const { net, announce } = await twoNodes();
    const tomorrow = new Date(net.world.clock.now().getTime() + 86_400_000).toISOString();
    await expect(announce(net, certificateOf(network), tomorrow)).rejects.toThrow(
      expect.objectContaining({ code: 'NODE_CERTIFICATE_TOO_SOON' }),
    );
  });
});

async function enrolmentIdOf(
  node: Awaited<ReturnType<typeof twoNodes>>['net'],
  { thumbprint }: { thumbprint: string },
): Promise<string | undefined> {
  return (await node.delivering.statuses.status(thumbprint as never))?.enrolmentId;
}
