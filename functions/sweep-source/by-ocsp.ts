// One responder about one certificate: asked once, whoever depends on that certificate, and never before the last
// answer's nextUpdate (A-155; the source's times see to that).

import { parseCertificate } from '../../core/certificate/parse.ts';
import type { GoodAnswer, RevokedAnswer } from '../../core/certificate/revocation/answer.ts';
import { ocspRequest } from '../../core/certificate/revocation/ocsp-request.ts';
import { thumbprintOf } from '../../core/certificate/thumbprint.ts';
import { Refusal } from '../../core/errors.ts';
import { revocationPolicy } from '../../core/policy.ts';
import { type Ground, judgeByOcsp, provedPath } from '../../core/sweep/judge.ts';
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
  let answer: Answer | undefined;
  let word: GoodAnswer | RevokedAnswer | undefined;
  for await (const page of ports.sources.rows(source.id)) {
    for (const row of page) {
      if (await forgotten(ports, source, row, ground)) continue;
      for await (const dependants of leafsOf(ports, row)) {
        for (const dependant of dependants) {
          answer ??= await ask(ports, source, dependant, ground);
          const judged = judgeByOcsp(dependant, source.asked!, answer, ground);
          word ??= judged.words[0];
          if (judged.words.length === 0 && judged.refusals[0]) throw judged.refusals[0];
          for (const revoked of judged.revoked) await revoke(ports, revoked, 'ocsp', answer.response);
        }
        // One speaks for all below the same issuers, unless the answer ends them.
        if (word?.status !== 'revoked') break;
      }
    }
  }
  if (!answer) return { outcome: 'IDLE', source };
  if (!word) throw new Refusal('REVOCATION_UNAVAILABLE', { retryable: true });
  const { thisUpdate, nextUpdate } = word;
  return { outcome: 'PROCESSED', source: { ...source, thisUpdate, nextUpdate } };
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

async function ask(
  ports: SweepSourcePorts,
  source: SweptSource,
  dependant: Dependant,
  ground: Ground,
): Promise<Answer> {
  const path = provedPath(dependant, ground);
  if (path instanceof Refusal) throw path;
  const depth = path.path.findIndex(({ der }) => thumbprintOf(der) === source.asked);
  const certificate = path.path[depth] ?? parseCertificate(dependant.chain[0]!);
  const request = ocspRequest({ certificate, issuer: path.path[depth + 1] ?? path.anchor.certificate });
  return firstThatAnswers(source.urls, async (url) => ({
    response: await ports.wire.ocsp(url, request),
    source: url,
  }));
}
