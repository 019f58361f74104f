// A network, a payout operator with a simulated bank (two where a test asks for it), and a participant's webhook, each
// over a table of its own, that talk to each other as deployed nodes do: signed messages through the outbox. What a test of the
// whole payout stands on.

import { createPublicKey } from 'node:crypto';
import { statusStore } from '../../adapters/dynamodb/certificate.ts';
import { certificateItem } from '../../adapters/dynamodb/certificate-items.ts';
import { chainItem } from '../../adapters/dynamodb/enrolment-items.ts';
import { outboxStore } from '../../adapters/dynamodb/outbox.ts';
import { parties, partyWrite } from '../../adapters/dynamodb/parties.ts';
import { payoutMoves } from '../../adapters/dynamodb/payout-moves.ts';
import { payoutSettingsKey, payoutSettingsOf } from '../../adapters/dynamodb/payout-settings.ts';
import { sentMessages } from '../../adapters/dynamodb/sent-messages.ts';
import { httpExecutor } from '../../adapters/executor/http.ts';
import { requirePayoutShape } from '../../adapters/http/payouts.ts';
import { problemOf } from '../../adapters/http/problem.ts';
import { memoryLog } from '../../adapters/memory/log.ts';
import { signPssDigest } from '../../adapters/memory/signer.ts';
import { GiveUp, outboxReceiver, TryAgain } from '../../adapters/sqs/receive.ts';
import { parseCertificate } from '../../core/certificate/parse.ts';
import { ProvedPaths } from '../../core/certificate/usable.ts';
import type { CertificateStatus } from '../../core/enrolment/enrolment.ts';
import { Refusal, Transient } from '../../core/errors.ts';
import type { Institution } from '../../core/message/envelope.ts';
import type { OutboxEntry } from '../../core/outbox.ts';
import type { Executor } from '../../core/payout/executor.ts';
import type { Party } from '../../core/people/party.ts';
import { payoutPolicy } from '../../core/policy.ts';
import { chainProver } from '../../core/trust.ts';
import type { PostedAnswer } from '../../functions/deliver-message/deliver-message.ts';
import { payoutDeliveries } from '../../functions/deliver-message/payout-deliveries.ts';
import { executePayout } from '../../functions/execute-payouts/execute-payout.ts';
import { receiveNodeMessage } from '../../functions/receive-node-message/receive-node-message.ts';
import type { Issued } from './certificates.ts';
import { bank, fintech, network, now, otherBank, payoutWorld } from './payouts.ts';

