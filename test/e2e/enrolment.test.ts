import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Chapters } from '../../local/demo/chapters.ts';
import { Money } from '../../local/demo/money.ts';
import { Story } from '../../local/demo/story.ts';
import { heading, Visitor } from '../../local/seed/visitor.ts';
import { type Route, readContract, routesOf } from '../../openapi/contract.ts';
import { proofStand } from '../support/proof-stand.ts';
import { type ProofStand, proofCases, requestOf } from '../support/proof-table.ts';
import { aNetwork, type Network, type Submitted } from '../support/whole.ts';

// Two nodes, their people, the edge's part and a PSC, met as a stranger meets them: over HTTP, by mail, on pages.
let net: Network;
let aurora: Submitted;
let creditoJa: Submitted;

beforeAll(async () => {
  net = await aNetwork();
  const [first, second] = net.whole.seed.participants;
  [aurora, creditoJa] = [await net.enrolled(first!), await net.enrolled(second!)];
});

afterAll(() => net?.stop());

/** Signed by the active certificate, so that the day's number of unsigned ones is not used up. */
const another = () => net.submit(aurora.participant, aurora.holding);

describe('an enrolment that everybody confirms', () => {
  test('is active at both nodes, and says each step and the payout operator', async () => {
    const { body } = await net.get('network', aurora.participant, `/v1/enrolments/${aurora.id}`);
    const { steps, operators } = body as { steps: { number: number }[]; operators: object[] };
    expect(body).toMatchObject({ network_status: 'active', validity: 'valid' });
    expect(operators).toMatchObject([{ fin_id: 'BANCO_ANDINO', status: 'accepted' }]);
    expect(steps.map(({ number }) => number)).toEqual(expect.arrayContaining([1, 2, 3, 4, 6, 16]));
    expect(await net.state('network', aurora)).toBe('active');
    expect(await net.state('operator', aurora)).toBe('active');
  });

  test('has a code only while it is pending, and no certificate is active before the last word', async () => {
    const submitted = await another();
    expect(submitted.code).toMatch(/^[0-9A-HJKMNP-TV-Z]{6}$/);
    expect((await net.get('network', aurora.participant, certificateOf(submitted))).status).toBe(404);
    await net.decide('network', aurora.participant.officer, submitted.code);
    const link = await net.taskLink('operator', aurora.participant.apoderado);
    expect((await net.get('operator', aurora.participant, certificateOf(submitted))).status).toBe(404);
    await net.persona(aurora.participant.apoderado, 'operator').decide(link, 'reject', '');
    await net.until(() => net.ending('network', submitted), 'rejected, OPERATORS_REJECTED');
    const { body } = await net.get('network', aurora.participant, `/v1/enrolments/${submitted.id}`);
    expect(body).not.toHaveProperty('confirmation_code');
  });
});

const certificateOf = ({ holding }: Submitted) => `/v1/certificates/${holding.thumbprint}`;

describe('an enrolment that somebody does not want', () => {
  test('is rejected at both nodes when the apoderado rejects it', async () => {
    const submitted = await another();
    await net.decide('network', aurora.participant.officer, submitted.code);
    await net.decide('operator', aurora.participant.apoderado, '', 'reject');
    await net.until(() => net.ending('operator', submitted), 'rejected, APODERADO_REJECTED');
    await net.until(() => net.ending('network', submitted), 'rejected, OPERATORS_REJECTED');
  });

  test('is rejected when the security officer rejects it, and no payout operator hears of it', async () => {
    const submitted = await another();
    await net.decide('network', aurora.participant.officer, '', 'reject');
    await net.until(() => net.ending('network', submitted), 'rejected, OFFICER_REJECTED');
    expect((await net.get('operator', aurora.participant, `/v1/enrolments/${submitted.id}`)).status).toBe(
      404,
    );
  });

  test('is withdrawn by a signature, not by the API key, and can then not be confirmed any more', async () => {
    const submitted = await another();
    const link = await net.taskLink('network', aurora.participant.officer);
    const message = withdrawal(submitted);
    const path = `/v1/enrolments/${submitted.id}/withdraw`;
    const unsigned = await net.post(aurora.participant, path, message);
    expect([unsigned.status, unsigned.body.code]).toEqual([403, 'SIGNATURE_MISSING']);
    expect(await withdraw(submitted)).toMatchObject({ network_status: 'rejected', code: 'WITHDRAWN' });
    expect(await withdraw(submitted)).toMatchObject({ network_status: 'rejected', code: 'WITHDRAWN' });
    const page = await net.persona(aurora.participant.officer, 'network').visitor.open(link);
    await net.persona(aurora.participant.officer, 'network').decide(link, 'confirm', submitted.code);
    expect(page.status).toBeLessThan(500);
    expect(await net.ending('network', submitted)).toBe('rejected, WITHDRAWN');
  });

  test('is rejected after three wrong codes', async () => {
    const submitted = await another();
    const officer = net.persona(aurora.participant.officer, 'network');
    const link = await net.taskLink('network', aurora.participant.officer);
    const statuses = [];
    for (let tries = 0; tries < 3; tries++)
      statuses.push((await officer.decide(link, 'confirm', 'ZZZZZZ')).status);
    expect(statuses).toEqual([422, 422, 303]);
    await net.until(() => net.ending('network', submitted), 'rejected, WRONG_CODE');
    await officer.decide(link, 'confirm', submitted.code);
    expect(await net.ending('network', submitted)).toBe('rejected, WRONG_CODE');
  });
});

