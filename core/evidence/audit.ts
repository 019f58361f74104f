// Was anything edited, deleted, inserted, reordered, cut off or put back? From the archive's first versions to signed
// heads, from heads to chains, from chains to records, from records to states and bytes, and from states back. It may
// run on a living node: what looks wrong is read again until it stands still.

import { createHash, createPublicKey } from 'node:crypto';
import { parseCertificate } from '../certificate/parse.ts';
import type { Thumbprint } from '../certificate/thumbprint.ts';
import { readDetachedJws, signerCertificate, verifyDetached } from '../message/jws.ts';
import { ChainAudit, type ChainsToAudit, type Told, type ToldSource } from './audit-chains.ts';
import { auditHeads, type HeadsToAudit } from './audit-heads.ts';
import { faultOfState, type StatesToAudit } from './audit-states.ts';
import type { Finding, FindingCode } from './findings.ts';
import type { LastHead } from './ports.ts';

export interface Audit extends HeadsToAudit {
  readonly chains: ChainsToAudit['chains'];
  readonly states: StatesToAudit;
  /** The bytes that a record rests on, from the archive or from their item. */
  readonly sourceBytes: (told: ToldSource) => Promise<Uint8Array | undefined>;
  /** The detached JWS that came with a message. */
  readonly sourceSignature: (told: ToldSource) => Promise<string | undefined>;
}

export interface AuditReport {
  readonly findings: readonly Finding[];
  readonly heads: number;
  readonly records: number;
  readonly states: number;
  readonly sources: number;
  /** To be compared with what other parties hold. */
  readonly lastHead: LastHead | undefined;
}

/** A state that differs is read again this often, each time with the records made meanwhile. */
const looks = 4;

export async function audit(of: Audit): Promise<AuditReport> {
  const heads = await auditHeads(of);
  const chains = new ChainAudit({ chains: of.chains, signed: heads.signed, now: of.now });
  await chains.readOn();
  const { findings: wrong, count } = await auditStates(of.states, chains);
  chains.finish();
  const sources = await auditSources(of, chains.told);
  return {
    findings: [...heads.findings, ...chains.findings, ...wrong, ...sources],
    heads: heads.heads,
    records: chains.told.records,
    states: count,
    sources: chains.told.sources.length,
    lastHead: heads.last,
  };
}

async function auditStates(
  states: StatesToAudit,
  chains: ChainAudit,
): Promise<{ findings: readonly Finding[]; count: number }> {
  const seen = new Set<string>();
  let suspects = new Set<string>();
  for await (const state of states.all()) {
    seen.add(state.item);
    if (faultOfState(state.item, state, chains.told)) suspects.add(state.item);
  }
  for (const item of chains.told.marks.keys()) if (!seen.has(item)) suspects.add(item);
  let findings: Finding[] = [];
  for (let look = 0; look < looks && suspects.size > 0; look++) {
    // States before records: whatever a state came of has been written by then.
    const again = new Map(
      await Promise.all([...suspects].map(async (item) => [item, await states.one(item)] as const)),
    );
    await chains.readOn();
    findings = [...again].flatMap(([item, state]) => faultOfState(item, state, chains.told) ?? []);
    suspects = new Set(findings.map(({ item }) => item!));
  }
  return { findings, count: seen.size };
}

async function auditSources(of: Audit, told: Told): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const each of told.sources) {
    const code = await faultOfSource(of, each);
    if (code) findings.push({ code, recordId: each.recordId, detail: each.source.kind });
  }
  return findings;
}

async function faultOfSource(of: Audit, told: ToldSource): Promise<FindingCode | undefined> {
  const { source, signer } = told;
  const bytes = await of.sourceBytes(told);
  if (!bytes) return 'SOURCE_MISSING';
  if (createHash('sha256').update(bytes).digest('base64url') !== source.sha256) return 'SOURCE_CHANGED';
  if (signer === undefined) return undefined;
  return isSignedBy(signer, bytes, await of.sourceSignature(told)) ? undefined : 'SOURCE_UNSIGNED';
}

/** The certificate comes with the signature; that it is the one of the record its thumbprint says. */
function isSignedBy(thumbprint: string, bytes: Uint8Array, signature: string | undefined): boolean {
  try {
    const jws = readDetachedJws(signature);
    const { spki } = parseCertificate(signerCertificate(jws));
    const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    verifyDetached(jws, bytes, { thumbprint: thumbprint as Thumbprint, publicKey });
    return true;
  } catch {
    return false;
  }
}
