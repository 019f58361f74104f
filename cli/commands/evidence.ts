// Can this node's evidence be believed? Runs where an auditor stands: reads the table, the archive and two public keys,
// writes nothing. The rules are in core/evidence; a finding is an answer, told by exit code 3.

import { createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readConfig } from '../../adapters/config.ts';
import type { AuditReport } from '../../core/evidence/audit.ts';
import { type Finding, findings } from '../../core/evidence/findings.ts';
import type { LastHead } from '../../core/evidence/ports.ts';
import type { Call, Noun, Outcome } from '../command.ts';
import { exportVerb, verifyVerb } from '../evidence/dossier-verbs.ts';
import { type AuditSettings, auditSettings, missingSettings } from '../evidence/settings.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { columns, printable, type Style } from '../style.ts';

const noun: Noun = {
  summary: 'The evidence of a node: what happened, who did it, and that nobody changed it since.',
  verbs: {
    audit: {
      summary: 'find what was edited, deleted, inserted, reordered, cut off or put back',
      options: {
        table: { type: 'string', value: '<name>', help: 'the node’s table; TABLE_NAME by default' },
        bucket: { type: 'string', value: '<name>', help: 'the node’s archive; EVIDENCE_BUCKET by default' },
        node: { type: 'string', value: '<fin_id>', help: 'the node; NODE_FIN_ID by default' },
        'evidence-key': {
          type: 'string',
          value: '<id>',
          help: 'KMS key of the heads; EVIDENCE_KEY_ID by default',
        },
        'evidence-public-key': {
          type: 'string',
          value: '<file>',
          help: 'its public key in PEM, instead of asking KMS',
        },
        'seal-key': { type: 'string', value: '<id>', help: 'KMS key of the seals; SEAL_KEY_ID by default' },
        'seal-public-key': {
          type: 'string',
          value: '<file>',
          help: 'its public key in PEM, instead of asking KMS',
        },
        'peer-heads': {
          type: 'string',
          value: '<file>',
          help: 'heads that other parties hold: [{"number":1,"hash":"..."}]',
        },
      },
      notes:
        'AWS credentials and endpoints are those of the environment; reading is all it needs. It ends with 0 where\n' +
        'nothing was found and with 3 where something was. Give the public keys as files that you kept: an account\n' +
        'that was taken over answers for its own keys.',
      run: runAudit,
    },
    heads: {
      summary: 'list the heads of another node’s evidence that this node holds',
      options: {
        table: { type: 'string', value: '<name>', help: 'this node’s table; TABLE_NAME by default' },
        of: { type: 'string', value: '<fin_id>', required: true, help: 'the other node' },
      },
      notes: 'With --json it is the file that "apodera evidence audit --peer-heads" takes at the other node.',
      run: runHeads,
    },
    export: exportVerb,
    verify: verifyVerb,
  },
};
export default noun;

async function runAudit(call: Call): Promise<Outcome> {
  const config = readSettings(call);
  const keyFile = (option: string) => {
    const file = call.text(option);
    return file === undefined ? undefined : readPublicKey(option, file);
  };
  const options = {
    config,
    now: call.terminal.now(),
    evidenceKey: keyFile('evidence-public-key'),
    sealKey: keyFile('seal-public-key'),
    peerHeads: readPeerHeads(call.text('peer-heads')),
  };
  // The AWS clients are loaded only here: help must not wait for them.
  const { auditNode } = await import('../evidence/audit-node.ts');
  return outcomeOf(await auditNode(options), call.style);
}

async function runHeads(call: Call): Promise<Outcome> {
  const env = { ...call.terminal.env, ...(call.text('table') && { TABLE_NAME: call.text('table') }) };
  const { tableName } = usage(() => readConfig(['tableName'], env));
  const { headsHeldOf } = await import('../evidence/audit-node.ts');
  const heads = await headsHeldOf(tableName, call.required('of'));
  const rows = heads.map(({ number, hash }): [string, string] => [String(number), hash]);
  return { json: heads, text: rows.length > 0 ? columns(rows, '') : 'This node holds none.' };
}

function usage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw missingSettings(error);
  }
}

function readSettings(call: Call): AuditSettings {
  const given = {
    TABLE_NAME: call.text('table'),
    EVIDENCE_BUCKET: call.text('bucket'),
    NODE_FIN_ID: call.text('node'),
    EVIDENCE_KEY_ID: call.text('evidence-key'),
    SEAL_KEY_ID: call.text('seal-key'),
  };
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return usage(() => readConfig(auditSettings, { ...call.terminal.env, ...Object.fromEntries(said) }));
}

function outcomeOf(report: AuditReport, style: Style): Outcome {
  const { heads, records, states, sources, lastHead } = report;
  const read = `Read ${heads} signed heads, ${records} records, ${states} states, ${sources} sources.`;
  const last = lastHead ? `Last head: ${lastHead.number} ${lastHead.hash}` : 'No head was ever signed.';
  const json = {
    ...report,
    findings: report.findings.map((each) => ({ ...each, meaning: findings[each.code] })),
  };
  if (report.findings.length === 0) {
    return { json, text: `${read}\n${last}\n${style.good('Nothing was found.')}` };
  }
  const byCode = Map.groupBy(report.findings, ({ code }) => code);
  const parts = [...byCode].map(
    ([code, found]) =>
      `${style.bad(code)}  ${findings[code]}\n${columns(found.map((each) => placeOf(each)))}`,
  );
  const text = [read, last, ...parts].join('\n\n');
  return { exitCode: exitCodes.REFUSED, json, text };
}

function placeOf({ scope, seq, number, recordId, item, detail }: Finding): [string, string] {
  const where = [
    number !== undefined && `head ${number}`,
    scope !== undefined && `scope ${scope}`,
    seq !== undefined && `record ${seq}`,
    recordId !== undefined && `record ${recordId}`,
    item !== undefined && `item ${item}`,
  ].filter(Boolean);
  return [printable(where.join(', ')), printable(detail ?? '')];
}

function readPublicKey(option: string, file: string): KeyObject {
  try {
    return createPublicKey(readFileSync(file));
  } catch {
    throw new UsageError(`"--${option}": "${file}" holds no public key in PEM`);
  }
}

function readPeerHeads(file: string | undefined): readonly LastHead[] {
  if (file === undefined) return [];
  try {
    const heads = JSON.parse(readFileSync(file, 'utf8')) as LastHead[];
    if (heads.every(({ number, hash }) => Number.isInteger(number) && typeof hash === 'string')) return heads;
  } catch {
    // Told below, as any other content that is no list of heads.
  }
  throw new UsageError(`"--peer-heads": "${file}" holds no list of {"number", "hash"}`);
}
