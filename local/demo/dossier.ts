// The demo's chapters on evidence: the auditor writes a payout's dossier, somebody else verifies it offline, an edited
// one is found out, and an audit of both nodes finds nothing. By the command line, in processes of their own.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditReport } from '../../core/evidence/audit.ts';
import type { Dossier } from '../../core/evidence/dossier.ts';
import { dossierBytes, readDossier } from '../../core/evidence/dossier.ts';
import { evidenceKey, pem } from '../evidence-key.ts';
import { nodeIdentities } from '../seed/cast.ts';
import { auditVariables } from '../start.ts';
import type { Chapters, Submitted } from './chapters.ts';

export class Dossiers {
  readonly #chapters: Chapters;
  readonly #folder = mkdtempSync(join(tmpdir(), 'apodera-dossier-'));

  constructor(chapters: Chapters) {
    this.#chapters = chapters;
  }

  /** Heads are signed every five minutes: hours pass. */
  async verified(signer: Submitted, payoutId: string): Promise<void> {
    const { story, whole } = this.#chapters;
    await whole.clock.advance({ seconds: 2 * 3600 });
    const file = join(this.#folder, 'dossier.json');
    await story.verify(
      'the auditor writes the dossier of that payout',
      async () => this.#export(signer, payoutId, file),
      'written',
    );
    await this.#trust();
    await story.verify(
      'verified offline, with the anchors and one public key',
      async () => this.#verify(file),
      '0',
    );
    const dossier = readDossier(readFileSync(file));
    const edited = join(this.#folder, 'edited.json');
    writeFileSync(edited, dossierBytes(withOtherAmount(dossier)));
    await story.verify('with another amount it proves nothing', async () => this.#verify(edited), '3');
  }

  /** Everything that happened so far, from the first record on. */
  async audited(): Promise<void> {
    const { story, whole } = this.#chapters;
    await whole.clock.advance({ seconds: 2 * 3600 });
    for (const node of whole.laptop.nodes)
      await story.verify(
        `the auditor reads all evidence of the ${node.name} and finds nothing`,
        async () => {
          const { out } = await apodera(['audit', '--json'], auditVariables(whole.laptop, node));
          const { findings } = JSON.parse(out) as AuditReport;
          // Hours pass at once here, and heads are signed by the hour.
          const found = findings.filter(({ code }) => code !== 'HEAD_SILENT');
          return found.length === 0 ? 'nothing' : JSON.stringify(found);
        },
        'nothing',
      );
  }

  end(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #export({ participant }: Submitted, payoutId: string, file: string): Promise<string> {
    const { laptop } = this.#chapters.whole;
    const network = laptop.nodes.find(({ name }) => name === 'network')!;
    const words = ['export', payoutId, '--participant', participant.finId, '--out', file];
    const { status, out } = await apodera(words, auditVariables(laptop, network));
    return status === 0 ? 'written' : out;
  }

  /** What a verifier has kept: the roots of the PSCs, and the node's evidence key. */
  async #trust(): Promise<void> {
    const { laptop, psc } = this.#chapters.whole;
    const network = laptop.nodes.find(({ name }) => name === 'network')!;
    const roots = psc.anchors.map(({ certificate }) => pem('CERTIFICATE', Buffer.from(certificate)));
    writeFileSync(join(this.#folder, 'anchors.pem'), roots.join(''));
    writeFileSync(join(this.#folder, 'evidence.pem'), await evidenceKey(laptop, network));
  }

  async #verify(file: string): Promise<string> {
    const [anchors, key] = ['anchors.pem', 'evidence.pem'].map((name) => join(this.#folder, name));
    const words = [
      'verify',
      file,
      '--anchors',
      anchors!,
      '--evidence-public-key',
      `${nodeIdentities.network.finId}=${key}`,
    ];
    // Nothing of the network is in this environment.
    const { status, out } = await apodera(words, {});
    return status === 0 || status === 3 ? String(status) : out;
  }
}

function withOtherAmount(dossier: Dossier): Dossier {
  const { payout } = dossier;
  const text = Buffer.from(payout!.message, 'base64').toString().replace('"250000"', '"950000"');
  return { ...dossier, payout: { ...payout!, message: Buffer.from(text).toString('base64') } };
}

interface Ran {
  readonly status: number;
  readonly out: string;
}

/** Beside this process, which is the network that it asks. */
function apodera(words: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> {
  const cli = join(import.meta.dirname, '..', '..', 'cli', 'apodera.ts');
  const { PATH = '' } = process.env;
  return new Promise((resolve) => {
    const options = { env: { PATH, ...env }, timeout: 60_000 };
    execFile(process.execPath, [cli, 'evidence', ...words], options, (error, stdout, stderr) => {
      const status = error ? Number(error.code ?? 1) : 0;
      resolve({ status, out: `${stdout}${stderr}`.trim() });
    });
  });
}
