// `apodera evidence export` and `verify`: one file about one payout or enrolment, and what it proves to somebody who
// holds nothing but trust anchors and the node's evidence key.

import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { readConfig } from '../../adapters/config.ts';
import { readChain } from '../../core/certificate/parse.ts';
import { thumbprintOf } from '../../core/certificate/thumbprint.ts';
import { type Dossier, dossierBytes } from '../../core/evidence/dossier.ts';
import { type DossierVerdict, verifyDossier } from '../../core/evidence/dossier-verify.ts';
import type { Call, Outcome, Verb } from '../command.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { columns, printable, type Style } from '../style.ts';
import { dossierSettings, missingSettings } from './settings.ts';

export const exportVerb: Verb = {
  summary: 'write the dossier of one payout, or of one enrolment, into a file',
  positionals: [{ name: 'payout id', optional: true, help: 'the participant’s id or the network’s' }],
  options: {
    participant: { type: 'string', value: '<fin_id>', help: 'whose payout it is; needed with a payout' },
    enrolment: { type: 'string', value: '<id>', help: 'an enrolment instead of a payout' },
    out: {
      type: 'string',
      value: '<file>',
      required: true,
      help: 'where it is written; must not be there yet',
    },
    table: { type: 'string', value: '<name>', help: 'the node’s table; TABLE_NAME by default' },
    bucket: { type: 'string', value: '<name>', help: 'the node’s archive; EVIDENCE_BUCKET by default' },
    node: { type: 'string', value: '<fin_id>', help: 'the node; NODE_FIN_ID by default' },
    'factor-key': { type: 'string', value: '<id>', help: 'KMS key of the factors; FACTOR_KEY_ID by default' },
  },
  notes:
    'AWS credentials and endpoints are those of the environment; reading is all it needs. What happened in the last\n' +
    'five minutes is not under a signed head yet (RECORD_UNSIGNED). The file names creditors: keep it as you keep them.',
  run: runExport,
};

export const verifyVerb: Verb = {
  summary: 'say what a dossier proves and by whose word, offline',
  positionals: [{ name: 'file', help: 'what "apodera evidence export" wrote' }],
  options: {
    anchors: {
      type: 'string',
      value: '<file>',
      multiple: true,
      help: 'certificates of the PSCs’ roots that you trust, PEM or DER',
    },
    'evidence-public-key': {
      type: 'string',
      value: '<fin_id>=<file>',
      multiple: true,
      required: true,
      help: 'a node, and its evidence key in PEM; more of them where it was changed',
    },
  },
  notes:
    'It asks no network and no node. Exit code 0: everything in the file holds; 3: something does not, and where.\n' +
    'The anchors and the key must be your own copies: whoever wrote the file could have written those too. A key counts\n' +
    'for the node that you name beside it and for no other.',
  run: runVerify,
};

async function runExport(call: Call): Promise<Outcome> {
  const subject = subjectOf(call);
  const given = {
    TABLE_NAME: call.text('table'),
    EVIDENCE_BUCKET: call.text('bucket'),
    NODE_FIN_ID: call.text('node'),
    FACTOR_KEY_ID: call.text('factor-key'),
  };
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  const config = settings({ ...call.terminal.env, ...Object.fromEntries(said) });
  // The AWS clients are loaded only here: help must not wait for them.
  const { exportDossier } = await import('./export-dossier.ts');
  const dossier = await exportDossier(config, subject);
  const file = call.required('out');
  writeNew(file, dossier);
  const anchors = [...new Set(Object.values(dossier.certificates).map(({ anchor }) => anchor))];
  const json = { file, anchors, records: dossier.records.length };
  const text =
    `Wrote ${file}: ${dossier.records.length} records under ${Object.keys(dossier.heads).length} signed heads of ` +
    `${dossier.node}.\nTo verify it one needs these anchors:\n${columns(anchors.map((one) => [one, '']))}`;
  return { json, text };
}

function subjectOf(call: Call) {
  const enrolment = call.text('enrolment');
  const payout = call.argument(0);
  if (enrolment !== undefined && payout === '') return { enrolment };
  if (enrolment !== undefined || payout === '')
    throw new UsageError('name either a payout, with its participant, or "--enrolment"');
  return { payout, participant: call.required('participant') };
}

function settings(env: Readonly<Record<string, string | undefined>>) {
  try {
    return readConfig(dossierSettings, env);
  } catch (error) {
    throw missingSettings(error);
  }
}

/** It names creditors: for its owner alone, and over nothing that stands. */
function writeNew(file: string, dossier: Dossier): void {
  try {
    writeFileSync(file, dossierBytes(dossier), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new UsageError(`"--out": "${file}" is there already`);
    throw error;
  }
}

async function runVerify(call: Call): Promise<Outcome> {
  const anchors = call.list('anchors').flatMap((file) => readAnchors(file));
  const evidenceKeys = call.list('evidence-public-key').map((given) => readNodeKey(given));
  const verdict = verifyDossier(readFileSync(call.argument(0)), { anchors, evidenceKeys });
  return { ...said(verdict, call.style, anchors), json: verdict };
}

function said({ proved, faults }: DossierVerdict, style: Style, anchors: readonly Uint8Array[]) {
  if (faults.length > 0) {
    const places = faults.map(({ place, code, message }): [string, string] => [
      printable(place),
      `${code}: ${printable(message)}`,
    ]);
    const text = `${style.bad('This dossier proves nothing.')} What does not hold, and where:\n${columns(places)}`;
    return { exitCode: exitCodes.REFUSED, text };
  }
  const sentences = proved.map(({ by, says }) => `${style.bold(printable(by))} ${printable(says)}`);
  const mine = anchors.length === 1 ? 'the anchor' : `the ${anchors.length} anchors`;
  const text = [
    style.good(`Everything holds, given ${mine} and the evidence key that you named.`),
    ...sentences,
  ];
  return { text: text.join('\n\n') };
}

function readAnchors(file: string): readonly Uint8Array[] {
  try {
    const certificates = readChain(readFileSync(file));
    return [...new Map(certificates.map((der) => [thumbprintOf(der), der])).values()];
  } catch {
    throw new UsageError(`"--anchors": "${file}" holds no certificates`);
  }
}

function readNodeKey(given: string): { readonly node: string; readonly key: KeyObject } {
  const [, node, file] = /^([^=]+)=(.+)$/s.exec(given) ?? [];
  if (node === undefined || file === undefined)
    throw new UsageError(
      '"--evidence-public-key": expected "<fin_id>=<file>", the node whose key it is first',
    );
  try {
    return { node, key: createPublicKey(readFileSync(file)) };
  } catch {
    throw new UsageError(`"--evidence-public-key": "${file}" holds no public key in PEM`);
  }
}
