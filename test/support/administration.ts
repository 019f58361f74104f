// Node operators who propose and sign acts, in memory: bootstrap, invitations, signatures, as functions do it.

import { createHash, randomBytes } from 'node:crypto';
import { apiKeys } from '../../adapters/dynamodb/api-keys.ts';
import { bootstraps } from '../../adapters/dynamodb/bootstraps.ts';
import { statusStore } from '../../adapters/dynamodb/certificate.ts';
import { enrolmentStore } from '../../adapters/dynamodb/enrolment.ts';
import { leastAnchorsVersion } from '../../adapters/dynamodb/least-anchors.ts';
import { deadEntries } from '../../adapters/dynamodb/outbox.ts';
import { payoutMoves } from '../../adapters/dynamodb/payout-moves.ts';
import { payoutSettings } from '../../adapters/dynamodb/payout-settings.ts';
import { sourcesOf } from '../../adapters/enrolling.ts';
import { memoryP256Signer } from '../../adapters/memory/signer.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { ProvedPaths } from '../../core/certificate/usable.ts';
import type { NodeRole } from '../../core/enrolment/enrolment.ts';
import { actVoteStatement, proposeAct } from '../../core/people/act.ts';
import { type ActKind, type ActParameters, parseActParameters } from '../../core/people/act-parameters.ts';
import { newTotpSecret, totpAt } from '../../core/people/totp.ts';
import { chainProver } from '../../core/trust.ts';
import { acceptInvitation } from '../../functions/apply-act/accept-invitation.ts';
import { voteOnAct } from '../../functions/apply-act/apply-act.ts';
import type { ApplyActPorts } from '../../functions/apply-act/applying.ts';
import { bootstrapNode } from '../../functions/bootstrap-node/bootstrap-node.ts';
import { makeAuthority } from './certificates.ts';
import { someProfile } from './manifest.ts';
import { memoryLarge } from './payouts.ts';
import { nonce } from './people.ts';
import { aWorld, cheap, password } from './people-world.ts';

export const somebody = (name: string, change: object = {}) => ({
  office: 'nodeOperator' as const,
  participant: null,
  name,
  email: `${name.toLowerCase().replace(/\W/g, '.')}@example.com`,
  // Eight digits of a Peruvian DNI, which has no check digit.
  tax_id: String(createHash('sha256').update(name).digest().readUInt32BE(0) % 100_000_000).padStart(8, '0'),
  tax_id_type: 'PEDNI' as const,
  locale: 'es' as const,
  power_from: null,
  power_until: null,
  ...change,
});

export const profile = {
  fin_id: 'AURORA',
  fin_id_schema: 'SHINKANSEN',
  name: 'Fintech Aurora',
  country: 'CL',
  tax_id: '76.123.456-0',
  time_zone: 'America/Santiago',
  locale: 'es' as const,
  mtls: 'optional' as const,
  rule: 'any' as const,
  officer_confirmation: 'always' as const,
  payout_operators: ['PUERTO'],
};

export const onboarding = {
  profile,
  people: [
    somebody('Olga Oficial', { office: 'securityOfficer', participant: 'AURORA' }),
    somebody('Ana Apoderada', {
      office: 'apoderado',
      participant: 'AURORA',
      power_from: '2026-01-01T00:00:00Z',
    }),
  ],
};

/** Whose leafs other nodes are pinned by. */
export const psc = makeAuthority({ name: 'Raiz de prueba' });

