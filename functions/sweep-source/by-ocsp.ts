// One responder about one certificate: asked once, whoever depends on that certificate, and never before the last
// answer's nextUpdate (A-155; the source's times see to that).

import type { CertificationPath } from '../../core/certificate/path.ts';
import type { GoodAnswer, RevokedAnswer } from '../../core/certificate/revocation/answer.ts';
import { ocspRequest } from '../../core/certificate/revocation/ocsp-request.ts';
import { thumbprintOf } from '../../core/certificate/thumbprint.ts';
import { Refusal, Transient } from '../../core/errors.ts';
import { revocationPolicy } from '../../core/policy.ts';
import { type Ground, type Judged, judgeByOcsp, provedPath, type Revoked } from '../../core/sweep/judge.ts';
import type { Dependant, SweptRow, SweptSource } from '../../core/sweep/ports.ts';
import { type Found, firstThatAnswers, revoke, type SweepSourcePorts } from './parts.ts';

interface Answer {
  readonly response: Uint8Array;
  readonly source: string;
}

export async function sweepResponder(
  ports: SweepSourcePorts,
  source: SweptSource,
  ground: Ground,
): Promise<Found> {
  const heard: Heard = { refusals: [], faults: [] };
  for await (const page of ports.sources.rows(source.id)) {
    for (const row of page) {
      if (!(await forgotten(ports, source, row, ground)))
        await hearFor(ports, { source, ground, heard, row });
    }
  }
  const { answer, word, refusals, faults } = heard;
  if (faults.length > 0) throw faults[0];
  if (!word && refusals[0]) throw refusals[0];
  if (!answer) return { outcome: 'IDLE', source };
  if (!word) throw new Refusal('REVOCATION_UNAVAILABLE', { retryable: true });
  const { thisUpdate, nextUpdate } = word;
  return { outcome: 'PROCESSED', source: { ...source, thisUpdate, nextUpdate } };
}

/** What one answer came to so far: it is asked for once. */
interface Heard {
  answer?: Answer;
  word?: GoodAnswer | RevokedAnswer;
  /** Why it says nothing of some: that keeps it from none of the others. */
  readonly refusals: Refusal[];
  /** What kept one certificate from being ended: it keeps no other, and the responder is asked again. */
  readonly faults: unknown[];
}

interface Hearing {
  readonly source: SweptSource;
  readonly ground: Ground;
  readonly heard: Heard;
  readonly row: SweptRow;
}

async function hearFor(ports: SweepSourcePorts, { source, ground, heard, row }: Hearing): Promise<void> {
  let refused = 0;
  for await (const dependants of leafsOf(ports, row)) {
    for (const dependant of dependants) {
      const { words, revoked, refusals } = await judge(ports, dependant, { source, ground, heard });
      heard.word ??= words[0];
      if (words.length === 0) heard.refusals.push(...refusals.slice(0, 1));
      // Of so many below the same issuers not one believes it.
      if (!heard.word && ++refused >= revocationPolicy.representatives) return;
      for (const one of revoked) await end(ports, one, heard);
    }
    // One speaks for all below the same issuers, unless the answer ends them.
    if (heard.word?.status !== 'revoked') return;
  }
}

async function judge(
  ports: SweepSourcePorts,
  dependant: Dependant,
  { source, ground, heard }: Omit<Hearing, 'row'>,
): Promise<Judged> {
  const path = provedPath(dependant, ground);
  if (path instanceof Refusal) return { words: [], revoked: [], refusals: [path] };
  heard.answer ??= await ask(ports, source, path);
  return judgeByOcsp(dependant, source.asked!, heard.answer, ground);
}

async function end(ports: SweepSourcePorts, revoked: Revoked, { answer, faults }: Heard): Promise<void> {
  try {
    await revoke(ports, revoked, 'ocsp', answer!.response);
  } catch (error) {
    // A busy table is busy for all.
    if (error instanceof Transient) throw error;
    faults.push(error);
  }
}

async function forgotten(
  ports: SweepSourcePorts,
  source: SweptSource,
  { leaf, issuers }: SweptRow,
  { now }: Ground,
) {
  if (!leaf || now.getTime() - leaf.notAfter.getTime() <= revocationPolicy.sweptAfterExpiry) return false;
  await ports.sources.forget([source.id], { ...leaf, issuers });
  return true;
}

async function* leafsOf({ sources }: SweepSourcePorts, row: SweptRow): AsyncIterable<readonly Dependant[]> {
  if (row.leaf) {
    yield await sources.dependants([row]);
    return;
  }
  for await (const page of sources.rows(row.under!, { issuers: row.issuers, pageOf: 100 })) {
    yield await sources.dependants(page);
  }
}

async function ask(ports: SweepSourcePorts, source: SweptSource, path: CertificationPath): Promise<Answer> {
  const depth = path.path.findIndex(({ der }) => thumbprintOf(der) === source.asked);
  const certificate = path.path[depth] ?? path.path[0]!;
  const request = ocspRequest({ certificate, issuer: path.path[depth + 1] ?? path.anchor.certificate });
  return firstThatAnswers(source.urls, async (url) => ({
    response: await ports.wire.ocsp(url, request),
    source: url,
  }));
}
