// What does a message of payouts ask for, when it is spelled as they usually are? One pass over the bytes takes what
// admission reads and builds nothing else (half of what JSON.parse and the schema cost). It can only
// say yes: of an unknown member, a name twice, a wrong type or length it says nothing, and the general reading decides
// (message/envelope.ts, the schema of openapi.yaml). That its yes is always theirs is a property under test.

import { isAscii, isUtf8 } from 'node:buffer';
import type { JsonObject } from '../message/envelope.ts';
import { Names, Scanner, unusual } from '../message/scanner.ts';
import { payoutPolicy } from '../policy.ts';
import type { TransactionFields } from './message.ts';

export interface UsualMessage {
  readonly header: JsonObject;
  readonly transactions: readonly TransactionFields[];
}

/** Undefined: it is not so spelled, which says nothing of the message. */
export function readUsualMessage(body: Uint8Array): UsualMessage | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (!isAscii(bytes) && !isUtf8(bytes)) return undefined;
  try {
    return new MessageScanner(bytes).message();
  } catch (error) {
    if (error === unusual) return undefined;
    throw error;
  }
}

const every = (count: number) => (1 << count) - 1;

const inMessage = new Names('document');
const inDocument = new Names('header', 'transactions');
const inHeader = new Names('sender', 'receiver', 'message_id', 'creation_date');
const inTransaction = new Names(
  'transaction_type',
  'transaction_id',
  'currency',
  'amount',
  'description',
  'execution_date',
  'debtor',
  'creditor',
  // What follows may be absent, and null.
  'tracking_key',
  'reference_number',
  'payment_purpose_category',
  'payment_rail',
  'execution_mode',
  'po_connection',
);
const inParty = new Names(
  'name',
  'identification',
  'financial_institution',
  'account',
  'account_type',
  'email',
);
const inIdentification = new Names('id_schema', 'id');
const inInstitution = new Names('fin_id', 'fin_id_schema');

type PartyFields = TransactionFields['creditor'];
type InstitutionFields = NonNullable<PartyFields['financial_institution']>;

const mostTransactions = 1000;
const currencies = Object.keys(payoutPolicy.currencies);

class MessageScanner extends Scanner {
  /** Said again and again in one message: kept once, with what V8 knows of them. */
  #currency = currencies[0]!;
  #date = '';
  #schema = '';
  #institution = '';
  #account = '';

  message(): UsualMessage {
    this.first(inMessage);
    let header: JsonObject | undefined;
    let transactions: readonly TransactionFields[] | undefined;
    for (let which = this.first(inDocument); which >= 0; which = this.next(inDocument, which + 1)) {
      if (which === 0 ? header : transactions) throw unusual;
      if (which === 0) header = this.#header();
      else transactions = this.#transactions();
    }
    if (!header || !transactions || this.next(inMessage, 0) >= 0) throw unusual;
    this.end();
    return { header, transactions };
  }

  #header(): JsonObject {
    let [sender, receiver]: (JsonObject | undefined)[] = [];
    let [message_id, creation_date] = ['', ''];
    let seen = 0;
    for (let which = this.first(inHeader); which >= 0; which = this.next(inHeader, which + 1)) {
      seen = once(seen, which);
      if (which === 0) sender = this.#institutionOf();
      else if (which === 1) receiver = this.#institutionOf();
      else if (which === 2) message_id = this.name();
      else creation_date = this.plain(20, 40, '');
    }
    if (seen !== every(4)) throw unusual;
    return { sender, receiver, message_id, creation_date };
  }

  #institutionOf(): JsonObject {
    let fin_id = '';
    let fin_id_schema: string | null = null;
    let seen = 0;
    for (let which = this.first(inInstitution); which >= 0; which = this.next(inInstitution, which + 1)) {
      seen = once(seen, which);
      if (which === 0) fin_id = this.name();
      else fin_id_schema = this.null() ? null : this.plain(0, 64, '');
    }
    if ((seen & 1) === 0) throw unusual;
    return { fin_id, fin_id_schema };
  }

  #transactions(): readonly TransactionFields[] {
    const transactions: TransactionFields[] = [];
    this.openList();
    do {
      transactions.push(this.#transaction());
      if (transactions.length > mostTransactions) throw unusual;
    } while (this.nextInList());
    return transactions;
  }

  #transaction(): TransactionFields {
    let [transaction_id, currency, amount, execution_date] = ['', '', '', ''];
    let debtor: PartyFields | undefined;
    let creditor: PartyFields | undefined;
    let seen = 0;
    for (let which = this.first(inTransaction); which >= 0; which = this.next(inTransaction, which + 1)) {
      seen = once(seen, which);
      if (which === 0) this.exactly('payout');
      else if (which === 1) transaction_id = this.#transactionId();
      else if (which === 2) currency = this.#currencyAgain();
      else if (which === 3) amount = this.decimal();
      else if (which === 4) this.string(0, 500);
      else if (which === 5) execution_date = this.#dateAgain();
      else if (which === 6) debtor = this.#party();
      else if (which === 7) creditor = this.#party();
      else this.stringOrNull(64);
    }
    if ((seen & every(8)) !== every(8) || !debtor || !creditor) throw unusual;
    return { transaction_id, currency, amount, execution_date, debtor, creditor };
  }

  #transactionId(): string {
    const id = this.name();
    if (id === '.' || id === '..') throw unusual;
    return id;
  }

  #currencyAgain(): string {
    const found = this.plain(3, 3, this.#currency);
    if (found === this.#currency) return found;
    const known = currencies.find((one) => one === found);
    if (!known) throw unusual;
    this.#currency = known;
    return known;
  }

  #dateAgain(): string {
    this.#date = this.plain(20, 40, this.#date);
    return this.#date;
  }

  #accountAgain(): string {
    this.#account = this.plain(1, 64, this.#account);
    return this.#account;
  }

  #party(): PartyFields {
    let identification: PartyFields['identification'] | undefined;
    let financial_institution: InstitutionFields | null = null;
    let account = '';
    let seen = 0;
    for (let which = this.first(inParty); which >= 0; which = this.next(inParty, which + 1)) {
      seen = once(seen, which);
      if (which === 0) this.string(1, 140);
      else if (which === 1) identification = this.#identification();
      else if (which === 2) financial_institution = this.null() ? null : this.#institutionFields();
      else if (which === 3) account = this.#accountAgain();
      else if (which === 4) this.string(1, 32);
      else this.stringOrNull(254);
    }
    // Only the institution may be absent.
    if ((seen | 4) !== every(6) || !identification) throw unusual;
    return { identification, financial_institution, account };
  }

  #identification(): PartyFields['identification'] {
    let id = '';
    let seen = 0;
    for (
      let which = this.first(inIdentification);
      which >= 0;
      which = this.next(inIdentification, which + 1)
    ) {
      seen = once(seen, which);
      if (which === 0) this.#schema = this.plain(1, 32, this.#schema);
      else id = this.plain(1, 64, '');
    }
    if (seen !== every(2)) throw unusual;
    return { id_schema: this.#schema, id };
  }

  #institutionFields(): InstitutionFields {
    let seen = 0;
    for (let which = this.first(inInstitution); which >= 0; which = this.next(inInstitution, which + 1)) {
      seen = once(seen, which);
      if (which === 0) this.#institution = this.name(this.#institution);
      else this.stringOrNull(64);
    }
    if ((seen & 1) === 0) throw unusual;
    return { fin_id: this.#institution };
  }
}

function once(seen: number, which: number): number {
  if ((seen & (1 << which)) !== 0) throw unusual;
  return seen | (1 << which);
}