function withdrawal({ participant, id }: Submitted): Uint8Array {
  return net.envelope(participant, 'enrolment.withdraw', {
    enrolment_id: id,
    reason: 'certificado equivocado',
  });
}

async function withdraw(submitted: Submitted) {
  const path = `/v1/enrolments/${submitted.id}/withdraw`;
  const signer = aurora.holding;
  return (await net.post(submitted.participant, path, withdrawal(submitted), { signer })).body;
}

describe('a mailed link', () => {
  test('serves nobody but the person it was mailed to', async () => {
    const submitted = await another();
    const link = await net.taskLink('network', aurora.participant.officer);
    const stranger = net.persona(creditoJa.participant.officer, 'network');
    expect((await stranger.decide(link, 'confirm', submitted.code)).status).toBe(422);
    expect((await statusOf(submitted)).network_status).toBe('pending');
    await net.persona(aurora.participant.officer, 'network').decide(link, 'reject', '');
    await net.until(() => net.ending('network', submitted), 'rejected, OFFICER_REJECTED');
  });

  test('changes nothing for a mail scanner, however it opens it and how often', async () => {
    const submitted = await another();
    const link = await net.taskLink('network', aurora.participant.officer);
    const before = await statusOf(submitted);
    const mails = net.whole.laptop.mail.inbox().length;
    for (const method of ['HEAD', 'GET', 'OPTIONS']) {
      const opened = await Promise.all(Array.from({ length: 10 }, () => fetch(link, { method })));
      const statuses = new Set(opened.map(({ status }) => status));
      expect([...statuses]).toEqual([method === 'OPTIONS' ? 204 : 200]);
    }
    expect(await statusOf(submitted)).toEqual(before);
    expect(net.whole.laptop.mail.inbox()).toHaveLength(mails);
    const page = await net
      .persona(aurora.participant.officer, 'network')
      .decide(link, 'confirm', submitted.code);
    expect([page.status, heading(page)]).toEqual([303, expect.anything()]);
    await net.decide('operator', aurora.participant.apoderado, '', 'reject');
    await net.until(() => net.ending('network', submitted), 'rejected, OPERATORS_REJECTED');
  });

  test('of nobody is not found, and does not say why', async () => {
    const page = await new Visitor().open(`${net.origin('network', 'pages')}/tasks/${'A'.repeat(43)}`);
    expect(page.status).toBe(404);
  });
});

const statusOf = async ({ participant, id }: Submitted) =>
  (await net.get('network', participant, `/v1/enrolments/${id}`)).body;

describe('the same request twice', () => {
  test('is one enrolment, also when it arrives at the same time', async () => {
    const holding = await net.issue(aurora.participant);
    const message = net.enrolMessage(aurora.participant, holding);
    const send = () => net.post(aurora.participant, '/v1/certificates', message, { signer: aurora.holding });
    const answers = [...(await Promise.all([send(), send(), send()])), await send()];
    const admitted = answers.filter(({ status }) => status === 202).map(({ body }) => body.enrolment_id);
    // Who finds the first one being written is told to try again.
    expect(answers.filter(({ status }) => status !== 202 && status !== 503)).toEqual([]);
    expect(new Set(admitted).size).toBe(1);
    expect(answers.at(-1)!.status).toBe(202);
    const changed = Buffer.from(message.toString().replace('primer certificado', 'otro certificado'));
    const other = await net.post(aurora.participant, '/v1/certificates', changed, { signer: aurora.holding });
    expect([other.status, other.body.code]).toEqual([400, 'MESSAGE_ID_REUSED']);
    await withdraw({ participant: aurora.participant, holding, id: String(admitted[0]), code: '' });
  });

  test('hears the first answer again under one Idempotency-Key, and 422 with another body', async () => {
    const headers = { 'Idempotency-Key': `"${randomUUID()}"` };
    const { participant, holding: signer } = aurora;
    const holding = await net.issue(participant);
    const message = net.enrolMessage(participant, holding);
    const send = (body: Uint8Array) => net.post(participant, '/v1/certificates', body, { signer, headers });
    const first = await send(message);
    expect(first.status).toBe(202);
    const again = await send(message);
    expect([again.status, again.body]).toEqual([202, first.body]);
    const other = await send(net.enrolMessage(participant, await net.issue(participant)));
    expect([other.status, other.body.code]).toEqual([422, 'IDEMPOTENCY_OTHER_BODY']);
    await withdraw({ participant, holding, id: String(first.body.enrolment_id), code: '' });
  });
});

