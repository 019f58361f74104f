// Who is paid, such that two spellings of one creditor count as one? Limits count by normalised identification and
// by account (S8). Whether the creditor exists is the payout operator's to say.

/** `creditor` and `account` values of limit counters; they hold personal data and are hashed before they are stored. */
export interface CreditorKeys {
  readonly identification: string;
  /** False: nothing is known of this id_schema, so spellings of one id may differ. */
  readonly knownSchema: boolean;
  readonly account: string;
}

interface CreditorFields {
  readonly identification: { readonly id_schema: string; readonly id: string };
  readonly financial_institution?: { readonly fin_id: string } | null;
  readonly account: string;
}

/** S8, at the payout operator: the account is what its core resolves, whatever institution or spelling was written. */
export const resolvedKeys = (keys: CreditorKeys, account: string | undefined): CreditorKeys =>
  account === undefined ? keys : { ...keys, account: `core:${account}` };

/** Schemas whose ids are letters, digits and decoration. Sample data has wrong check digits: none is checked. */
const schemas = new Set(['CLID', 'MXRFC', 'CONIT', 'CONUIP', 'PEDNI']);

export function creditorKeys(creditor: CreditorFields, currency: string): CreditorKeys {
  const { id_schema, id } = creditor.identification;
  const knownSchema = schemas.has(id_schema);
  return {
    identification: knownSchema ? `${id_schema}:${plain(id)}` : 'UNKNOWN',
    knownSchema,
    account: accountKey(creditor, currency),
  };
}

/** RUTs are written with dots, without, with leading zeros, with `k` or `K`. */
function plain(text: string): string {
  const whole = letters(text);
  return whole.charCodeAt(0) === ZERO ? whole.replace(/^0+(?=.)/, '') : whole;
}

const ZERO = 0x30;
const alreadyPlain = /^[A-Z0-9]*$/;

function letters(text: string): string {
  if (alreadyPlain.test(text)) return text;
  // A RUT as it is usually written: only the dash before the check digit stands in the way.
  const dash = text.length - 2;
  const joined = text[dash] === '-' ? text.slice(0, dash) + text.slice(dash + 1) : text;
  if (alreadyPlain.test(joined)) return joined;
  const known = text.normalize('NFKC').toUpperCase();
  // Some cores read digits of any script, and any of them could stand for any of ours: all such share one counter.
  return /[^\P{Nd}0-9]/u.test(known) ? '' : known.replace(/[^A-Z0-9]/g, '');
}

/** A CLABE (18 digits) and a CCI (20) hold their institution, which the message may name or not. */
const selfRouting: Readonly<Record<string, RegExp>> = { MXN: /^\d{18}$/, PEN: /^\d{20}$/ };

function accountKey(creditor: CreditorFields, currency: string): string {
  const whole = letters(creditor.account);
  if (selfRouting[currency]?.test(whole)) return whole;
  // No two institutions differ in nothing but case, and whoever pays may not mind it.
  return `${creditor.financial_institution?.fin_id.toUpperCase() ?? ''}:${plain(whole)}`;
}
