// A participant's side of the network: enrol and end certificates, renew keys, send payouts, and believe what comes
// back. Shapes are those of openapi.yaml. Each act is one signed message; sending it again is always safe.

import { randomUUID } from 'node:crypto';
import type { Asked } from './enrolment.ts';
import type * as Wire from './generated/types.ts';
import { type SigningIdentity, signBody } from './signature.ts';
import { exchange, type TransportOptions } from './transport.ts';

export interface ClientOptions extends TransportOptions {
  /** fin_id under which the network knows the participant. */
  readonly participant: string;
  /** The network's fin_id and the schema of both; SHINKANSEN unless the network says otherwise. */
  readonly network?: string;
  readonly schema?: string;
  /** Signs acts; absent where only reading, enrolling and disabling are wanted. */
  readonly identity?: SigningIdentity;
  readonly now?: () => Date;
}

/** An enrolment's parameters; `prove` gets the header and the parameters that the proof of possession covers. */
export interface EnrolRequest extends Omit<Wire.EnrolParameters, 'proof_of_possession' | 'chain'> {
  /** DER, any order. */
  readonly chain: readonly Uint8Array[];
  readonly prove: (header: Wire.Header, asked: Asked) => Promise<Wire.EnrolParameters['proof_of_possession']>;
}

export interface PayoutQuery {
  readonly cursor?: string;
  readonly limit?: number;
  readonly status?: Wire.PayoutStatus;
  readonly message_id?: string;
  readonly transaction_id?: string;
  readonly day?: string;
}

export type Payouts = readonly Wire.PayoutTransaction[];

export class Client {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** A new header; keep it to send the very same message again after a crash. */
  header(): Wire.Header {
    const {
      participant,
      network = 'SHINKANSEN',
      schema = 'SHINKANSEN',
      now = () => new Date(),
    } = this.#options;
    return {
      sender: { fin_id: participant, fin_id_schema: schema },
      receiver: { fin_id: network, fin_id_schema: schema },
      message_id: randomUUID(),
      creation_date: now().toISOString(),
    };
  }

  /** Signed where the client has an identity; `replaces` needs one. */
  async enrol({ chain, prove, ...rest }: EnrolRequest, header = this.header()): Promise<Wire.Enrolment> {
    const asked: Asked = { ...rest, chain: chain.map((der) => Buffer.from(der).toString('base64')) };
    const parameters = { ...asked, proof_of_possession: await prove(header, asked) };
    return this.#act('/v1/certificates', 'certificate.enrol', parameters, header, [202]);
  }

  withdraw(enrolmentId: string, reason: string): Promise<Wire.Enrolment> {
    const path = `/v1/enrolments/${encodeURIComponent(enrolmentId)}/withdraw`;
    return this.#act(path, 'enrolment.withdraw', { enrolment_id: enrolmentId, reason });
  }

  /** Takes effect with the answer. */
  disable(parameters: Wire.DisableParameters): Promise<Wire.DisableAnswer> {
    const { thumbprint } = parameters;
    const path = thumbprint ? `/v1/certificates/${thumbprint}/disable` : '/v1/certificates/disable';
    return this.#act(path, 'certificate.disable', parameters);
  }

  /** The key is shown here and never again: store it before anything else. */
  renewApiKey(): Promise<Wire.IssuedApiKey> {
    return this.#act('/v1/api-keys/renew', 'api_key.renew', {}, this.header(), [201]);
  }

  registerWebhook(purpose: Wire.Webhook['purpose'], url: string): Promise<Wire.Webhook> {
    return this.#act('/v1/webhooks', 'webhook.register', { purpose, url });
  }

  /** 200 and 409 are the same answer: recorded now, or before. Keep `header` and `transactions` for a retry. */
  async sendPayouts(transactions: Payouts, header = this.header()): Promise<Wire.PayoutReceipt> {
    const body = encoded({ document: { header, transactions } } satisfies Wire.PayoutMessage);
    const headers = await this.#signature(body, true);
    return this.#exchange({ method: 'POST', path: '/v1/messages/payouts', body, headers, good: [200, 409] });
  }

  certificates(query: { cursor?: string; limit?: number; network_status?: Wire.NetworkStatus } = {}) {
    return this.#read<Wire.CertificateList>('/v1/certificates', query);
  }

  certificate(thumbprint: string) {
    return this.#read<Wire.CertificateDetail>(`/v1/certificates/${encodeURIComponent(thumbprint)}`);
  }

  enrolment(enrolmentId: string) {
    return this.#read<Wire.Enrolment>(`/v1/enrolments/${encodeURIComponent(enrolmentId)}`);
  }

  /** What messages of the network are signed with: the list that `readPayoutResponses` takes. */
  networkCertificates() {
    return this.#read<Wire.SigningCertificateList>('/v1/network/certificates');
  }

  operatorCertificates(finId: string) {
    return this.#read<Wire.SigningCertificateList>(
      `/v1/payout-operators/${encodeURIComponent(finId)}/certificates`,
    );
  }

  webhooks() {
    return this.#read<Wire.WebhookList>('/v1/webhooks');
  }

  /** @param query.day YYYY-MM-DD in your time zone, as limits count it */
  payouts(query: PayoutQuery = {}) {
    return this.#read<Wire.PayoutList>('/v1/payouts', { ...query });
  }

  payout(id: string) {
    return this.#read<Wire.PayoutDetail>(`/v1/payouts/${encodeURIComponent(id)}`);
  }

  async #act<T>(
    path: string,
    action: string,
    parameters: object,
    header = this.header(),
    good = [200],
  ): Promise<T> {
    const body = encoded({ document: { header, action, parameters } });
    const headers = { 'Idempotency-Key': `"${header.message_id}"`, ...(await this.#signature(body, false)) };
    return this.#exchange({ method: 'POST', path, body, headers, good });
  }

  #read<T>(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): Promise<T> {
    const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
    const text = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value!)}`).join('&');
    return this.#exchange({ method: 'GET', path: text ? `${path}?${text}` : path, good: [200] });
  }

  #exchange<T>(outgoing: Parameters<typeof exchange>[1]): Promise<T> {
    return exchange<T>(this.#options, outgoing);
  }

  async #signature(body: Uint8Array, required: boolean): Promise<Readonly<Record<string, string>>> {
    const { identity } = this.#options;
    if (identity) return { 'Shinkansen-JWS-Signature': await signBody(body, identity) };
    if (required) throw new TypeError('payouts are signed: give the client an identity');
    return {};
  }
}

const encoded = (message: object): Uint8Array => Buffer.from(JSON.stringify(message));