export function anAdministration(
  as: { readonly finId: string; readonly role: NodeRole } = { finId: 'PUERTO', role: 'network' },
) {
  const world = aWorld();
  const peerKeyValues = new Map<string, string>();
  const secrets = new Map<string, string>();
  const manifests = new Map<string, Uint8Array>();
  const published: Uint8Array[] = [];
  const manifestSigner = memoryP256Signer('test-manifest');
  const store = enrolmentStore({ table: world.table, announcer: { announce: async () => [] } });
  const ports: ApplyActPorts & { bootstraps: ReturnType<typeof bootstraps> } = {
    ...world,
    random: (bytes) => randomBytes(bytes),
    stage: 'local',
    passwordCost: cheap,
    role: as.role,
    apiKeys: apiKeys(world.table, world.sealer),
    bootstraps: bootstraps(world.table, world.sealer),
    deadEntries: deadEntries(world.table),
    payoutSettings: (finId) => payoutSettings(world.table, world.sealer, finId),
    payouts: payoutMoves({ table: world.table, large: memoryLarge(), announce: async () => {} }),
    peerKeys: { put: async (finId, key) => void peerKeyValues.set(finId, key) },
    encryptSecret: (plain, personId) => world.cipher.encrypt(plain, { personId }),
    decryptPeerKey: (encrypted, peer) => world.cipher.decrypt(encrypted, { peer }),
    anchors: {
      proposed: async (sha256) => manifests.get(sha256),
      publish: async (file) => void published.push(file),
      leastVersion: () => leastAnchorsVersion(world.table, world.sealer),
      signer: manifestSigner,
      publicKey: async () => manifestSigner.publicKey,
    },
    trust: {
      inForce: async () => ({
        version: 1,
        anchors: [{ certificate: parseCertificate(psc.der), pscProfile: 'cl-test' }],
        profiles: new Map([['cl-test', someProfile(psc)]]),
      }),
    },
    factorPublicKey: async () => world.factorSigner.publicKey,
    nodeFinId: 'PUERTO',
    passwordFallback: 'allowed' as 'allowed' | 'off',
    node: { finId: as.finId, finIdSchema: 'SHINKANSEN' },
    enrolments: store,
    statuses: statusStore(world.table, world.sealer),
    chains: chainProver({ inForce: async () => ports.trust.inForce() }, store),
    proved: new ProvedPaths(),
    sourcesOf,
  };
  const invitationOf = (personId: string) =>
    world.outbox('mail.invitation').findLast(({ refs }) => refs.personId === personId)!.refs.invitationId!;

  /** The invited person sets their factors with the code they were told. */
  async function accept(personId: string, code: string, invitationId = invitationOf(personId)) {
    const totpSecret = newTotpSecret(randomBytes(20));
    const totp = totpAt(totpSecret, world.clock.now());
    const accepted = await acceptInvitation(ports, { invitationId, code, password, totpSecret, totp });
    secrets.set(personId, totpSecret);
    return accepted;
  }

  async function bootstrap(names = ['Carla Uno', 'Bruno Dos', 'Dora Tres']) {
    const { once, ...rest } = await bootstrapNode(ports, { operators: names.map((name) => somebody(name)) });
    return { once, ...rest };
  }

  async function operators(): Promise<string[]> {
    const { once } = await bootstrap();
    for (const { id, secret } of once) await accept(id, secret);
    return once.map(({ id }) => id);
  }

  async function propose<K extends ActKind>(kind: K, parameters: ActParameters[K], proposedBy = 'somebody') {
    const given = parseActParameters(kind, parameters);
    const proposal = {
      actId: world.ids.next(),
      kind,
      parameters: given,
      reason: 'as agreed by telephone',
      proposedBy,
    };
    const act = proposeAct(proposal, world.clock.now());
    await world.acts.propose(act, { evidence: [], outbox: [] });
    return act.actId;
  }

  async function sign(actId: string, personId: string, vote: 'confirm' | 'reject' = 'confirm') {
    world.clock.advance(30);
    const act = (await world.acts.act(actId))!;
    const statement = { ...actVoteStatement(act, personId, vote), nonce: nonce() };
    const totp = totpAt(secrets.get(personId)!, world.clock.now());
    const attempt = { method: 'password+totp' as const, password, totp };
    const proof = await world.secondFactor.prove({ personId, statement, attempt, source: personId });
    return voteOnAct(ports, { actId, personId, vote, proof });
  }

  /** Proposed and signed by the first two operators. */
  async function perform<K extends ActKind>(
    kind: K,
    parameters: ActParameters[K],
    signers: readonly string[],
  ) {
    const actId = await propose(kind, parameters);
    let voted = await sign(actId, signers[0]!);
    for (const signer of signers.slice(1)) voted = await sign(actId, signer);
    return { actId, ...voted };
  }

  return {
    world,
    ports,
    bootstrap,
    operators,
    accept,
    propose,
    sign,
    perform,
    peerKeyValues,
    invitationOf,
    manifests,
    published,
    secrets,
  };
}
