// Trust anchors of a node: the manifest that two node operators sign off, written and looked at.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from '../../core/certificate/anchors.ts';
import { holderLayouts } from '../../core/certificate/holder/holder.ts';
import { draftManifest, readManifestFile } from '../anchors/manifest-file.ts';
import { presentManifest, reportOn } from '../anchors/present-manifest.ts';
import type { Call, Noun, Option, Outcome } from '../command.ts';
import { UsageError } from '../exit-codes.ts';
import { readAnchors } from '../explain/anchors.ts';
import { readProfileFile } from '../explain/profile.ts';
import { writeNew } from '../keys/key-file.ts';

const stages: readonly Stage[] = ['local', 'dev', 'prod'];
const previousOption: Option = {
  type: 'string',
  value: '<file>',
  help: 'the manifest in force, to show what changes',
};

/** What `--profiles` takes; a test reads it as a node would. */
export const exampleProfile = {
  id: 'cl-ejemplo',
  name: 'PSC de ejemplo',
  country: 'CL',
  enabled: true,
  holder: 'cl.san',
  anchors: ['qL3sT0F2m0m2GWWJm5nUuJyVJ0mZ3m0q0X3O8m9cYdQ'],
  acceptedPolicies: [],
  transportPolicies: [],
  revocation: {},
};

const noun: Noun = {
  summary: 'Trust anchors of a node: the manifest that two node operators sign off.',
  verbs: {
    write: {
      summary: 'put a manifest together from PSC profiles and root certificates',
      options: {
        profiles: {
          type: 'string',
          value: '<place>',
          required: true,
          help: 'PSC profile (JSON), or a folder of them',
        },
        certificates: {
          type: 'string',
          value: '<place>',
          required: true,
          help: 'file or folder with the certificates that the profiles name by thumbprint',
        },
        stage: { type: 'string', value: '<stage>', required: true, help: stages.join(', ') },
        version: { type: 'string', value: '<n>', help: 'one more than the previous by default' },
        previous: previousOption,
        out: { type: 'string', short: 'o', value: '<file>', required: true, help: 'where to write it' },
      },
      notes: [
        'It counts for nothing until two node operators have signed off its manifest_sha256 at the node. It takes the place',
        'of the one in force: every PSC that is still to be trusted is named again. A profile is, for example:',
        `\n${JSON.stringify(exampleProfile, undefined, 2)}\n`,
        'anchors: x5t#S256 of its roots, as "certificate explain" shows them; holder, where its certificates name a person:',
        `${holderLayouts.join(', ')};`,
        'acceptedPolicies: object identifiers of which a leaf must carry one, none for any; pscTaxId (Chile): the PSC’s own RUT.',
      ].join('\n'),
      run: write,
    },
    show: {
      summary: 'show a manifest, sealed or not: version, roots, what changes',
      positionals: [{ name: 'file', help: 'manifest' }],
      options: { previous: previousOption },
      run: async (call) => shown(call, call.argument(0)),
    },
  },
};
export default noun;

async function write(call: Call): Promise<Outcome> {
  const body = draftManifest({
    profiles: profileFiles(call.required('profiles')).map(readProfileFile),
    certificates: readAnchors(call.required('certificates')).map(({ certificate }) => certificate.der),
    stage: call.oneOf('stage', stages),
    version: versionOf(call),
    issuedAt: call.terminal.now(),
  });
  const file = call.required('out');
  writeNew(file, Buffer.from(body).toString('utf8'), 0o644);
  return shown(call, file);
}

function shown(call: Call, file: string): Outcome {
  const previous = call.text('previous');
  const before = previous === undefined ? undefined : readManifestFile(previous).manifest;
  const report = reportOn(readManifestFile(file), before, call.terminal.now());
  return { json: report, text: presentManifest(report, call.style) };
}

function versionOf(call: Call): number {
  const previous = call.text('previous');
  const least = previous === undefined ? 1 : readManifestFile(previous).manifest.version + 1;
  const version = Number(call.text('version') ?? least);
  if (!Number.isSafeInteger(version) || version < least) {
    throw new UsageError(`"--version": expected a whole number from ${least}`);
  }
  return version;
}

function profileFiles(place: string): string[] {
  if (!statSync(place).isDirectory()) return [place];
  const files = readdirSync(place)
    .filter((name) => name.endsWith('.json'))
    .sort();
  if (files.length === 0) throw new UsageError(`"--profiles": no .json file in "${place}"`);
  return files.map((name) => join(place, name));
}