type World = Awaited<ReturnType<typeof payoutWorld>>;
export interface Posted {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const operator: Institution = { finId: bank, finIdSchema: 'SHINKANSEN' };
const otherOperator: Institution = { finId: otherBank, finIdSchema: 'SHINKANSEN' };
/** Another network that the payout operator works for. Nothing stands behind it. */
export const otherNetwork = 'OTRA_RED';
const peers: Readonly<Record<string, Party>> = {
  [network.finId]: {
    ...fintech,
    ...network,
    kind: 'network',
    payoutOperators: [],
    apiUrl: 'https://network',
  },
  [otherNetwork]: {
    ...fintech,
    finId: otherNetwork,
    kind: 'network',
    payoutOperators: [],
    apiUrl: 'https://other',
  },
  [bank]: { ...fintech, ...operator, kind: 'payoutOperator', payoutOperators: [], apiUrl: 'https://bank' },
  [otherBank]: {
    ...fintech,
    ...otherOperator,
    kind: 'payoutOperator',
    payoutOperators: [],
    apiUrl: 'https://second-bank',
  },
};

/**
 * @param options.executor stands for the bank's core
 * @param options.otherBankUrl with it a second payout operator is up, and a message may name both (S10)
 */
export async function payoutNodes(options: {
  readonly bankUrl: string;
  readonly executor?: Executor;
  readonly otherBankUrl?: string;
}) {
  const settings = { limits: payoutPolicy.limits, severalOperators: true };
  const net = await payoutWorld(options.otherBankUrl ? { settings } : {});
  // Each operator enrolled the same certificate by itself, in its own table.
  const atOperator = { status: { acceptingOperators: [] }, leaf: net.leaf };
  const op = await payoutWorld(atOperator);
  const otherOp = await payoutWorld(atOperator);
  const issue = (name: string) =>
    net.root.issue({ subject: [{ type: 'CN', value: name }] as never, keyLabel: name });
  const keys: Readonly<Record<string, Issued>> = {
    [network.finId]: issue('net'),
    [bank]: issue('bank'),
    [otherBank]: issue('second bank'),
    [otherNetwork]: issue('other'),
  };
  const posted: Posted[] = [];
  const faults = { beforeSend: undefined as ((url: string) => void) | undefined };
  const webhook = { answer: 200 as number, received: [] as Posted[] };
  const nodes: Record<string, ReturnType<typeof nodeOver>> = {};
  const postFrom =
    (from: string) => async (url: string, headers: Readonly<Record<string, string>>, body: Uint8Array) => {
      faults.beforeSend?.(url);
      posted.push({ url, headers, body });
      if (url.startsWith('https://fintech')) {
        webhook.received.push({ url, headers, body });
        return { status: webhook.answer, retryAfter: undefined, body: new Uint8Array() };
      }
      if (url.startsWith('https://other'))
        return { status: 200, retryAfter: undefined, body: Buffer.from('{}') };
      const to = Object.keys(nodes).find((finId) => url.startsWith(`${peers[finId]!.apiUrl}/`))!;
      return nodes[to]!.take(from, headers['Shinkansen-JWS-Signature'], body);
    };
  const coreAt = (url: string) => httpExecutor({ url, idempotent: true });
  const executor = options.executor ?? coreAt(options.bankUrl);
  const start = (role: Role, world: World, node: Institution, core: Executor) => {
    nodes[node.finId] = nodeOver(role, world, node, keys, postFrom(node.finId), core);
  };
  start('network', net, network, executor);
  start('payoutOperator', op, operator, executor);
  if (options.otherBankUrl) start('payoutOperator', otherOp, otherOperator, coreAt(options.otherBankUrl));
  for (const world of [net, op, otherOp]) {
    for (const [finId, issued] of Object.entries(keys)) await pin(world, finId, issued);
  }
  /** Everything that is queued anywhere, until nothing is or it only waits. */
  async function run(rounds = 8): Promise<void> {
    for (let round = 0; round < rounds; round++) for (const node of Object.values(nodes)) await node.drain();
  }
  return {
    ...{ net, op, otherOp, keys, posted, faults, webhook, run },
    network: nodes[network.finId]!,
    operator: nodes[bank]!,
    otherOperator: nodes[otherBank]!,
    advance(seconds: number) {
      for (const { clock } of [net, op, otherOp]) clock.advance(seconds);
    },
  };
}

type Role = 'network' | 'payoutOperator';

function nodeOver(
  role: Role,
  world: World,
  node: Institution,
  keys: Readonly<Record<string, Issued>>,
  post: (url: string, headers: Readonly<Record<string, string>>, body: Uint8Array) => Promise<PostedAnswer>,
  executor: Executor,
) {
  const { table, sealer, clock, queues, large, root } = world;
  const announce = async (entries: Parameters<typeof queues.announce>[0]) => {
    await queues.announce(entries);
  };
  const known = parties(table, sealer);
  const trust = {
    inForce: async () => ({
      version: 1,
      anchors: [{ certificate: parseCertificate(root.der) }],
      profiles: new Map(),
    }),
  };
  const own = keys[node.finId]!;
  const log = memoryLog();
  const ports = {
    clock,
    ids: world.ports.ids,
    node,
    role,
    moves: payoutMoves({ table, large, announce }),
    statuses: statusStore(table, sealer),
    chains: chainProver(trust as never, {
      chainOf: async (thumbprint) =>
        (await table.get({ pk: `CHAIN#${thumbprint}`, sk: 'CHAIN' }))?.path as readonly Uint8Array[],
    }),
    proved: new ProvedPaths(),
    participant: (finId: string) => known.party(finId),
    peer: async (finId: string) => peers[finId],
    requireShape: requirePayoutShape,
    alarms: [] as string[],
    alarm(code: string, { transactionId }: { readonly transactionId: string }) {
      ports.alarms.push(`${code} ${transactionId}`);
    },
    peerHeads: { hold: async () => {} },
    executor,
    frozen: false as boolean,
    signer: { sign: async (digest: Uint8Array) => signPssDigest(own.key, digest) },
    certificate: async () => own.der,
    messageKey: async () => createPublicKey(own.key),
    evidenceHead: async () => undefined,
    sent: sentMessages(table, large),
    post,
    async institution(finId: string) {
      return known.party(finId);
    },
    suspended: (finId: string) => known.frozen(finId),
    async debtor(finId: string) {
      const party = await known.party(finId);
      if (!party) return undefined;
      const settings = await payoutSettingsOf(sealer, await table.get(payoutSettingsKey(finId)));
      return { ...party, settings, suspended: await ports.suspended(finId) };
    },
    payoutsUrl: async () => 'https://fintech/hook',
    eventsUrl: async () => undefined,
  };
  const delivering = {
    ...ports,
    get frozen() {
      return ports.frozen;
    },
    peer: async (finId: string) => {
      const party = peers[finId];
      return party && { institution: party, apiUrl: party.apiUrl!, apiKey: 'key' };
    },
  };
  const effects = {
    ...Object.fromEntries(
      Object.entries(payoutDeliveries(delivering as never)).map(([kind, deliver]) => [
        kind,
        async (entry: OutboxEntry) => {
          const delivered = await deliver(entry);
          if (delivered.outcome === 'NOT_NOW')
            throw new TryAgain(delivered.because, delivered.retryAfter, delivered.alone);
          if (delivered.outcome === 'REFUSED') throw new GiveUp(delivered.code);
          return undefined;
        },
      ]),
    ),
    'payout.execute': async (entry: OutboxEntry) => {
      const done = await executePayout(ports, entry);
      if (done.outcome === 'NOT_NOW') throw new TryAgain(done.because);
      if (done.outcome === 'STUCK') throw new GiveUp(done.code);
      return undefined;
    },
  };
  const store = outboxStore(table);
  const read = outboxReceiver({ store, announcer: queues, clock, log, effects });
  return {
    ports,
    log,
    drain: () => queues.deliver(read),
    /** What a sweep does: announces what is due again. */
    async sweep() {
      for (const [queue, ids] of await store.due(clock.now(), 100))
        for (const id of ids) await queues.announce([{ id, queue, nextAttemptAt: clock.now() } as never]);
    },
    async take(from: string, signature: string | undefined, body: Uint8Array): Promise<PostedAnswer> {
      const answer = (status: number, content: object) => ({
        status,
        retryAfter: undefined,
        body: Buffer.from(JSON.stringify(content)),
      });
      try {
        const caller = { participant: from, keyId: 'K' };
        return answer(200, await receiveNodeMessage(ports as never, { body, signature, caller }));
      } catch (error) {
        if (error instanceof Refusal) {
          const problem = problemOf(error, '3f0a2c52-7a8e-4d9e-8f57-5a2f1f1f0a01');
          return answer(problem.status, problem.body ?? {});
        }
        if (error instanceof Transient) return answer(503, {});
        throw error;
      }
    },
  };
}

async function pin(world: World, finId: string, issued: Issued): Promise<void> {
  const status: CertificateStatus = {
    thumbprint: issued.thumbprint,
    keyThumbprint: `key of ${finId}`,
    participant: finId,
    enrolmentId: `PIN-${finId}`,
    use: 'signing',
    networkStatus: 'active',
    validity: 'valid',
    notAfter: parseCertificate(issued.der).notAfter,
    acceptingOperators: [],
    sources: [],
    anchor: world.root.thumbprint,
    activatedAt: now,
  };
  await world.table.transact([
    { put: (await certificateItem(status, world.sealer, 1, [])).item },
    { put: chainItem(issued.thumbprint, issued.chain.slice(0, -1)) },
    (await partyWrite(world.sealer, peers[finId]!, [])).write,
  ]);
}
