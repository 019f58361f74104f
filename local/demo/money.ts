// The demo's chapters on money: a payout is signed, moves and is answered; limits, a disabled and a revoked certificate
// refuse it, at both nodes.

import { randomUUID } from 'node:crypto';
import { signDigestPss } from '../../cli/keys/pss.ts';
import { SignatureError } from '../../clients/typescript/signature.ts';
import { readPayoutResponses } from '../../clients/typescript/webhook.ts';
import { type JsonObject, writeEnvelope } from '../../core/message/envelope.ts';
import { signDetached } from '../../core/message/jws.ts';
import { nodeIdentities, participants } from '../seed/cast.ts';
import type { Chapters, Submitted } from './chapters.ts';
import { type Delivery, type Hook, startHook } from './hook.ts';

export interface Order {
  /** The debtor's, at Banco Andino. */
  readonly account: string;
  readonly currency: string;
  readonly amount: string;
  readonly creditor: { readonly id_schema: string; readonly id: string };
}

export const payoutPath = '/v1/messages/payouts';

export class Money {
  readonly chapters: Chapters;
  #hook: Hook | undefined;

  constructor(chapters: Chapters) {
    this.chapters = chapters;
  }

  async end(): Promise<void> {
    await this.#hook?.stop();
  }

  /** By a signed message, and a challenge that the participant's own endpoint repeats (S12). */
  async listens(signer: Submitted): Promise<Hook> {
    this.#hook = await startHook();
    const { url } = this.#hook;
    const parameters = { purpose: 'payouts', url };
    const { status, code } = await this.#send(signer, '/v1/webhooks', {
      action: 'webhook.register',
      parameters,
    });
    if (status !== 200) throw new Error(`webhook: ${status} ${code}`);
    await this.chapters.story.tell(`${signer.participant.name} registers its webhook ${url}`);
    return this.#hook;
  }

  /** With nothing but the bytes that came, its own fin_id and the certificates that the network lists. */
  async heard(signer: Submitted, transactionId: string): Promise<void> {
    const { story } = this.chapters;
    const { participant } = signer;
    const listed = await this.chapters.get('network', participant, '/v1/network/certificates');
    const certificates = (listed.certificates as { certificate: string }[]).map(({ certificate }) =>
      Buffer.from(certificate, 'base64'),
    );
    const expected = { certificates, participant: participant.finId };
    const said = ({ body, signature }: Delivery) =>
      readPayoutResponses(body, signature, expected).document.responses;
    await story.verify(
      "the webhook heard the response, and the network's signature verifies",
      async () => {
        const responses = this.#hook?.deliveries.flatMap(said) ?? [];
        return responses
          .filter(({ transaction_id }) => transaction_id === transactionId)
          .map(({ response_status }) => response_status)
          .join();
      },
      'ok',
    );
    const last = this.#hook?.deliveries.at(-1);
    const forged = Buffer.from(
      Buffer.from(last?.body ?? '')
        .toString()
        .replace('"ok"', '"no"'),
    );
    await story.verify(
      'the same with two letters changed does not',
      async () => refusalOf(() => said({ body: forged, signature: last?.signature })),
      'the signature does not verify over these bytes',
    );
  }

  /** Steps 1 to 14 of a payout: the bank's own books are read, not only what the nodes say. */
  async paid(signer: Submitted, order: Order): Promise<string> {
    const { story, whole } = this.chapters;
    const { participant } = signer;
    const books = whole.bank.bank;
    const before = books.accounts.get(order.account)!.balanceMinor;
    const payments = books.payments.length;
    const id = randomUUID();
    const { status, code } = await this.pay(signer, order, id);
    if (status !== 200) throw new Error(`payout: ${status} ${code}`);
    await story.tell(`${participant.name} signs and sends a payout of ${order.amount} ${order.currency}`);
    await story.verify(
      'the payout operator answered, signed',
      async () => String((await this.chapters.get('network', participant, `/v1/payouts/${id}`)).status),
      'ok',
    );
    const debited = `${order.amount.replace('.', '')} in 1 payment`;
    await story.verify(
      "debited in the bank's books",
      async () =>
        `${before - books.accounts.get(order.account)!.balanceMinor} in ${books.payments.length - payments} payment`,
      debited,
    );
    await story.tell(
      `balance of account ${order.account}: ${books.accounts.get(order.account)!.balanceMinor}`,
    );
    return id;
  }

  /** Taken by the network, refused by the payout operator: its signed answer says why, and no money moved. */
  async fails(signer: Submitted, order: Order, code: string): Promise<void> {
    const { story, whole } = this.chapters;
    const before = whole.bank.bank.payments.length;
    const id = randomUUID();
    const { status } = await this.pay(signer, order, id);
    if (status !== 200) throw new Error(`payout: ${status}`);
    await story.tell(
      `${signer.participant.name} orders a payout from the account ${order.account}, which is somebody else's`,
    );
    await story.verify(
      'the payout operator refuses it, signed',
      async () => {
        const payout = await this.chapters.get('network', signer.participant, `/v1/payouts/${id}`);
        const { response_message } = (payout.response ?? {}) as { response_message?: string };
        return `${payout.status}, ${response_message?.split(':')[0]}`;
      },
      `error, ${code}`,
    );
    await story.verify(
      'nothing left the bank',
      async () => String(whole.bank.bank.payments.length - before),
      '0',
    );
  }

  async refused(signer: Submitted, order: Order, code: string): Promise<void> {
    await this.chapters.story.verify(
      `a payout of ${order.amount} ${order.currency} is refused`,
      async () => (await this.pay(signer, order, randomUUID())).code,
      code,
    );
  }

  /** M4: from the answer on nothing that it signed is accepted. */
  async disabled(signer: Submitted, order: Order): Promise<void> {
    const { story } = this.chapters;
    const began = performance.now();
    const answer = await this.#send(signer, '/v1/certificates/disable', {
      action: 'certificate.disable',
      parameters: { thumbprint: signer.thumbprint, cause: 'incident', reason: 'la llave pudo ser copiada' },
    });
    if (answer.status !== 200) throw new Error(`disable: ${answer.status} ${answer.code}`);
    await story.tell(`${signer.participant.name} disables its certificate`);
    await this.refused(signer, order, 'CERTIFICATE_NOT_ACTIVE');
    await story.tell(`${Math.round(performance.now() - began)} ms after it was asked for`);
    await this.#ended(signer, 'disabled, valid');
  }

  /** Nobody tells the network: the scheduled sweep finds what the PSC revoked. */
  async swept(signer: Submitted, order: Order): Promise<void> {
    const { story, whole } = this.chapters;
    whole.psc.revoke(signer.issued.serialNumber, 'keyCompromise');
    await story.tell(`the PSC revokes the certificate of ${signer.participant.name}, hours pass`);
    await whole.clock.advance({ seconds: 7 * 3600 });
    await this.#ended(signer, 'disabled, revoked');
    await this.refused(signer, order, 'CERTIFICATE_REVOKED');
  }

  async #ended(signer: Submitted, state: string): Promise<void> {
    const { story } = this.chapters;
    await story.verify('ended at the network', () => this.chapters.state('network', signer), state);
    await story.verify('ended at the payout operator', () => this.chapters.state('operator', signer), state);
  }

  pay(signer: Submitted, order: Order, transactionId: string) {
    return this.#send(signer, payoutPath, this.content(signer, order, transactionId));
  }

  /** A message of one payout, unsigned and without its header. */
  content(signer: Submitted, order: Order, transactionId: string): JsonObject {
    const { participant } = signer;
    const { country, taxId } = participants.find(({ finId }) => finId === participant.finId)!;
    const institution = { fin_id: nodeIdentities.operator.finId, fin_id_schema: 'SHINKANSEN' };
    return {
      transactions: [
        {
          transaction_type: 'payout',
          transaction_id: transactionId,
          currency: order.currency,
          amount: order.amount,
          description: 'Pago a proveedor',
          execution_date: this.chapters.whole.clock.now().toISOString(),
          debtor: {
            name: participant.name,
            identification: { id_schema: country === 'BR' ? 'BRCNPJ' : 'CLID', id: taxId },
            financial_institution: institution,
            account: order.account,
            account_type: 'current_account',
            email: participant.apoderado,
          },
          creditor: {
            name: 'Proveedor Ficticio',
            identification: order.creditor,
            financial_institution: institution,
            account: '777',
            account_type: 'current_account',
            email: 'cobros@proveedor.example',
          },
        },
      ],
    };
  }

  async #send(signer: Submitted, path: string, content: JsonObject) {
    const sent = await this.signed(signer, content);
    const { status, body: told } = await this.chapters.ask('network', signer.participant, path, sent);
    const answer = told as { code?: string; errors?: { error_code: string }[] };
    return { status, code: answer.errors?.[0]?.error_code ?? answer.code ?? 'none' };
  }

  /** With a message id of its own. */
  async signed({ participant, issued, key }: Submitted, content: JsonObject) {
    const header = {
      sender: { finId: participant.finId, finIdSchema: 'SHINKANSEN' },
      receiver: { finId: nodeIdentities.network.finId, finIdSchema: nodeIdentities.network.finIdSchema },
      messageId: randomUUID(),
      creationDate: this.chapters.whole.clock.now(),
    };
    const body = writeEnvelope(header, content);
    const signature = await signDetached(body, issued.chain[0]!, {
      sign: async (digest) => signDigestPss(key, digest),
    });
    const headers = { 'Shinkansen-JWS-Signature': signature, 'Content-Type': 'application/json' };
    return { headers, body };
  }
}

function refusalOf(read: () => unknown): string {
  try {
    read();
    return 'believed';
  } catch (error) {
    if (error instanceof SignatureError) return error.message;
    throw error;
  }
}
