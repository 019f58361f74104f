// What the table of proofs (proof-table.ts) needs of a running network: two participants with active certificates, an
// API key that was ended, and fresh chains for requests that enrol.

import { randomBytes } from 'node:crypto';
import { makeApiKey } from '../../core/api-key.ts';
import { parametersDigest, possessionStatement } from '../../core/message/possession.ts';
import { Administration } from '../../local/seed/administration.ts';
import { nodeIdentities } from '../../local/seed/cast.ts';
import type { Factors, ProofActor, ProofStand } from './proof-table.ts';
import { type Network, pssOver, type Submitted } from './whole.ts';

export async function proofStand(net: Network, own: Submitted, foreign: Submitted): Promise<ProofStand> {
  const unlisted = await net.issue(own.participant);
  const endedApiKey = await anEndedApiKey(net, own.participant.finId);
  return {
    own: actor(own, endedApiKey),
    foreign: withIds(actor(foreign, endedApiKey), { fin_id: 'BANCO_AJENO' }),
    receiver: nodeIdentities.network.finId,
    unlisted: unlisted as unknown as ProofStand['unlisted'],
    unknownApiKey: makeApiKey('local', randomBytes(32)),
    now: () => net.whole.clock.now(),
    complete: (parameters, factors, header) =>
      completeEnrolment(net, own, parameters, factors, header as WireHeader),
  };
}

function actor({ participant, holding, id }: Submitted, endedApiKey: string): ProofActor {
  return {
    finId: participant.finId,
    apiKey: participant.apiKeys.network,
    endedApiKey,
    identity: holding as unknown as ProofActor['identity'],
    ids: {
      thumbprint: holding.thumbprint,
      enrolment_id: id,
      fin_id: nodeIdentities.operator.finId,
      id: 'unknown-transaction',
    },
  };
}

const withIds = (one: ProofActor, ids: Record<string, string>): ProofActor => ({
  ...one,
  ids: { ...one.ids, ...ids },
});

/** Issued and ended by the node operators. */
async function anEndedApiKey(net: Network, participant: string): Promise<string> {
  const { laptop, clock, seed } = net.whole;
  const node = laptop.nodes.find(({ name }) => name === 'network')!;
  const people = seed.people.filter((one) => one.office === 'nodeOperator' && one.node === 'network');
  const administration = new Administration(laptop, node, { mail: laptop.mail, clock }, people[0]!.password);
  administration.operators.push(...people.map(({ email }) => net.persona(email, 'network')));
  const [key] = await administration.act('apiKey.issue', { participant }, 'Llave que termina enseguida');
  await administration.act('apiKey.end', { participant, key_id: key!.id }, 'Ya no se usa', 1);
  return key!.secret;
}

interface WireHeader {
  readonly sender: { readonly fin_id: string };
  readonly receiver: { readonly fin_id: string };
  readonly message_id: string;
  readonly creation_date: string;
}

async function completeEnrolment(
  net: Network,
  own: Submitted,
  parameters: Record<string, unknown>,
  { possession }: Factors,
  header: WireHeader,
): Promise<void> {
  if (!('chain' in parameters)) return;
  const { issued, privateKey } = await net.issue(own.participant);
  parameters.chain = issued.chain.map((der) => Buffer.from(der).toString('base64'));
  if ('replaces' in parameters) parameters.replaces = own.holding.thumbprint;
  const statement = possessionStatement({
    thumbprint: issued.thumbprint,
    sender: header.sender.fin_id,
    receiver: header.receiver.fin_id,
    messageId: header.message_id,
    creationDate: header.creation_date,
    parametersSha256: parametersDigest(parameters),
  });
  const key = possession === 'ofAnotherKey' ? own.holding.privateKey : privateKey;
  parameters.proof_of_possession = { alg: 'PS256', signature: pssOver(statement, key).toString('base64') };
  if (possession === 'missing') delete parameters.proof_of_possession;
}