describe('the api door', () => {
  test.each([
    ['missing', {}],
    ['wrong', { 'Shinkansen-Api-Key': 'apodera_dev_wrong' }],
  ])('refuses an API key that is %s', async (_, headers: Record<string, string>) => {
    for (const path of ['/v1/certificates', `/v1/enrolments/${aurora.id}`])
      expect((await net.ask('network', path, { headers })).status).toBe(403);
    const posted = { method: 'POST', headers, body: '{}' };
    expect((await net.ask('network', '/v1/certificates', posted)).status).toBe(403);
  });

  test('knows no API key of the other node', async () => {
    const headers = { 'Shinkansen-Api-Key': aurora.participant.apiKeys.operator };
    expect((await net.ask('network', '/v1/certificates', { headers })).status).toBe(403);
  });

  test('shows another participant nothing, in the words for what does not exist', async () => {
    const foreign = await net.get('network', creditoJa.participant, `/v1/enrolments/${aurora.id}`);
    const nobody = await net.get('network', creditoJa.participant, `/v1/enrolments/${'0'.repeat(26)}`);
    const words = ({ body: { instance, ...words } }: typeof foreign) => words;
    expect([foreign.status, words(foreign)]).toEqual([404, words(nobody)]);
    const { body } = await net.get('network', creditoJa.participant, '/v1/certificates');
    expect(JSON.stringify(body)).not.toContain(aurora.holding.thumbprint);
  });

  test("takes no message of one participant under another's API key", async () => {
    const message = net.enrolMessage(aurora.participant, await net.issue(aurora.participant));
    const answer = await net.post(creditoJa.participant, '/v1/certificates', message);
    expect([answer.status, answer.body.code]).toEqual([403, 'SENDER_NOT_THE_CALLER']);
  });

  test('refuses a certificate whose key the sender does not hold', async () => {
    const { privateKey } = await net.issue(aurora.participant);
    const message = net.enrolMessage(aurora.participant, await net.issue(aurora.participant), privateKey);
    const answer = await net.post(aurora.participant, '/v1/certificates', message);
    expect([answer.status, answer.body.code]).toEqual([403, 'POSSESSION_NOT_PROVED']);
  });

  test('refuses more than 8,000 bytes of headers', async () => {
    const headers = { 'Shinkansen-Api-Key': aurora.participant.apiKeys.network, 'X-Long': 'a'.repeat(8_000) };
    expect((await net.ask('network', '/v1/certificates', { headers })).status).toBe(431);
  });

  test('refuses a body beyond 10 MB with 413, and goes on working', async () => {
    const body = Buffer.alloc(10 * 1024 * 1024 + 1, 0x20);
    expect((await net.post(aurora.participant, '/v1/certificates', body)).status).toBe(413);
    expect((await net.ask('network', '/v1/status')).status).toBe(200);
  });
});

describe('what each act must prove', () => {
  const roles = (route: Route) => route['x-apodera-roles'].includes('network');
  const cases = proofCases(routesOf(readContract()).filter(roles));
  let stand: ProofStand;
  beforeAll(async () => {
    stand = await proofStand(net, aurora, creditoJa);
  });

  test.each(cases.map((one) => [one.name, one] as const))('%s is refused', async (_, one) => {
    const { path, ...init } = await requestOf(stand, one);
    const answer = await net.ask('network', path, { ...init, body: init.body && new Uint8Array(init.body) });
    expect([answer.status, one.expected.includes(answer.status)]).toEqual([answer.status, true]);
  });

  test('and nothing came of it', async () => {
    expect([await net.state('network', aurora), await net.state('operator', aurora)]).toEqual([
      'active',
      'active',
    ]);
    const { body } = await net.get('network', aurora.participant, '/v1/certificates');
    expect(JSON.stringify(body)).not.toContain('pending');
  });
});

test('A-010, A-038 the three flows meet: issued by a PSC, enrolled, paid, answered and disabled through APIs, but for two persons’ words', async () => {
  const { id, participant, holding } = aurora;
  const story = new Story(net.whole.clock, false, () => {});
  const money = new Money(new Chapters(net.whole, story));
  const { thumbprint, issued, privateKey: key } = holding;
  const signer = { participant, id, code: '', thumbprint, issued, key };
  const creditor = { id_schema: 'CLID', id: '22222222-2' };
  const pesos = (amount: string) => ({ account: '4242424242', currency: 'CLP', amount, creditor });
  try {
    await money.listens(signer);
    await money.heard(signer, await money.paid(signer, pesos('250000')));
    await money.disabled(signer, pesos('1000'));
  } finally {
    await money.end();
  }
  expect(story.verified).toBe(7);
});

test('no function needed what the template does not permit it', () => {
  expect(net.whole.laptop.policies.denied()).toEqual([]);
});
