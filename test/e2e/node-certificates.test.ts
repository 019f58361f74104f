import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { validatePath } from '../../core/certificate/path.ts';
import type { TrustInForce } from '../../core/trust.ts';
import { nodeIdentities } from '../../local/seed/cast.ts';
import { Persona } from '../../local/seed/persona.ts';
import { aNetwork, type Network, type NodeName } from '../support/whole.ts';

// A rotation of each node's certificate from request to use, over two running nodes: nothing of it in a table by hand.
let net: Network;

beforeAll(async () => {
  net = await aNetwork();
});
afterAll(() => net?.stop());

interface Act {
  readonly act_id: string;
  readonly kind: string;
  readonly hash: string;
}

/** The first two node operators of a node, signed in by their browser, acting over the administration's API. */
async function operatorsOf(node: NodeName) {
  const { seed, laptop, clock } = net.whole;
  const origin = net.origin(node, 'pages');
  const people = seed.people.filter((one) => one.node === node && one.office === 'nodeOperator').slice(0, 2);
  const operators = await Promise.all(
    people.map(async ({ email, password, totp }) => {
      const persona = new Persona(email, { mail: laptop.mail, clock }, { password, totpSecret: totp });
      await persona.signIn(origin);
      return { persona, password };
    }),
  );
  const call = async <T>(at: number, path: string, body?: object): Promise<T> => {
    const { visitor } = operators[at]!.persona;
    const authorization = `Bearer ${visitor.cookie('session')}`;
    const url = `${origin}/admin/api/${path}`;
    return (await visitor.call(body ? 'POST' : 'GET', url, body, { authorization })) as T;
  };
  const sign = async ({ act_id, hash }: Act) => {
    for (const [at, { persona, password }] of operators.entries()) {
      const totp = await persona.code();
      await call(at, `acts/${act_id}/votes`, { vote: 'confirm', act_hash: hash, password, totp });
    }
  };
  return { call, sign };
}

type Operators = Record<NodeName, Awaited<ReturnType<typeof operatorsOf>>>;

async function rotated(operators: Operators, node: NodeName, peer: NodeName): Promise<string> {
  const { [node]: own, [peer]: theirs } = operators;
  const subject = [{ type: 'CN', value: nodeIdentities[node].name }];
  const { certificate_request: request } = await own.call<{ certificate_request: string }>(
    0,
    'node-request',
    {
      subject,
    },
  );
  const { holder } = nodeIdentities[node];
  const issued = await net.whole.psc.issue({ holder, csr: Buffer.from(request, 'base64'), days: 730 });
  const parameters = {
    certificate_thumbprint: issued.thumbprint,
    certificate_chain: issued.chain.slice(0, 2).map((der) => Buffer.from(der).toString('base64')),
    signs_from: null,
  };
  const reason = 'rotación anual';
  await own.sign(await own.call<Act>(0, 'acts', { kind: 'node.announceCertificate', parameters, reason }));
  const asked = async () => {
    const { acts } = await theirs.call<{ acts: readonly Act[] }>(0, 'acts');
    return acts.find(({ kind }) => kind === 'peer.confirmCertificate');
  };
  await net.until(async () => (await asked())?.kind, 'peer.confirmCertificate');
  await theirs.sign((await asked())!);
  await net.until(async () => {
    const { node_certificates: all } = await own.call<{
      node_certificates: { thumbprint: string; peers: { status: string }[] }[];
    }>(0, 'node-certificates');
    return all.find(({ thumbprint }) => thumbprint === issued.thumbprint)?.peers[0]?.status;
  }, 'accepted');
  return issued.thumbprint;
}

interface Listed {
  readonly certificates: readonly {
    readonly thumbprint: string;
    readonly certificate: string;
    readonly issuers: readonly string[];
    readonly signs: boolean;
  }[];
}

test('A-011, A-163 both nodes rotate: participants read both certificates, and messages pass before and after', async () => {
  const [participant] = net.whole.seed.participants;
  const operators = { network: await operatorsOf('network'), operator: await operatorsOf('operator') };
  const next = {
    network: await rotated(operators, 'network', 'operator'),
    operator: await rotated(operators, 'operator', 'network'),
  };
  const listed = async (path: string) =>
    (await net.get('network', participant!, path)).body as unknown as Listed;
  const ofNetwork = () => listed('/v1/network/certificates');
  const ofOperator = () => listed(`/v1/payout-operators/${nodeIdentities.operator.finId}/certificates`);
  const signing = ({ certificates }: Listed) => certificates.find(({ signs }) => signs)?.thumbprint;
  for (const [list, thumbprint] of [
    [await ofNetwork(), next.network],
    [await ofOperator(), next.operator],
  ] as const) {
    expect(list.certificates.map((one) => one.thumbprint)).toContain(thumbprint);
    expect([list.certificates.length, signing(list) === thumbprint]).toEqual([2, false]);
  }
  const before = await net.enrolled(participant!);
  // What comes every minute is to come once a day now: it is what is signed that matters here.
  const { scheduler } = net.whole.laptop.endpoints;
  scheduler.setGranularity(86_400);
  await net.whole.clock.advance({ seconds: 31 * 86_400 });
  scheduler.setGranularity(3_600);
  expect([signing(await ofNetwork()), signing(await ofOperator())]).toEqual([next.network, next.operator]);
  // Forwarded by the network and answered by the operator, each under its next certificate.
  const after = await net.enrolled(participant!, before.holding);
  expect(await net.state('operator', after)).toBe('active');
  // by anchors of the participant's own.
  const [{ certificate, issuers }] = (await ofOperator()).certificates.filter(({ signs }) => signs) as [
    Listed['certificates'][number],
  ];
  const chain = [certificate, ...issuers].map((der) => Buffer.from(der, 'base64'));
  const anchors: TrustInForce['anchors'] = net.whole.psc.anchors.map(({ certificate: der }) => ({
    certificate: parseCertificate(der),
  }));
  const path = validatePath({ chain, anchors, now: net.whole.clock.now(), policy: {} });
  expect(path.path).toHaveLength(2);
});
