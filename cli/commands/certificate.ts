// Certificates: what they are, before anybody is asked to trust them; the change from one to the next; and their end.

import { readFileSync } from 'node:fs';
import { networkStatuses } from '../../core/certificate/lifecycle.ts';
import type { Call, Noun, Outcome } from '../command.ts';
import { disable, disableNotes, disableOptions } from '../disabling.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { localAnchors, readAnchors } from '../explain/anchors.ts';
import { explain } from '../explain/explain.ts';
import { asJson, present } from '../explain/present.ts';
import { countries, readProfileFile } from '../explain/profile.ts';
import { apiOptions, nodeApi } from '../node-api.ts';
import { rotate, rotationOptions } from '../rotation.ts';
import { columns } from '../style.ts';

const noun: Noun = {
  summary: 'Certificates of PSCs: chain, holder, revocation, and what enrolment would say.',
  verbs: {
    explain: {
      summary: 'say what a certificate is, and what enrolment would say and why',
      positionals: [{ name: 'file', help: 'certificate with its issuers, PEM or DER; - for standard input' }],
      options: {
        anchors: {
          type: 'string',
          short: 'a',
          value: '<place>',
          help: 'file or folder of the roots that you trust; where "npm start" has run, its test PSC without being named',
        },
        country: {
          type: 'string',
          short: 'c',
          value: '<code>',
          help: `country of the PSC: ${countries.join(', ')}`,
        },
        profile: {
          type: 'string',
          value: '<file>',
          help: `a node's PSC profile (JSON; "anchors write --help" shows one) instead of the country's usual`,
        },
        use: { type: 'string', value: '<use>', help: 'signing (default) or transport' },
        at: { type: 'string', value: '<time>', help: 'as of this moment, RFC 3339; now by default' },
        crl: { type: 'string', multiple: true, value: '<file>', help: 'revocation list to look into, DER' },
        online: { type: 'boolean', help: "ask the PSC: the certificates' own lists and responders" },
        'allow-private': {
          type: 'boolean',
          help: 'let --online reach this machine and private networks (a test PSC)',
        },
      },
      notes: [
        'Works without a network unless --online is given. Exit code 3 when enrolment would refuse it.',
        'A file with a private key in it is refused: a key is taken by "--key" and the "key" commands only.',
      ].join('\n'),
      run: explainCertificate,
    },
    list: {
      summary: 'your certificates at a node, newest first',
      options: {
        state: {
          type: 'string',
          value: '<state>',
          help: `only those that are ${networkStatuses.join(', ')}`,
        },
        ...apiOptions,
      },
      run: list,
    },
    disable: {
      summary: 'take a certificate out of use at once, or all of them',
      positionals: [{ name: 'thumbprint', optional: true, help: 'x5t#S256; "certificate list" shows it' }],
      options: disableOptions,
      notes: disableNotes,
      run: disable,
    },
    rotate: {
      summary:
        'replace the certificate that you sign with: new key, request, enrolment, wait, change of files',
      options: rotationOptions,
      notes: [
        'The same command again goes on where it stopped. The old certificate signs the enrolment and goes on',
        'working until the overlap has ended; both are accepted until then.',
      ].join('\n'),
      run: rotate,
    },
  },
};
export default noun;

async function explainCertificate(call: Call): Promise<Outcome> {
  const place = call.text('anchors');
  const profile = call.text('profile');
  const file = await readInput(call);
  const explanation = await explain({
    file,
    use: call.oneOf('use', ['signing', 'transport'], 'signing'),
    trusted: place === undefined ? localAnchors(file) : { anchors: readAnchors(place), place: '--anchors' },
    profile: profile === undefined ? undefined : readProfileFile(profile),
    country: call.text('country') === undefined ? undefined : call.oneOf('country', countries),
    crlFiles: call.list('crl'),
    online: call.flag('online'),
    allowPrivate: call.flag('allow-private'),
    now: momentOf(call),
  });
  const refused = explanation.verdict.outcome === 'REFUSED';
  return {
    json: asJson(explanation),
    text: present(explanation, call.style),
    exitCode: refused ? exitCodes.REFUSED : exitCodes.DONE,
  };
}

const noneYet =
  'none is active or was; "apodera enrolment submit" enrols one, "apodera enrolment show <id>" tells of one that waits';

const suspendedNow =
  'You are suspended at this node: nothing that these sign is accepted until two node operators lift it.\n';

/** All pages: the node gives at most 100 at a time. */
async function list(call: Call): Promise<Outcome> {
  const api = nodeApi(call);
  const state = call.text('state') === undefined ? undefined : call.oneOf('state', networkStatuses);
  const certificates: Record<string, unknown>[] = [];
  const warnings: string[] = [];
  let suspended = false;
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: '100', ...(state && { network_status: state }) });
    if (cursor !== null) query.set('cursor', cursor);
    const page = await api.get(`/v1/certificates?${query}`);
    certificates.push(...(page.certificates as Record<string, unknown>[]));
    warnings.push(...(page.warnings as string[]));
    suspended = page.suspended === true;
    cursor = page.next_cursor as string | null;
  } while (cursor !== null);
  const rows = certificates.map((one): [string, string] => [
    String(one.thumbprint),
    `${one.network_status}, ${one.validity}  ${one.use}  ends ${one.not_after}`,
  ]);
  for (const warning of warnings) rows.push(['warning', warning]);
  const lines = [...(suspended ? [suspendedNow] : []), rows.length > 0 ? columns(rows, '') : noneYet];
  return { json: { certificates, suspended, warnings }, text: lines.join('\n') };
}

async function readInput(call: Call): Promise<Uint8Array> {
  const file = call.argument(0);
  return file === '-' ? call.terminal.readInput() : readFileSync(file);
}

function momentOf(call: Call): Date {
  const text = call.text('at');
  const moment = text === undefined ? call.terminal.now() : new Date(text);
  if (Number.isNaN(moment.getTime()))
    throw new UsageError(`"--at": expected a time such as 2026-06-01T00:00:00Z`);
  return moment;
}
